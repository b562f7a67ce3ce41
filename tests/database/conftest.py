"""A database to attack, and a file and a variable that no query may see."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sqlkit.database import Sandbox, build_database

CANARY = "canary-7f3a"
DDL = """
CREATE TABLE item (id INTEGER PRIMARY KEY, name VARCHAR, price DECIMAL(10,2));
INSERT INTO item VALUES (1, 'pen', 1.50), (2, 'ink', 7), (3, NULL, NULL);
"""


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Holds shop.duckdb, other.duckdb and canary.csv."""
    path = tmp_path_factory.mktemp("attacked")
    build_database(path / "shop.duckdb", DDL, {})
    build_database(path / "other.duckdb", f"CREATE TABLE x AS SELECT '{CANARY}' AS v", {})
    (path / "canary.csv").write_text(f"{CANARY}\n{CANARY}\n")
    return path


@pytest.fixture(scope="module")
def sandbox(folder: Path) -> Iterator[Sandbox]:
    with Sandbox(folder / "shop.duckdb", seconds=1.0, memory_mb=256, max_bytes=2**20) as opened:
        yield opened
