"""What there is to grade, line by line: case files, and pairs of files in the forms in which benchmarks publish them."""

from __future__ import annotations

import csv
import dataclasses
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlkit.errors import InputError

GOLD = ("gold", "gold_sql", "SQL", "sql", "query", "answer")
PREDICTED = ("pred", "prediction", "predicted", "predicted_sql", "pred_sql", "sql", "SQL", "query")
IDS = ("id", "question_id", "example_id", "qid")
_NAME = re.compile(r"[\w.\-]+")
BIRD = "\t----- bird -----\t"  # between SQL and database in BIRD's predictions


@dataclasses.dataclass(frozen=True, slots=True)
class About:
    """What is told beside a query and decides no verdict; `confidence` is the model's own, from 0 to 1, where it gave one."""

    question: str = ""
    shape: str = ""
    db_id: str = ""
    confidence: float | None = None
    seconds: float = 0.0
    tokens: int = 0
    cost: float = 0.0


NOTHING = About()


def about(row: Mapping[str, Any], before: About = NOTHING) -> About:
    """What an object of a file says beside its query; what has the wrong type is passed over."""
    told: dict[str, Any] = {}
    for key in ("question", "shape", "db_id"):
        if isinstance(row.get(key), str):
            told[key] = row[key]
    for key, kind in (("confidence", float), ("seconds", float), ("tokens", int), ("cost", float)):
        if isinstance(row.get(key), int | float) and not isinstance(row[key], bool) and row[key] >= 0:
            told[key] = kind(row[key])
    return dataclasses.replace(before, **told) if told else before


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
    about: About = NOTHING

    @property
    def made(self) -> bool:
        """Whether there are no rows to go by, so that the grader makes databases that fit the golds."""
        return not self.database and not self.rows

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
            yield case_of(row, number, path.parent)


def case_of(row: Mapping[str, Any], number: int, folder: Path = Path()) -> Case:
    """A case from an object of a case file; what is missing or of the wrong type is its fault."""
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
        texts["ddl"], texts["rows"], _near(texts["database"], folder), texts["difficulty"], about=about(row),
    )  # fmt: skip


def _near(database: str, folder: Path) -> str:
    """A file that is not here but beside the case file is meant there."""
    if database and "://" not in database and not Path(database).exists() and (folder / database).exists():
        return str(folder / database)
    return database


@dataclasses.dataclass(frozen=True, slots=True)
class Query:
    """One query of a gold or prediction file. `sqls` None is a refusal, or unanswerable; `fault`: why it cannot be read."""

    id: str
    sqls: tuple[str, ...] | None
    db_id: str = ""
    difficulty: str = ""
    about: About = NOTHING
    fault: str = ""


def read_queries(path: str | Path, keys: Sequence[str], *, blanks: bool = False) -> list[Query]:
    """The queries of a file, its form told by its suffix.

    .json: a list of objects or of texts, or BIRD's object of number to SQL; .jsonl: objects; .csv and .tsv: with a header;
    anything else: Spider's, `SQL<tab>db_id` a line. keys: where SQL may stand in an object, first found. blanks: an empty line
    of Spider's form is an answer without SQL. A line that is broken comes with its fault. Raises InputError for the file.
    """
    path = Path(path)
    kind = path.suffix.lower()
    if kind == ".json":
        return _of_json(path, keys)
    if kind in (".jsonl", ".ndjson"):
        held = [(number, line) for number, line in _lines(path) if line.strip()]
        return [_of_line(line, i, keys, f"{path} line {number}") for i, (number, line) in enumerate(held)]
    if kind in (".csv", ".tsv"):
        rows = csv.DictReader((line for _, line in _lines(path)), delimiter="\t" if kind == ".tsv" else ",")
        try:
            return [_query(row, i, keys, f"{path} row {i + 1}") for i, row in enumerate(rows)]
        except csv.Error as error:
            raise InputError(f"{path} is not CSV: {error}") from None
    texts = [line.rstrip("\r\n") for _, line in _lines(path)]
    while texts and not texts[-1].strip():
        texts.pop()
    return [_spider(text, i) for i, text in enumerate(text for text in texts if blanks or text.strip())]


def _of_line(line: str, i: int, keys: Sequence[str], where: str) -> Query:
    try:
        return _query(json.loads(line), i, keys, where)
    except ValueError as error:
        return Query(str(i), (), fault=f"{where} is not JSON: {error}")


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
        return Query(name or str(i), (), fault=f"{where} is neither text nor an object")
    known = next((str(value[k]) for k in IDS if value.get(k) not in (None, "")), name or str(i))
    there = [k for k in keys if k in value]
    key = next((k for k in there if isinstance(value[k], str | list | None)), None)  # Spider's own `sql` is a parse tree
    if key is None:
        return Query(known, (), fault=f"{where}: {there[0]} is not text" if there else f"{where} has no SQL: none of {', '.join(keys)}")
    golds = value[key] if isinstance(value[key], list) else [value[key]]
    golds = [*golds, *(value.get("alternatives") or ())]
    if not all(isinstance(g, str | None) for g in golds):
        return Query(known, (), fault=f"{where}: {key} is not text")
    texts = tuple(str(g).partition(BIRD)[0] for g in golds if g is not None)
    return Query(known, texts if texts else None, str(value.get("db_id") or ""), str(value.get("difficulty") or ""), about(value))


def _spider(line: str, i: int) -> Query:
    sql, _, db_id = line.rpartition("\t")
    if sql.strip() and _NAME.fullmatch(db_id.strip()):
        return Query(str(i), (sql.strip(),), db_id.strip())
    return Query(str(i), (line.strip(),))  # a tab inside the query is none before a name


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
    ours_all, theirs_all = read_queries(gold, GOLD), read_queries(predicted, PREDICTED)
    if len(theirs_all) != len(ours_all):  # an empty line may be an answer without SQL
        with_blanks = read_queries(predicted, PREDICTED, blanks=True)
        theirs_all = with_blanks if len(with_blanks) == len(ours_all) else theirs_all
    pairs, said = pair(ours_all, theirs_all)
    if not pairs:
        raise InputError(f"{gold} holds no queries")
    where: dict[str, tuple[str, str]] = {}
    cases = []
    for ours, theirs in pairs:
        db_id = ours.db_id or (theirs.db_id if theirs else "")
        if db_id not in where:
            where[db_id] = _found(database, db_id)
        place, lost = where[db_id]
        unread = "no prediction" if theirs is None else f"no prediction: {theirs.fault}" if theirs.fault else ""
        fault = ours.fault or unread or lost
        pred = None if theirs is None or theirs.sqls is None else theirs.sqls[0] if theirs.sqls else ""
        told = dataclasses.replace(theirs.about if theirs else NOTHING, question=ours.about.question, shape=ours.about.shape, db_id=db_id)
        cases.append(Case(ours.id, ours.sqls, pred, dialect, ddl, "", place, ours.difficulty, fault, told))
    if all(lost for _, lost in where.values()):
        raise InputError(next(lost for _, lost in where.values()))
    return cases, said


def _found(database: str, db_id: str) -> tuple[str, str]:
    """Where a database is, and why it is not found."""
    try:
        return (find_database(database, db_id) if database else ""), ""
    except InputError as error:
        return "", str(error)


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
