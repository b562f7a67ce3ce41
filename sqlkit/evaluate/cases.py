"""What there is to grade, line by line: case files, and pairs of files in the forms in which benchmarks publish them."""

from __future__ import annotations

import csv
import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlkit.errors import InputError

GOLD = ("gold", "gold_sql", "SQL", "sql", "query", "answer")
PREDICTED = ("pred", "prediction", "predicted", "predicted_sql", "pred_sql", "sql", "SQL", "query")
IDS = ("id", "question_id", "example_id", "qid")
BIRD = "\t----- bird -----\t"  # between SQL and database in BIRD's predictions


@dataclasses.dataclass(frozen=True, slots=True)
class Case:
    """One thing to grade. `golds` None: unanswerable; `pred` None: refused, '': no SQL. `fault`: why it cannot be graded.

    The database is a URL or file in `database`, or made from `ddl` and `rows`. `id` is what the user's file says.
    """

    id: Any
    golds: tuple[str, ...] | None = ()
    pred: str | None = ""
    dialect: str = ""
    ddl: str = ""
    rows: str = ""
    database: str = ""
    difficulty: str = ""
    fault: str = ""

    @property
    def place(self) -> tuple[str, str, str, str]:
        """What cases that can share a database have in common."""
        return self.database, self.ddl, self.rows, self.dialect


def read_cases(path: str | Path) -> Iterator[Case]:
    """The lines of a case file; one that is broken comes with its fault. Raises InputError when the file cannot be read."""
    path = Path(path)
    for number, line in _lines(path):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            yield Case(f"line {number}", fault=f"line {number} is not JSON: {error}")
            continue
        if not isinstance(row, dict):
            yield Case(f"line {number}", fault=f"line {number} is not a JSON object")
        else:
            yield _case(row, number, path.parent)


def _case(row: Mapping[str, Any], number: int, folder: Path) -> Case:
    known = row.get("id", number)
    missing = [key for key in ("gold", "pred") if key not in row]
    if missing:
        return Case(known, fault=f"line {number} lacks {' and '.join(missing)}")
    texts = {key: row.get(key) or "" for key in ("ddl", "rows", "database", "dialect", "difficulty")}
    for key in ("ddl", "rows"):
        if isinstance(texts[key], list):
            texts[key] = ";\n".join(str(part).rstrip().removesuffix(";") for part in texts[key])
    wrong = [key for key, text in texts.items() if not isinstance(text, str)]
    golds = row["gold"] if isinstance(row["gold"], list) else [row["gold"]]
    if wrong or not all(isinstance(g, str | None) for g in golds) or not isinstance(row["pred"], str | None) or not golds:
        key = (wrong or ["gold" if not all(isinstance(g, str | None) for g in golds) or not golds else "pred"])[0]
        return Case(known, fault=f"line {number}: {key} is not text")
    return Case(
        known, None if golds == [None] else tuple(g for g in golds if g is not None), row["pred"], texts["dialect"].lower(),
        texts["ddl"], texts["rows"], _near(texts["database"], folder), texts["difficulty"],
    )  # fmt: skip


def _near(database: str, folder: Path) -> str:
    """A file that is not here but beside the case file is meant there."""
    if database and "://" not in database and not Path(database).exists() and (folder / database).exists():
        return str(folder / database)
    return database


@dataclasses.dataclass(frozen=True, slots=True)
class Query:
    """One query of a gold or prediction file. `sqls` None is a refusal, or unanswerable."""

    id: str
    sqls: tuple[str, ...] | None
    db_id: str = ""
    difficulty: str = ""


def read_queries(path: str | Path, keys: Sequence[str]) -> list[Query]:
    """The queries of a file, its form told by its suffix.

    .json: a list of objects or of texts, or BIRD's object of number to SQL; .jsonl: objects; .csv and .tsv: with a header;
    anything else: Spider's, `SQL<tab>db_id` a line. keys: where SQL may stand in an object, first found. Raises InputError.
    """
    path = Path(path)
    kind = path.suffix.lower()
    if kind == ".json":
        return _of_json(path, keys)
    if kind in (".jsonl", ".ndjson"):
        found: list[Query] = []
        for number, line in _lines(path):
            if line.strip():
                try:
                    found.append(_query(json.loads(line), len(found), keys, f"{path} line {number}"))
                except ValueError as error:
                    raise InputError(f"{path} line {number} is not JSON: {error}") from None
        return found
    if kind in (".csv", ".tsv"):
        rows = csv.DictReader((line for _, line in _lines(path)), delimiter="\t" if kind == ".tsv" else ",")
        try:
            return [_query(row, i, keys, f"{path} row {i + 1}") for i, row in enumerate(rows)]
        except csv.Error as error:
            raise InputError(f"{path} is not CSV: {error}") from None
    texts = [line.rstrip("\r\n") for _, line in _lines(path) if line.strip()]
    return [_spider(text, i) for i, text in enumerate(texts)]


