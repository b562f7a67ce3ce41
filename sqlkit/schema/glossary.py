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
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pydantic
import yaml

from sqlkit.errors import InputError
from sqlkit.schema.types import Schema


class _Part(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


class ColumnWords(_Part):
    name: str = ""
    synonyms: list[str] = []
    description: str = ""
    unit: str = ""
    values: dict[str, list[str]] = {}


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

    def table(self, name: str) -> TableWords:
        """Words for a table; empty ones where the glossary is silent."""
        return self.tables.get(name) or TableWords()

    def column(self, table: str, name: str) -> ColumnWords:
        """Words for a column; empty ones where the glossary is silent."""
        return self.table(table).columns.get(name) or ColumnWords()


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
