"""Imports go down only, and each library has one door."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "sqlkit"
FLOORS = [
    {"errors", "interrupt", "records"},
    {"sql"},
    {"schema"},
    {"prompt", "embedded", "space"},
    {"recipe", "sight", "nearby"},
    {"database", "model"},
    {"data", "train", "evaluate", "query"},
    {"serve", "plan", "commands", "commands_advise", "commands_data", "commands_export", "commands_further", "commands_retriever", "commands_search", "commands_teach"},
    {"demo", "cli", "cli_adapters", "__main__"},
]
VERBS = FLOORS[6]
DOORS = {
    "sqlglot": {"sql", "schema"},
    "duckdb": {"database", "schema"},
    "sqlalchemy": {"database", "schema"},
    "torch": {"model", "train"},
    "transformers": {"model", "train"},
    "peft": {"model", "train"},
    "bitsandbytes": {"model", "train"},
    "trl": {"train"},
    "onnxruntime": {"model"},
    "gguf": {"train"},
    "optuna": {"train"},
    "sentence_transformers": {"model", "train"},
    "llguidance": {"model"},
    "llama_index": {"query"},
    "openai": {"model"},
    "modal": set(),
}
# lazily used only: errors needs nothing, embedded finds folders, and the public names live in __init__
FILES = sorted(PACKAGE.rglob("*.py"))


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def place(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return parts[0]


def floor(name: str) -> int:
    return next(i for i, names in enumerate(FLOORS) if name in names)


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_go_down(path: Path) -> None:
    here = place(path)
    if here == "__init__":
        return
    for name in imports(path):
        if not name.startswith("sqlkit."):
            continue
        there = name.split(".")[1]
        if there == here or not any(there in names for names in FLOORS):
            continue
        assert floor(there) <= floor(here), f"{here} imports {there}, which stands above it"
        assert not (here in VERBS and there in VERBS), f"verb {here} imports verb {there}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_one_door_per_library(path: Path) -> None:
    for name in imports(path):
        doors = DOORS.get(name.split(".")[0])
        assert doors is None or place(path) in doors, f"{name} may be imported in {sorted(doors or [])} only"


def test_every_part_stands_on_a_floor() -> None:
    known = set().union(*FLOORS) | {"__init__", "recipes"}
    assert {place(path) for path in FILES} <= known
