"""The embedded company: its database made from the generator in data/retail, its glossary and its questions."""

from __future__ import annotations

import importlib.util
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sqlkit.database import build_database
from sqlkit.embedded import folder
from sqlkit.errors import InputError
from sqlkit.records import Example, read_records

JUDGED = ("dev", "dev_others", "strangers")
"""The splits by which ways are compared; test is kept for the demo's report."""
HELD_OUT = (*JUDGED, "test")
"""The splits that no training pair may resemble."""


def database(path: str | Path) -> Path:
    """Make the retail database at `path` unless it is there (about 115,000 rows, some seconds); returns the path."""
    path = Path(path)
    if not path.exists():
        source = folder("retail")
        build_database(path, (source / "schema.sql").read_text(encoding="utf-8"), _generator(source).tables())
    return path


def glossary() -> Path:
    return folder("retail") / "glossary.yaml"


def questions(split: str) -> list[Example]:
    """People's questions: 'train', 'dev', 'test'; and by other authors 'more' to train on, 'dev_others' and 'strangers' to judge by. Raises InputError for another name."""
    path = folder("retail") / "questions" / f"{split}.jsonl"
    if not path.exists():
        raise InputError(f"the embedded company has no split {split!r}; there are train, more, dev, dev_others, strangers and test")
    return [Example(e.id, e.question, e.sql, "retail", difficulty=e.difficulty, source="human") for e in read_records(Example, path)]


def drawn(splits: Iterable[str], most: int = 0, seed: int = 0) -> list[Example]:
    """Questions of several splits, `most` of each at most, drawn by `seed`; 0 for all of them."""
    found: list[Example] = []
    for split in splits:
        rows = questions(split)
        found += random.Random(seed).sample(rows, most) if 0 < most < len(rows) else rows
    return found


def _generator(source: Path) -> Any:
    spec = importlib.util.spec_from_file_location("sqlkit_retail_generator", source / "generate.py")
    if spec is None or spec.loader is None:
        raise InputError(f"{source / 'generate.py'} is missing")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
