"""Sources: who made the questions or queries, under which licence, in which columns, with which quirks.

A source is one file in data/sources/. `read_rows` reads its rows from a local file, a folder or the hub by one path; a
row that cannot be used is counted under its reason and the rest is kept.
"""

from __future__ import annotations

import csv
import dataclasses
import difflib
import glob
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pydantic
import yaml

from sqlkit.data.schemas import read_schemas
from sqlkit.data.wikisql import wikisql_row
from sqlkit.embedded import folder
from sqlkit.errors import InputError, MissingExtra

Row = dict[str, Any]
_LARGEST_CELL = 2**27
JSON, DELIMITED, ARROW = {".json", ".jsonl", ".ndjson"}, {".csv", ".tsv"}, {".parquet": "parquet", ".arrow": "arrow"}  # kinds of files by their names' ends
NO_OBJECT = " is not a JSON object"


class Source(pydantic.BaseModel):
    """A descriptor.

    columns: what is read (question, sql, schema, db_id, evidence, difficulty, id; calls for logs) to the column that has
    it, or to several of which the first that is there counts. schemas: files beside the rows with the schemas by db_id.
    databases: a glob with {db_id}, beside the rows. where: values that a column must have, where it is there at all.
    marks: columns by which a log is known. narrow: the schemas hold only what the answers use, all as text. form: how rows or text are laid out when not as a table.
    """

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    name: str
    title: str
    licence: str
    origin: str = ""
    kind: Literal["pairs", "log"] = "pairs"
    hub: str = ""
    dialect: str = "duckdb"
    form: Literal["table", "wikisql", "mysql_general_log", "sql"] = "table"
    columns: dict[str, str | list[str]] = {}
    schemas: list[str] = []
    databases: str = ""
    where: dict[str, list[str]] = {}
    marks: list[str] = []
    narrow: bool = False
    quirks: list[str] = []


@dataclasses.dataclass(frozen=True, slots=True)
class SourceRow:
    """One question with its gold as published; `sql` None means that the source calls it unanswerable.

    ddl: CREATE TABLE text in `dialect`, '' where only the database has the schema; database: path of it, or ''.
    """

    id: str
    question: str
    sql: str | None
    dialect: str
    db_id: str = ""
    ddl: str = ""
    database: str = ""
    evidence: str = ""
    difficulty: str = ""


def sources(kind: str = "") -> list[Source]:
    """The descriptors that ship with sqlkit, by name; of one kind where that is given."""
    found = [_load(path) for path in sorted(folder("sources").glob("*.yaml"))]
    return [source for source in found if kind in ("", source.kind)]


def source(name: str) -> Source:
    """A descriptor by its name or hub id, or a descriptor file of the user's. Raises InputError."""
    if Path(name).suffix in {".yaml", ".yml"}:
        return _load(Path(name))
    known = sources()
    for one in known:
        if name.replace("_", "-").lower() in (one.name.replace("_", "-"), one.hub.lower()):
            return one
    near = difflib.get_close_matches(name, [one.name for one in known], 1)
    raise InputError(f"no source {name!r}; " + (f"did you mean {near[0]}?" if near else f"there are {', '.join(o.name for o in known)}"))


def _load(path: Path) -> Source:
    try:
        return Source.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from None
    except yaml.YAMLError as error:
        raise InputError(f"{path} is not YAML: {' '.join(str(error).split())}") from None
    except pydantic.ValidationError as error:
        first = min(error.errors(), key=lambda e: e["type"] != "extra_forbidden")  # a misspelt key explains a missing one
        raise InputError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def read_source(of: Source, location: str, dropped: Counter[str]) -> Iterator[SourceRow]:
    """The rows of a source at `location` (file, folder or hub id), lazily. Raises InputError when it lacks the columns."""
    beside = Path(location) if Path(location).is_dir() else Path(location).parent
    schemas = read_schemas([beside / name for name in of.schemas])
    for number, row in enumerate(read_table(location, dropped), 1):
        if number == 1:
            _check_columns(of, row, location)
        row = folded(row)
        if not wanted(of, row):
            dropped["not of the kind that is wanted"] += 1
            continue
        try:
            ddl, sql = wikisql_row({k: value(of, row, k) for k in of.columns}) if of.form == "wikisql" else ("", value(of, row, "sql"))
        except ValueError as error:
            dropped[str(error)] += 1
            continue
        question, db_id = str(value(of, row, "question") or "").strip(), str(value(of, row, "db_id") or "")
        if not question:
            dropped["no question"] += 1
            continue
        places = sorted(glob.glob(str(beside / of.databases.format(db_id=glob.escape(db_id))))) if of.databases and db_id else []
        yield SourceRow(
            str(value(of, row, "id") or f"{of.name}-{number:06d}"), question, str(sql).strip() if sql and str(sql).strip() else None,
            of.dialect, db_id, ddl or str(value(of, row, "schema") or "") or schemas.get(db_id, ""), places[0] if places else "",
            str(value(of, row, "evidence") or ""), str(value(of, row, "difficulty") or ""),
        )


