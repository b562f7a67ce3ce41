"""Suites of populated databases: how many mutants they tell apart, what they cost, how fast they grade.

Over a folder of public data (`spider/` and `sql_create_context/` in it, as published), or over the embedded company's
questions, of which only the DDL is used.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import random
import sqlite3
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cores  # beside this file

from sqlkit.data import company
from sqlkit.database import PopulatedSandbox, Suite, build_suite
from sqlkit.database.populate import Populator, typed_for
from sqlkit.database.styles import styles
from sqlkit.embedded import folder as embedded
from sqlkit.errors import SqlkitError
from sqlkit.evaluate.batch import grade_cases
from sqlkit.evaluate.cases import Case
from sqlkit.evaluate.grade import Grader, grade_all
from sqlkit.evaluate.group import Options
from sqlkit.records import Example, Prediction, read_jsonl
from sqlkit.schema.ddl import enforced, parse_ddl, to_ddl
from sqlkit.schema.types import Schema
from sqlkit.sql.facts import Facts, facts
from sqlkit.sql.mutate import mutants
from sqlkit.sql.parse import SqlglotError
from sqlkit.sql.resolve import tables_of
from sqlkit.sql.sqlite import from_sqlite

GOLDS = 300  # of each kind that are looked at
SCHEMAS = 12  # for which 20 databases are made
QUESTIONS = 3000  # evenly of the file, of which those over these schemas are graded
SCC = {"authentic_trainsplit_only.jsonl": 0.3, "rebuilt_wikisql_train.jsonl": 0.7}  # about the shares of the published set


@dataclasses.dataclass(frozen=True, slots=True)
class Gold:
    """A gold in DuckDB's SQL and the schema it is asked of; `published` is what stands in the source."""

    schema: Schema
    sql: str
    published: str


def golds(folder: Path | None, most: int = GOLDS) -> Iterator[Gold]:
    """Spider's golds, evenly from the file; the company's without a folder."""
    if folder is None:
        schema = parse_ddl((embedded("retail") / "schema.sql").read_text(encoding="utf-8"))
        examples = [e for split in ("train", "dev", "test") for e in company.questions(split) if e.sql]
        yield from (Gold(schema, e.sql or "", e.sql or "") for e in _evenly(examples, most))
        return
    known: dict[str, Schema | None] = {}
    for row in _evenly(list(read_jsonl(folder / "spider" / "duckdb_gold_train.jsonl")), most):
        name = row["db_id"]
        if name not in known:
            known[name] = _declared(folder / "spider" / "database" / name / f"{name}.sqlite")
        schema = known[name]
        if schema is not None and row.get("duckdb_sql"):
            yield Gold(schema, row["duckdb_sql"], row["sqlite_sql"])


def rows(folder: Path, most: int = GOLDS) -> Iterator[tuple[str, str]]:
    """DDL and gold of sql-create-context's rows, in SQLite's SQL; 0 is all there are."""
    for name, share in SCC.items():
        there = list(read_jsonl(folder / "sql_create_context" / name))
        for row in _evenly(there, round(most * share)) if most else there:
            yield row["context"], row["answer"]


