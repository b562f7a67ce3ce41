"""Schemas of real servers and files: cases in sources.jsonl, {"database", "sql", "account", "tables", "notes", "error"}.

`sql` are statements separated by a line of two dashes; `account` is who reads, root otherwise.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sqlkit.database import Sandbox
from sqlkit.errors import DatabaseError, SchemaError
from sqlkit.schema import Table
from sqlkit.schema.read import read_schema

CASES = [json.loads(line) for line in Path(__file__).with_name("sources.jsonl").read_text(encoding="utf-8").splitlines()]
NewDatabase = Callable[[str, str], str]


def shown(table: Table) -> list[object]:
    columns = [f"{c.name} {c.type}{'' if c.nullable else ' NOT NULL'}{f' -- {c.comment}' if c.comment else ''}" for c in table.columns]
    keys = [f"{','.join(k.columns)} -> {k.ref_table}.{','.join(k.ref_columns)}" for k in table.foreign_keys]
    return [columns, list(table.primary_key), keys]


@pytest.mark.parametrize("case", CASES, ids=[c["why"] for c in CASES])
def test_read(case: dict[str, Any], new_database: NewDatabase) -> None:
    url = new_database(case["database"], case["sql"])
    if "account" in case:
        url = url.replace("root@", f"{case['account']}@")
    if "error" in case:
        with pytest.raises(SchemaError, match=case["error"]):
            read_schema(url)
        return
    schema = read_schema(url)
    assert {t.name: shown(t) for t in schema.tables} == case["tables"]
    for wanted in case.get("notes", []):
        assert any(note.startswith(wanted) for note in schema.notes), schema.notes
    assert len(schema.notes) == len(case.get("notes", [])) or case["database"] == "postgresql"
