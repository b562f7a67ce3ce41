"""A schema from dbt's manifest.json: models, seeds, snapshots and sources, their descriptions, tests and constraints.

Types stand in the manifest only where people wrote them; `catalog.json` beside it (made by `dbt docs generate`) has them all.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from sqlkit.errors import SchemaError
from sqlkit.schema.kinds import duckdb_type
from sqlkit.schema.types import Column, ForeignKey, Schema, Table
from sqlkit.sql.parse import DIALECTS, is_dialect

_KINDS = {"model", "seed", "snapshot", "source"}


def is_manifest(data: Any) -> bool:
    return isinstance(data, dict) and "nodes" in data and "metadata" in data


def read_manifest(path: str | Path) -> Schema:
    """The tables of a dbt project. A relationships test is a foreign key; unique and not_null on one column make its key.

    Raises SchemaError when the file is missing, is no manifest, or names no columns at all.
    """
    path = Path(path)
    data = _json(path)
    if not is_manifest(data):
        raise SchemaError(f"{path} is not a dbt manifest")
    catalog = _json(path.with_name("catalog.json")) if path.with_name("catalog.json").exists() else {}
    adapter = str(data["metadata"].get("adapter_type") or "duckdb")
    dialect = DIALECTS.get(adapter, {"sqlserver": "tsql", "fabric": "tsql"}.get(adapter, adapter))
    dialect = dialect if is_dialect(dialect) else ""
    nodes = {k: n for k, n in {**data["nodes"], **data.get("sources", {})}.items() if n.get("resource_type") in _KINDS}
    nodes = {k: n for k, n in nodes.items() if (n.get("config") or {}).get("materialized") != "ephemeral"}
    default = Counter(str(n.get("schema") or "") for n in nodes.values()).most_common(1)[0][0] if nodes else ""
    titles = {k: _title(n, default) for k, n in nodes.items()}
    tests = [n for n in data["nodes"].values() if n.get("resource_type") == "test" and n.get("test_metadata")]
    notes, tables = [], []
    for unique_id, node in nodes.items():
        columns = _columns(node, (catalog.get("nodes", {}) | catalog.get("sources", {})).get(unique_id) or {}, dialect)
        if not columns:
            notes.append(f"{titles[unique_id]}: left out, the manifest names no columns; keep catalog.json beside it (dbt docs generate)")
            continue
        tables.append(_table(unique_id, node, columns, titles, tests, default))
    if not tables:
        raise SchemaError(f"{path} names no columns of any table; keep catalog.json beside it (dbt docs generate)")
    return Schema(tuple(tables), str(data["metadata"].get("project_name") or "dbt"), tuple(notes))


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SchemaError(f"cannot read {path}: {error.strerror or error}") from None
    except ValueError as error:
        raise SchemaError(f"{path} is not JSON: {error}") from None


def _title(node: dict[str, Any], default: str) -> str:
    name = str(node.get("alias") or node.get("identifier") or node["name"])
    schema = str(node.get("schema") or "")
    return f"{schema}.{name}" if schema and schema != default else name


def _columns(node: dict[str, Any], found: dict[str, Any], dialect: str) -> list[Column]:
    """Columns of the catalog in their order, or those that people described."""
    said = {str(name).lower(): column for name, column in (node.get("columns") or {}).items()}
    listed = sorted((found.get("columns") or {}).values(), key=lambda c: int(c.get("index") or 0))
    columns = []
    for column in listed or list((node.get("columns") or {}).values()):
        name = str(column["name"])
        known = said.get(name.lower(), {})
        kind = column.get("type") or column.get("data_type") or known.get("data_type") or ""
        fixed = any(c.get("type") in {"not_null", "primary_key"} for c in known.get("constraints") or ())
        comment = str(known.get("description") or column.get("comment") or "")
        columns.append(Column(name, duckdb_type(str(kind), dialect) if kind else "VARCHAR", not fixed, " ".join(comment.split())))
    return columns


def _table(
    unique_id: str, node: dict[str, Any], columns: list[Column], titles: dict[str, str], tests: list[dict[str, Any]], default: str
) -> Table:
    asserted: dict[str, set[str]] = {}
    keys: list[ForeignKey] = []
    for test in tests:
        meta = test["test_metadata"]
        said = meta.get("kwargs") or {}
        column = str(said.get("column_name") or test.get("column_name") or "").strip('"')
        if test.get("attached_node", _attached(test, unique_id)) != unique_id or not column:
            continue
        asserted.setdefault(column.lower(), set()).add(str(meta.get("name")))
        if meta.get("name") == "relationships":
            others = [d for d in (test.get("depends_on") or {}).get("nodes", ()) if d != unique_id and d in titles]
            keys.append(ForeignKey((column,), titles[others[0]] if others else titles[unique_id], (str(said.get("field")),)))
    primary: tuple[str, ...] = ()
    for constraint in node.get("constraints") or ():
        if constraint.get("type") == "primary_key":
            primary = tuple(constraint.get("columns") or ())
        elif constraint.get("type") == "foreign_key" and constraint.get("to_columns"):
            to = str(constraint.get("to") or "").replace('"', "").split(".")[-1]
            keys.append(ForeignKey(tuple(constraint["columns"]), to, tuple(constraint["to_columns"])))
    own = [name for name, column in (node.get("columns") or {}).items() if any(c.get("type") == "primary_key" for c in column.get("constraints") or ())]
    primary = primary or tuple(own) or next(((c.name,) for c in columns if {"unique", "not_null"} <= asserted.get(c.name.lower(), set())), ())
    inside = {p.lower() for p in primary} | {name for name, names in asserted.items() if "not_null" in names}
    unique = tuple((c.name,) for c in columns if "unique" in asserted.get(c.name.lower(), ()) and (c.name,) != primary)
    schema = str(node.get("schema") or "")
    return Table(
        titles[unique_id],
        tuple(Column(c.name, c.type, c.nullable and c.name.lower() not in inside, c.comment) for c in columns),
        primary, tuple(dict.fromkeys(keys)), " ".join(str(node.get("description") or node.get("source_description") or "").split()),
        unique, schema="" if schema == default else schema, view=(node.get("config") or {}).get("materialized") == "view",
    )  # fmt: skip


def _attached(test: dict[str, Any], unique_id: str) -> str:
    """Older manifests do not say whose test it is: the last node it depends on is (the other one is referred to)."""
    nodes = (test.get("depends_on") or {}).get("nodes") or [""]
    return str(nodes[-1]) if unique_id in nodes else ""