def _evenly(found: Sequence[Any], most: int) -> list[Any]:
    step = max(1, len(found) // most)
    return list(found[::step][:most])


def _declared(path: Path) -> Schema | None:
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as stored:
        found = stored.execute("SELECT sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY rowid")
        try:
            return parse_ddl(";\n".join(sql for (sql,) in found), "sqlite")
        except SqlkitError:
            return None


def suites(found: Sequence[Gold]) -> dict[str, Any]:
    """Suites built one by one: mutants told apart of those not proven equal, and seconds."""
    built: list[Suite] = []
    survivors: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    began = time.perf_counter()
    for gold in found:
        try:
            built.append(build_suite(gold.schema, [gold.sql]))
        except SqlkitError as error:
            refused[str(error)[:80]] += 1
    seconds = time.perf_counter() - began
    for suite in built:
        survivors.update(m.kind for m in suite.survivors)
    made, killed = sum(s.mutants for s in built), sum(s.killed for s in built)
    return {
        "mutants_killed": round(killed / max(1, made), 4),
        "mutants": made,
        "mutants_proven_equal": sum(s.equal for s in built),
        "suite_golds": len(built),
        "suite_golds_fully_killed": sum(not s.survivors and not s.broken for s in built),
        "suite_seconds_per_gold": round(seconds / max(1, len(built)), 4),
        "suite_databases": round(sum(len(s.databases) for s in built) / max(1, len(built)), 2),
        "survivors": dict(survivors.most_common()),
        "suite_refused": dict(refused),
        "suite_broken_golds": dict(Counter(next(iter(s.broken.values()))[:60] for s in built if s.broken)),
    }


def with_suite(found: Sequence[tuple[str, str]], jobs: int = 2) -> dict[str, Any]:
    """The share of rows whose suite kills 99% of the mutants; a gold that fails or can return no rows has none.

    Seconds a row: by the clock, with as many processes as `jobs`; and with one, on some of them.
    """
    seconds, told = cores.seconds(_rows_with_suite, cores.dealt(found, jobs))
    few = _evenly(found, GOLDS)
    alone, _ = cores.seconds(_rows_with_suite, [few])
    return {
        "rows_with_suite": round(sum(good for good, _ in told) / max(1, len(found)), 4),
        "rows": len(found),
        "suite_seconds_per_row": round(seconds / max(1, len(found)), 4),
        "suite_seconds_per_row_one_process": round(alone / max(1, len(few)), 4),
        "rows_without": dict(sum((lost for _, lost in told), Counter()).most_common()),
    }


def _rows_with_suite(found: Sequence[tuple[str, str]]) -> Iterator[Any]:
    """How many have one, and why the others have none."""
    good, lost = 0, Counter[str]()
    yield None
    for ddl, sql in found:
        try:
            schema, gold = typed(enforced(parse_ddl(ddl)), sql)
            suite = build_suite(schema, [gold])
        except (SqlglotError, SqlkitError, RecursionError) as error:
            lost[type(error).__name__] += 1
            continue
        good += suite.score >= 0.99 and not suite.broken
        if suite.broken or suite.score < 0.99:
            lost[next(iter(suite.broken.values()))[:60] if suite.broken else "mutants left"] += 1
    yield good, lost


def typed(schema: Schema, sql: str) -> tuple[Schema, str]:
    """A schema whose columns are mostly called VARCHAR, typed as the gold uses them, and the gold in DuckDB's SQL."""
    schema = typed_for(schema, [sql], "sqlite")
    return schema, from_sqlite(sql, schema).sql


def populated(found: Sequence[Gold], jobs: int = 2) -> dict[str, Any]:
    """Questions graded per second where there is DDL only: suites made, golds and predictions run on all their databases.

    Half of the predictions are the gold, the others mutants. `cold` counts the start of the workers and the making of the
    suites; warm, the suites of the golds are there already.
    """
    chance = random.Random(0)
    cases = []
    found = [gold for gold in found if _makes(gold)]
    for gold in found:
        near = [m.sql for m in mutants(gold.sql, gold.schema)] if chance.random() < 0.5 else []
        cases.append(Case(len(cases), (gold.sql,), chance.choice(near) if near else gold.sql, ddl=to_ddl(gold.schema)))
    with tempfile.TemporaryDirectory() as name:
        began = time.perf_counter()
        verdicts = Counter(o["verdict"] for _, o in grade_cases(lambda: cases, Path(name) / "grades.jsonl", Options(), jobs=jobs))
        cold = time.perf_counter() - began
    warm, _ = cores.seconds(_graded_again, cores.dealt(list(zip(cases, found, strict=True)), jobs))
    return {
        "questions_per_second_populated_cold": round(len(cases) / cold, 1),
        "questions_per_second_populated": round(len(cases) / warm, 1),
        "populated_verdicts": dict(verdicts.most_common()),
    }


def _makes(gold: Gold) -> bool:
    """Whether DuckDB has all types of the schema."""
    try:
        with PopulatedSandbox(build_suite(gold.schema, [gold.sql])):
            return True
    except SqlkitError:
        return False


def _graded_again(share: Sequence[tuple[Case, Gold]]) -> Iterator[Any]:
    """Grade questions whose suites were made before; the loading of their databases is timed."""
    suites = [build_suite(gold.schema, [gold.sql]) for _, gold in share]
    with PopulatedSandbox(suites[0]) as sandbox:
        yield None
        for (case, gold), suite in zip(share, suites, strict=True):
            sandbox.switch(suite)
            grader = Grader(sandbox.databases)
            grader.prefetch([gold.sql], [case.pred or ""])
            grader.grade(Example("", "", gold.sql), Prediction("", case.pred, case.pred or ""))
        yield len(share)


def suite20(found: Sequence[Gold], databases: int = 20, jobs: int = 2) -> dict[str, Any]:
    """Questions graded per second on 20 populated databases for each schema; making and loading them is not timed."""
    groups: defaultdict[Schema, list[str]] = defaultdict(list)
    for gold in found:
        groups[gold.schema].append(gold.sql)
    chance, asked = random.Random(0), []
    for schema, queries in sorted(groups.items(), key=lambda g: -len(g[1]))[:SCHEMAS]:
        examples = [Example(str(i), "", sql) for i, sql in enumerate(queries)]
        predictions = []
        for example in examples:
            near = [m.sql for m in mutants(example.sql or "", schema)] if chance.random() < 0.5 else []
            predictions.append(Prediction(example.id, chance.choice(near) if near else example.sql, ""))
        asked.append((_several(schema, queries, databases), examples, predictions))
    seconds, graded = cores.seconds(_graded_on_suites, cores.dealt(asked, jobs))
    return {"questions_per_second_suite20": round(sum(graded) / seconds, 1), "suite20_questions": sum(graded)}


def _graded_on_suites(share: Sequence[tuple[Suite, list[Example], list[Prediction]]]) -> Iterator[Any]:
    """Grade the questions of each schema; how many."""
    with contextlib.ExitStack() as opened:
        loaded = [(opened.enter_context(PopulatedSandbox(suite)), examples, predictions) for suite, examples, predictions in share]
        yield None
        for sandbox, examples, predictions in loaded:
            grader = Grader(sandbox.databases)
            grader.prefetch([e.sql or "" for e in examples], [p.sql or "" for p in predictions])
            grade_all(examples, predictions, grader)
        yield sum(len(examples) for _, examples, _ in loaded)


def _several(schema: Schema, queries: Sequence[str], count: int) -> Suite:
    """Databases for all golds of a schema, as they come."""
    names = tables_of((t.name, [c.name for c in t.columns]) for t in schema.tables)
    asked = Facts()
    for sql in queries:
        asked.add(facts(sql, names))
    maker = Populator(schema, asked)
    made = tuple(maker.make(style, number) for number, style in zip(range(count), styles(asked), strict=False))
    return Suite(enforced(schema), to_ddl(schema), made, 0, 0)


def figures(folder: Path | None) -> dict[str, Any]:
    """Everything here."""
    found = list(golds(folder))
    told = suites(found)
    told |= with_suite(list(rows(folder))) if folder is not None else with_suite([(to_ddl(g.schema), g.sql) for g in found])
    return told | populated(found[:100]) | suite20(list(golds(folder, QUESTIONS)))


if __name__ == "__main__":
    if len(sys.argv) > 2:  # DATA ROWS: so many rows of sql-create-context alone, 0 for all
        print(json.dumps(with_suite(list(rows(Path(sys.argv[1]), int(sys.argv[2]))))))
    else:
        print(json.dumps(figures(Path(sys.argv[1]) if len(sys.argv) > 1 else None)))
