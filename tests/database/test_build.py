"""Databases are made whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pyarrow
import pytest

from sqlkit.database import Sandbox, build_database
from sqlkit.errors import DatabaseError

DDL = """
CREATE TABLE boss (id INTEGER PRIMARY KEY, above INTEGER REFERENCES boss (id));
CREATE TABLE task (id INTEGER, "of boss" INTEGER REFERENCES boss (id), due DATE);
"""
ROWS = {
    "boss": pyarrow.table({"id": [1, 2], "above": [None, 1]}),
    "task": pyarrow.table({"due": ["2024-01-01", None], "id": [1, 2], "of boss": [2, None]}),
}


def test_keys_and_columns_by_name(tmp_path: Path) -> None:
    build_database(tmp_path / "deep" / "x.duckdb", DDL, ROWS)
    with Sandbox(tmp_path / "deep" / "x.duckdb") as sandbox:
        result = sandbox.run('SELECT task.id, above, CAST(due AS VARCHAR) FROM task LEFT JOIN boss ON "of boss" = boss.id ORDER BY 1')
        assert result.rows == ((1, 1, "2024-01-01"), (2, None, None))


@pytest.mark.parametrize(
    ("ddl", "tables"),
    [
        ("CREATE TABEL x (a INTEGER)", {}),
        (DDL, {"boss": pyarrow.table({"id": [1, 1], "above": [None, None]})}),
        (DDL, {"task": ROWS["task"]}),
        (DDL, {"nowhere": ROWS["task"]}),
        (DDL, {"boss": pyarrow.table({"id": ["x"], "above": [None]})}),
    ],
)
def test_nothing_is_left_behind(tmp_path: Path, ddl: str, tables: dict[str, pyarrow.Table]) -> None:
    (tmp_path / "x.duckdb").write_text("the one before")
    with pytest.raises(DatabaseError) as caught:
        build_database(tmp_path / "x.duckdb", ddl, tables)
    assert "\n" not in str(caught.value)
    assert [p.name for p in tmp_path.iterdir()] == ["x.duckdb"]
    assert (tmp_path / "x.duckdb").read_text() == "the one before"