def folded(row: Row) -> Row:
    """A row with its column names in lower case, as `wanted` and `value` want it."""
    return {column.lower(): cell for column, cell in row.items()}


def wanted(of: Source, row: Row) -> bool:
    """Whether a row has the values that the descriptor asks for; a column that is not there asks nothing."""
    if row.get("error_result") or row.get("error_code"):
        return False
    return all(str(row.get(k) or values[0]).lower() in {v.lower() for v in values} for k, values in of.where.items())


def value(of: Source, row: Row, key: str) -> Any:
    """What a row has for question, sql, ...; None when it has none of the columns named for it."""
    names = of.columns.get(key, ())
    for name in (names,) if isinstance(names, str) else names:
        if (cell := row.get(name.lower())) is not None:
            return cell
    return None


def _check_columns(of: Source, row: Row, location: str) -> None:
    there = {column.lower() for column in row}
    for key in ("question", "sql"):
        names = of.columns[key]
        options = [names] if isinstance(names, str) else names
        if not there & {name.lower() for name in options}:
            raise InputError(f"{location}: {of.name} needs the column {' or '.join(options)}; found {', '.join(map(str, row))[:200]}")


def read_table(location: str, dropped: Counter[str]) -> Iterator[Row]:
    """Rows of a local CSV, JSON or JSONL file; of anything else that `datasets` loads: Parquet, a folder, a hub id.

    A line that is not JSON is dropped and counted with its number. Raises InputError when nothing can be read.
    """
    path = Path(location)
    ending = path.suffix.lower()
    if path.is_file() and ending in JSON:
        yield from _json(path, dropped)
    elif path.is_file() and ending in DELIMITED:
        yield from _csv(path)
    elif ending in {*JSON, *DELIMITED, *ARROW} and not path.exists():  # no id of a hub; to ask there takes half a minute without a network
        raise InputError(f"cannot read {path}: no such file")
    else:
        yield from _datasets(location)


def _json(path: Path, dropped: Counter[str]) -> Iterator[Row]:
    """An array of objects, or one object a line."""
    with _open(path) as handle:
        start = handle.read(64).lstrip()[:1]
        handle.seek(0)
        if start == "[":
            try:
                yield from (row for row in json.load(handle) if isinstance(row, dict))
            except ValueError as error:
                raise InputError(f"{path} is not JSON: {error}") from None
            return
        kept = 0
        for number, line in enumerate(handle, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except ValueError:
                row = None
            if isinstance(row, dict):
                kept += 1
                yield row
            else:
                dropped[f"{path.name} line {number}{NO_OBJECT}"] += 1
        if not kept:
            raise InputError(f"{path} holds no JSON object")


def _csv(path: Path) -> Iterator[Row]:
    csv.field_size_limit(min(sys.maxsize, _LARGEST_CELL))
    with _open(path) as handle:
        rows = csv.DictReader(handle, delimiter="\t" if path.suffix.lower() == ".tsv" else ",")
        try:
            for row in rows:
                yield {str(column): cell for column, cell in row.items() if column is not None}
        except csv.Error as error:
            raise InputError(f"{path} line {rows.line_num} is not CSV: {error}") from None


def _open(path: Path) -> Any:
    try:
        return path.open(encoding="utf-8-sig", errors="replace", newline="")
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from None


def _datasets(location: str) -> Iterator[Row]:
    try:
        import datasets
    except ImportError:
        raise MissingExtra("datasets", "train") from None
    path = Path(location)
    try:
        if path.is_file():  # Parquet or Arrow
            kind = ARROW[path.suffix.lower()]
            rows = datasets.load_dataset(kind, data_files=str(path), split="train", streaming=True)
        else:
            rows = datasets.load_dataset(location, split="train", streaming=path.is_dir())
    except Exception as error:  # the library and the network each have their own kinds
        said = " ".join(str(error).split())[:160]
        raise InputError(f"{location} is neither a file that can be read nor a data set that can be loaded: {said}") from None
    yield from (dict(row) for row in rows)