def _of_json(path: Path, keys: Sequence[str]) -> list[Query]:
    try:
        held = json.loads("".join(line for _, line in _lines(path)))
    except ValueError as error:
        raise InputError(f"{path} is not JSON: {error}") from None
    if isinstance(held, dict):
        return [_query(value, i, keys, f"{path} key {key}", str(key)) for i, (key, value) in enumerate(held.items())]
    if not isinstance(held, list):
        raise InputError(f"{path} holds neither a list nor an object")
    return [_query(value, i, keys, f"{path} entry {i + 1}") for i, value in enumerate(held)]


def _query(value: Any, i: int, keys: Sequence[str], where: str, name: str = "") -> Query:
    if value is None or isinstance(value, str):
        sql, _, db_id = (value or "").partition(BIRD)
        return Query(name or str(i), None if value is None else (sql,), db_id.strip())
    if not isinstance(value, dict):
        raise InputError(f"{where} is neither text nor an object")
    key = next((k for k in keys if k in value), None)
    if key is None:
        raise InputError(f"{where} has no SQL: none of {', '.join(keys)}")
    golds = value[key] if isinstance(value[key], list) else [value[key]]
    golds = [*golds, *(value.get("alternatives") or ())]
    if not all(isinstance(g, str | None) for g in golds):
        raise InputError(f"{where}: {key} is not text")
    known = next((str(value[k]) for k in IDS if value.get(k) not in (None, "")), name or str(i))
    texts = tuple(str(g).partition(BIRD)[0] for g in golds if g is not None)
    return Query(known, texts if texts else None, str(value.get("db_id") or ""), str(value.get("difficulty") or ""))


def _spider(line: str, i: int) -> Query:
    sql, tab, db_id = line.rpartition("\t")
    return Query(str(i), (sql.strip(),), db_id.strip()) if tab else Query(str(i), (line.strip(),))


def pair(gold: Sequence[Query], predicted: Sequence[Query]) -> tuple[list[tuple[Query, Query | None]], list[str]]:
    """Each gold with its prediction, by id, or by place where the ids have nothing in common; and what found no partner."""
    ids = {q.id for q in gold} & {q.id for q in predicted}
    if not ids and gold and predicted:
        pairs: list[tuple[Query, Query | None]] = list(zip(gold, predicted, strict=False))
        pairs += [(q, None) for q in gold[len(predicted) :]]
        left = [q.id for q in predicted[len(gold) :]]
    else:
        told = {q.id: q for q in predicted}
        pairs, left = [(q, told.get(q.id)) for q in gold], [q.id for q in predicted if q.id not in {g.id for g in gold}]
    said = []
    lacking = [q.id for q, other in pairs if other is None]
    if lacking:
        said.append(f"{len(gold)} golds but {len(predicted)} predictions: {len(lacking)} without one, first {lacking[0]}")
    if left:
        said.append(f"{len(left)} predictions without a gold, first {left[0]}")
    return pairs, said


def of_files(
    gold: str | Path, predicted: str | Path, *, database: str = "", ddl: str = "", dialect: str = ""
) -> tuple[list[Case], list[str]]:
    """Cases from a gold file and a prediction file, and what is wrong between them.

    database: a URL or file, or a folder that holds a database for each db_id. ddl: CREATE (and INSERT) statements.
    """
    pairs, said = pair(read_queries(gold, GOLD), read_queries(predicted, PREDICTED))
    if not pairs:
        raise InputError(f"{gold} holds no queries")
    where: dict[str, str] = {}
    cases = []
    for ours, theirs in pairs:
        db_id = ours.db_id or (theirs.db_id if theirs else "")
        if db_id not in where:
            where[db_id] = find_database(database, db_id) if database else ""
        fault = "" if theirs is not None else "no prediction"
        pred = None if theirs is None or theirs.sqls is None else theirs.sqls[0]
        cases.append(Case(ours.id, ours.sqls, pred, dialect, ddl, "", where[db_id], ours.difficulty, fault))
    return cases, said


def find_database(database: str, db_id: str) -> str:
    """The database itself, or in a folder of databases the one called `db_id`. Raises InputError when there is none."""
    folder = Path(database)
    if "://" in database or not folder.is_dir():
        return database
    if not db_id:
        raise InputError(f"{database} is a folder, but the golds name no db_id")
    for suffix in (".duckdb", ".sqlite", ".sqlite3", ".db"):
        for path in (folder / db_id / f"{db_id}{suffix}", folder / f"{db_id}{suffix}"):
            if path.is_file():
                return str(path)
    raise InputError(f"{database} holds no database {db_id}: looked for {db_id}/{db_id}.duckdb, .sqlite, .db")


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Numbered lines. Raises InputError when the file cannot be read or is no text."""
    try:
        with path.open(encoding="utf-8-sig", newline="\n") as handle:
            yield from enumerate(handle, 1)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8: {error}") from None
