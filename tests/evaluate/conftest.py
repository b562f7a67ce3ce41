"""A small shop in DuckDB, in the real sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sqlkit.database.sandbox import Sandbox

SHOP = """
CREATE TABLE customer (id INTEGER PRIMARY KEY, name VARCHAR, city VARCHAR, age INTEGER);
CREATE TABLE orders (id INTEGER PRIMARY KEY, cust_id INTEGER, amount DECIMAL(10,2), status VARCHAR);
CREATE TABLE big AS SELECT i AS id, i % 7 AS g, i / 3 AS f FROM range(30000) t(i);
INSERT INTO customer VALUES (1, 'Ada', 'Paris', 36), (2, 'Bob', 'Lyon', 41);
INSERT INTO customer VALUES (3, 'Cid', 'Paris', NULL), (4, 'Dee', NULL, 29);
INSERT INTO orders VALUES (1, 1, 100, 'S'), (2, 1, 50, 'P'), (3, 2, 100, 'S'), (4, NULL, 75, 'C');
"""


def make_database(path: Path, *statements: str) -> Path:
    """A DuckDB file made by SQL."""
    import duckdb

    with duckdb.connect(str(path)) as connection:
        for statement in statements:
            connection.execute(statement)
    return path


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_database(tmp_path_factory.mktemp("shop") / "shop.duckdb", SHOP)


@pytest.fixture(scope="module")
def sandbox(shop: Path) -> Iterator[Sandbox]:
    with Sandbox(shop, seconds=5.0) as opened:
        yield opened
