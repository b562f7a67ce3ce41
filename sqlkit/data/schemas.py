"""Schemas of public sources by database: Spider's tables.json, or a JSON object of DDL texts."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlkit.errors import InputError
from sqlkit.schema.ddl import to_ddl
from sqlkit.schema.types import Column, ForeignKey, Schema, Table

_TYPES = {"number": "DOUBLE", "time": "VARCHAR", "boolean": "BOOLEAN"}  # 'time' is any date or time, written as it comes


def read_schemas(paths: Sequence[Path]) -> dict[str, str]:
    """db_id -> CREATE TABLE text, of those files that are there. Raises InputError for one that cannot be read."""
    found: dict[str, str] = {}
    for path in paths:
        if not path.is_file():
            continue
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            found |= data if isinstance(data, dict) else {one["db_id"]: to_ddl(spider_schema(one)) for one in data}
        except OSError as error:
            raise InputError(f"cannot read {path}: {error.strerror or error}") from None
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise InputError(f"{path} does not hold schemas in Spider's form or as DDL by db_id: {error}") from None
    return found


def spider_schema(one: Mapping[str, Any]) -> Schema:
    """A schema in the form of Spider's and BIRD's tables.json (columns are numbered through all tables, 0 being *)."""
    names, tables = one["column_names_original"], one["table_names_original"]
    places = [(tables[t], c) if t >= 0 else ("", c) for t, c in names]
    columns: defaultdict[str, list[Column]] = defaultdict(list)
    primary: defaultdict[str, list[str]] = defaultdict(list)
    keys: defaultdict[str, list[ForeignKey]] = defaultdict(list)
    for (table, column), kind in zip(places, one["column_types"], strict=True):
        if table:
            columns[table].append(Column(column, _TYPES.get(kind, "VARCHAR")))
    for key in one["primary_keys"]:  # BIRD writes a composite key as a list
        for number in key if isinstance(key, list) else [key]:
            primary[places[number][0]].append(places[number][1])
    for child, parent in one["foreign_keys"]:
        keys[places[child][0]].append(ForeignKey((places[child][1],), places[parent][0], (places[parent][1],)))
    return Schema(
        tuple(Table(t, tuple(columns[t]), tuple(primary[t]), tuple(keys[t])) for t in tables if columns[t]), str(one["db_id"])
    )
