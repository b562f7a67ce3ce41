"""The glossary: what people of a company call its tables, columns, codes and metrics.

A YAML file (every part optional):

    name: retail
    tables:
      cust:
        name: customer              # one row, in the singular
        plural: customers
        synonyms: [client, shopper]
        description: people and firms that buy from us
        label: cust_nm              # the column that names a row to a person
        date: reg_dt                # the date meant by "in 2024" when the question names none
        columns:
          st_cd:
            name: status
            synonyms: [state]
            description: where the order stands
            unit: EUR
            values: {O: [open], S: [shipped, dispatched]}   # code -> what people call it
            personal: false             # its values may stand in prompts; true hides them; default by name and by pattern
    metrics:                        # aggregates; columns qualified by table
      net revenue:
        table: ord_ln
        sql: SUM(ord_ln.qty * ord_ln.unit_prc)
        where: ord.st_cd <> 'X'
        tables: [ord]               # further tables that sql or where uses, reached over keys
        date: ord.ord_dt
        synonyms: [net sales]
        unit: EUR
    segments:                       # named filters on one table
      active customer:
        table: cust
        where: cust.del_ts IS NULL
        synonyms: [live client]
    joins:                          # foreign keys that the database does not declare
      - ord.cust_id = cust.cust_id
      - shp.ord_id, shp.pos = ord_ln.ord_id, ord_ln.pos
    personal_data: hidden           # of columns that look personal: hidden (default), shown, or a list of table.column to show
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, Literal

import pydantic
import yaml

from sqlkit.errors import InputError
from sqlkit.schema.types import ForeignKey, Schema


class _Part(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


class ColumnWords(_Part):
    name: str = ""
    synonyms: list[str] = []
    description: str = ""
    unit: str = ""
    values: dict[str, list[str]] = {}
    personal: bool | None = None


class TableWords(_Part):
    name: str = ""
    plural: str = ""
    synonyms: list[str] = []
    description: str = ""
    label: str = ""
    date: str = ""
    columns: dict[str, ColumnWords] = {}


class Metric(_Part):
    table: str
    sql: str
    where: str = ""
    tables: list[str] = []
    date: str = ""
    synonyms: list[str] = []
    description: str = ""
    unit: str = ""


class Segment(_Part):
    table: str
    where: str
    tables: list[str] = []
    synonyms: list[str] = []
    description: str = ""


class Glossary(_Part):
    name: str = ""
    tables: dict[str, TableWords] = {}
    metrics: dict[str, Metric] = {}
    segments: dict[str, Segment] = {}
    joins: list[str] = []
    personal_data: Literal["hidden", "shown"] | list[str] = "hidden"

    def table(self, name: str) -> TableWords:
        """Words for a table; empty ones where the glossary is silent."""
        return self.tables.get(name) or _NO_TABLE

    def column(self, table: str, name: str) -> ColumnWords:
        """Words for a column; empty ones where the glossary is silent."""
        return self.table(table).columns.get(name) or _NO_COLUMN


# made once: the linker asks for the words of every column it shows
_NO_TABLE, _NO_COLUMN = TableWords(), ColumnWords()


def load_glossary(path: str | Path | None, schema: Schema | None = None) -> Glossary:
    """Read a glossary, or an empty one for None.

    Raises InputError when the file is missing, is not YAML, has an unknown key, or names a table or column
    that `schema` does not have.
    """
    if path is None:
        return Glossary()
    try:
        data: Any = yaml.safe_load(Path(path).read_text(encoding="utf-8")) or {}
        glossary = Glossary.model_validate(_stringify_codes(data))
    except OSError as error:
        raise InputError(f"cannot read glossary {path}: {error.strerror or error}") from None
    except yaml.YAMLError as error:
        raise InputError(f"glossary {path} is not YAML: {' '.join(str(error).split())}") from None
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InputError(f"glossary {path}: {where}: {first['msg']}") from None
    if schema is not None:
        _check_names(glossary, schema, path)
    return glossary


def with_joins(schema: Schema, glossary: Glossary) -> Schema:
    """The schema with the foreign keys that the glossary adds. Raises InputError for a join of what is not there."""
    more: dict[str, list[ForeignKey]] = {}
    for text in glossary.joins:
        left, _, right = text.partition("=")
        sides = [[_column(schema, one.strip(), text) for one in side.split(",")] for side in (left, right)]
        tables = [{table for table, _ in side} for side in sides]
        if len(sides[0]) != len(sides[1]) or any(len(side) != 1 for side in tables):
            raise InputError(f"glossary: join {text!r} must be table.column = table.column, or as many columns of one table on each side")
        key = ForeignKey(tuple(c for _, c in sides[0]), tables[1].pop(), tuple(c for _, c in sides[1]))
        more.setdefault(tables[0].pop(), []).append(key)
    if not more:
        return schema
    added = (dataclasses.replace(t, foreign_keys=tuple(dict.fromkeys([*t.foreign_keys, *more.get(t.name, ())]))) for t in schema.tables)
    return dataclasses.replace(schema, tables=tuple(added))


def fitting(glossary: Glossary, schema: Schema) -> Glossary:
    """The glossary without tables and columns that are gone, so that no prompt names them."""
    tables = {}
    for name, words in glossary.tables.items():
        if table := schema.table(name):
            columns = {column: said for column, said in words.columns.items() if table.column(column)}
            tables[name] = words.model_copy(update={"columns": columns})

    def here(*names: str) -> bool:
        return all(schema.table(name) for name in names)

    joins = [text for text in glossary.joins if _holds(schema, text)]
    metrics = {name: m for name, m in glossary.metrics.items() if here(m.table, *m.tables)}
    segments = {name: s for name, s in glossary.segments.items() if here(s.table, *s.tables)}
    return glossary.model_copy(update={"tables": tables, "metrics": metrics, "segments": segments, "joins": joins})


def _holds(schema: Schema, join: str) -> bool:
    try:
        return all(_column(schema, one.strip(), join) for side in join.split("=") for one in side.split(","))
    except InputError:
        return False


def _column(schema: Schema, name: str, text: str) -> tuple[str, str]:
    """(table, column) of 'table.column', either of which may have dots. Raises InputError when the schema has none."""
    parts = name.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        table = schema.table(".".join(parts[:cut]))
        column = table.column(".".join(parts[cut:])) if table else None
        if table and column:
            return table.name, column.name
    raise InputError(f"glossary: join {text!r}: the schema has no column {name!r}")


def _stringify_codes(data: Any) -> Any:
    """YAML reads codes such as 1, N or 2024 as numbers and booleans; as keys of `values` they are text."""
    for table in (data.get("tables") or {}).values() if isinstance(data, dict) else ():
        for column in ((table or {}).get("columns") or {}).values():
            if isinstance(column, dict) and isinstance(column.get("values"), dict):
                column["values"] = {str(code): words for code, words in column["values"].items()}
    return data


def _check_names(glossary: Glossary, schema: Schema, path: str | Path) -> None:
    for name, words in glossary.tables.items():
        table = schema.table(name)
        if table is None:
            raise InputError(f"glossary {path}: the schema has no table {name!r}")
        for column in [*words.columns, *filter(None, (words.label, words.date))]:
            if table.column(column) is None:
                raise InputError(f"glossary {path}: table {name!r} has no column {column!r}")
    with_joins(schema, glossary)
