"""Suites tell golds from their mutants, are the same for the same seed, and hold no database too many."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import duckdb
import pytest

from sqlkit.database import PopulatedSandbox, build_suite
from sqlkit.database.bench import Bench
from sqlkit.database.populate import Populator, typed_by_use
from sqlkit.database.rows import insert, script
from sqlkit.database.same import Expected, differs, expect
from sqlkit.database.sample import sample, suite_beside
from sqlkit.database.styles import styles
from sqlkit.database.suite import _remembered
from sqlkit.errors import DatabaseError, InputError
from sqlkit.schema.ddl import enforced, parse_ddl, to_ddl
from sqlkit.schema.types import Column, Schema, Table
from sqlkit.sql.facts import facts
from sqlkit.sql.mutate import mutants
from sqlkit.sql.probe import probe
from sqlkit.sql.resolve import tables_of

GOLDS = [json.loads(line)["gold"] for line in Path(__file__).with_name("golds.jsonl").read_text("utf-8").splitlines()]
THEATRE = parse_ddl(
    """CREATE TABLE person (id INTEGER PRIMARY KEY, name VARCHAR NOT NULL, city VARCHAR, age INTEGER, born DATE);
    CREATE TABLE play (id INTEGER PRIMARY KEY, title VARCHAR NOT NULL UNIQUE, opened DATE);
    CREATE TABLE ticket (id INTEGER PRIMARY KEY, person_id INTEGER NOT NULL REFERENCES person, show_id INTEGER REFERENCES play,
        price DECIMAL(6, 2) CHECK (price >= 0), used BOOLEAN);"""
)


def expected(sql: str, bench: Bench) -> Expected | None:
    """What a gold fixes on the database in use."""
    seen = probe(sql)
    plain, full = bench.run(sql), bench.run(seen.sql)
    return None if isinstance(plain, str) or isinstance(full, str) else expect(plain[1], len(plain[0]), seen, full[0], full[1])


def test_most_mutants_of_all_golds_die() -> None:
    suites = [build_suite(THEATRE, [gold]) for gold in GOLDS]
    assert not [suite.broken for suite in suites if suite.broken]
    left = [(m.kind, m.sql) for suite in suites for m in suite.survivors]
    assert sum(s.killed for s in suites) >= 0.97 * sum(s.mutants for s in suites), left
    assert all(1 <= len(s.databases) <= 8 for s in suites)


def test_a_proof_is_never_refuted() -> None:
    """Mutants that are proven equal return what their gold returns on all kinds of databases."""
    bench, names = Bench(), tables_of((t.name, [c.name for c in t.columns]) for t in THEATRE.tables)
    tried = 0
    for gold in GOLDS:
        asked = facts(gold, names)
        maker = Populator(typed_by_use(THEATRE, asked), asked)
        proven = [m for m in mutants(gold, THEATRE, most=500) if m.equal]
        for number, style in enumerate(itertools.islice(styles(asked), 0, 36, 4) if proven else ()):
            bench.load(script(maker.schema, maker.make(style, number)))
            known = expected(gold, bench)
            for mutant in proven:
                said = bench.run(mutant.sql)
                assert known is None or said == "bind" or (not isinstance(said, str) and not differs(known, said[1], len(said[0]))), (gold, mutant)
                tried += 1
        bench.clear()
    bench.close()
    assert tried > 150


def test_star_shows_columns_that_no_query_names() -> None:
    """Only what queries read is loaded when a suite is built: with a star, all of it."""
    suite = build_suite(THEATRE, ["SELECT * FROM person WHERE city = 'Rome'"])
    assert suite.equal == 1 and not suite.survivors  # DISTINCT, which the key makes idle


def test_a_suite_is_the_same_for_the_same_seed() -> None:
    first = build_suite(THEATRE, [GOLDS[9]], seed=3)
    assert build_suite(THEATRE, [GOLDS[9]], seed=3) is first  # kept
    _remembered.cache_clear()
    assert build_suite(THEATRE, [GOLDS[9]], seed=3) == first and first.databases != build_suite(THEATRE, [GOLDS[9]], seed=4).databases


def test_no_database_can_be_left_out() -> None:
    """Beyond the four that are kept in any case, each kills what no other does."""
    suite = build_suite(THEATRE, GOLDS[:17], most=8)
    assert len(suite.databases) > 4
    bench = Bench()
    kills: list[set[str]] = []
    for database in suite.databases:
        bench.load(script(suite.schema, database))
        dead = set()
        for gold in GOLDS[:17]:
            known = expected(gold, bench)
            for mutant in mutants(gold, suite.schema):
                said = bench.run(mutant.sql)
                if known is not None and said != "bind" and (isinstance(said, str) or differs(known, said[1], len(said[0]))):
                    dead.add(mutant.sql)
        kills.append(dead)
    bench.close()
    needed = [not dead <= set().union(*(other for other in kills if other is not dead)) for dead in kills]
    assert sum(needed) >= len(kills) - 1  # greedy cover is not always the least


def test_at_most_as_many_databases_as_asked_for() -> None:
    assert len(build_suite(THEATRE, GOLDS[:6], most=2).databases) == 2


@pytest.mark.parametrize(
    ("gold", "why"),
    [
        ("SELECT nothing FROM person", "bind"),
        ("SELECT name FROM person WHERE", "parse"),
        ("SELECT name FROM person WHERE age > 3 AND age < 2", "no rows"),
        ("SELECT name FROM person WHERE random() > 0.5", "random"),
        ("SELECT name FROM person USING SAMPLE 3", "random"),
        ("SELECT name FROM (SELECT * FROM person LIMIT 2)", "not deterministic"),
    ],
)
def test_a_broken_gold_is_named(gold: str, why: str) -> None:
    suite = build_suite(THEATRE, [gold, GOLDS[0]])
    assert list(suite.broken) == [gold] and why in suite.broken[gold]
    assert suite.score > 0.9


def test_the_users_mistakes() -> None:
    with pytest.raises(InputError, match="at least one gold"):
        build_suite(THEATRE, [])
    with pytest.raises(DatabaseError, match="DuckDB refuses"):
        build_suite(Schema((Table("t", (Column("a", "NO_SUCH_TYPE"),)),)), ["SELECT a FROM t"])


def test_names_that_differ_in_case_only() -> None:
    schema = enforced(parse_ddl("CREATE TABLE t (id VARCHAR, ID VARCHAR, x VARCHAR); CREATE TABLE T (y VARCHAR)"))
    assert [(t.name, [c.name for c in t.columns]) for t in schema.tables] == [("t", ["id", "x"])]
    assert build_suite(schema, ["SELECT x FROM t WHERE id = 'a'"]).score == 1.0


def test_a_suite_in_the_sandbox() -> None:
    suite = build_suite(THEATRE, [GOLDS[0]])
    other: Schema = parse_ddl("CREATE TABLE lone (x INTEGER)")
    with PopulatedSandbox(suite) as sandbox:
        answers = [database.run(GOLDS[0]) for database in sandbox.databases]
        assert all(a.ok for a in answers) and any(a.rows for a in answers) and len(answers) == len(suite.databases)
        assert sandbox.run("DROP TABLE person").error.startswith("unsafe")
        assert sandbox.run("SELECT 1 FROM person", 1).ok
        with pytest.raises(DatabaseError, match="no number"):
            sandbox.run("SELECT 1", 99)
        sandbox.switch(build_suite(other, ["SELECT x FROM lone WHERE x > 3"]))
        assert sandbox.run("SELECT COUNT(*) FROM lone").ok and not sandbox.run("SELECT 1 FROM person").ok


def test_tables_are_made_when_a_query_speaks_of_them() -> None:
    suite, gold = build_suite(THEATRE, [GOLDS[0]]), 'SELECT COUNT(*) FROM "PERSON" ORDER BY 1'
    with PopulatedSandbox(suite) as whole, PopulatedSandbox(suite) as sandbox:
        sandbox.switch(suite)
        tables = len(THEATRE.tables)
        assert sandbox.run("SELECT 1").ok and len(sandbox._missing) == tables
        assert sandbox.run(gold).rows == whole.run(gold).rows and len(sandbox._missing) == tables - 1
        sandbox._kill()  # the next worker makes what was made, and what is asked for now
        for asked in ("SELECT COUNT(*) FROM play", gold):
            assert [d.run(asked).rows for d in sandbox.databases] == [d.run(asked).rows for d in whole.databases]
        assert len(sandbox._missing) == tables - 2


def test_queries_of_one_request_after_one_that_fails() -> None:
    with PopulatedSandbox(build_suite(THEATRE, [GOLDS[0]])) as sandbox:
        said = sandbox.run_many(["SELECT 1 FROM person", "SELECT CAST('x' AS INTEGER)", "SELECT nothing FROM person", "SELECT 2"])
        assert [r.error.partition(":")[0] for r in said] == ["", "runtime", "bind", ""] and said[3].rows == ((2,),)


def test_rows_of_a_users_database_are_sampled_and_perturbed() -> None:
    with duckdb.connect(":memory:") as connection:
        connection.execute(to_ddl(THEATRE))
        connection.execute("INSERT INTO person SELECT i, 'Person ' || i, ['Rome', 'Oslo', NULL][1 + i % 3], i % 90, NULL FROM range(500) r(i)")
        connection.execute("INSERT INTO play SELECT i, 'Play ' || i, DATE '2020-01-01' + i::INT FROM range(200) r(i)")
        connection.execute("INSERT INTO ticket SELECT i, i % 500, i % 200, i % 40, i % 2 = 0 FROM range(3000) r(i)")
        taken, again = sample(connection.execute, THEATRE), sample(connection.execute, THEATRE)
        suite = suite_beside(connection.execute, THEATRE, [GOLDS[9]])
        held = {name: set(connection.execute(f"SELECT * FROM {name}").fetchall()) for name in taken.rows}
        for name, rows in taken.rows.items():
            connection.execute(f"CREATE OR REPLACE TEMP TABLE kept AS FROM {name} LIMIT 0")
            connection.execute(insert(Table("kept", ()), rows))
            assert set(connection.execute("FROM kept").fetchall()) <= held[name]
    assert taken == again and 40 <= len(taken.rows["ticket"]) < 200 and len(taken.rows["person"]) > 40
    people = {row[0] for row in taken.rows["person"]}
    assert {row[1] for row in taken.rows["ticket"]} <= people
    names = {row[1] for database in suite.databases for row in database.rows["person"]}
    assert suite.score >= 0.95 and any(name.startswith("Person ") for name in names)
