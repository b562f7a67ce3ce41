"""What must hold of any query: other spellings are equivalent, killed mutants are not, and nothing hangs on row order or names."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlglot import exp, parse_one

from sqlkit.database.populated import PopulatedSandbox
from sqlkit.database.sandbox import Sandbox
from sqlkit.database.suite import build_suite
from sqlkit.evaluate.grade import Grader
from sqlkit.records import Example, Prediction
from sqlkit.schema.ddl import parse_ddl
from sqlkit.sql.mutate import mutants

DDL = (
    "CREATE TABLE team (id INTEGER PRIMARY KEY, name VARCHAR NOT NULL, city VARCHAR);"
    "CREATE TABLE player (id INTEGER PRIMARY KEY, team_id INTEGER REFERENCES team(id), name VARCHAR, age INTEGER, pay DOUBLE)"
)
TEAMS = ["(1, 'red', 'Rome')", "(2, 'blue', NULL)", "(3, 'green', 'Rome')"]
PLAYERS = [
    "(1, 1, 'ann', 30, 0.1)", "(2, 1, 'bob', 25, 0.2)", "(3, 2, 'cat', 30, 0.3)", "(4, 2, 'dan', NULL, 2.5)", "(5, NULL, 'ann', 41, NULL)",
    "(6, 1, 'eve', 25, 0.7)",
]  # fmt: skip
GOLDS = [
    "SELECT name FROM player WHERE age > 26",
    "SELECT name, age FROM player WHERE age >= 25 AND pay < 1 ORDER BY age DESC",
    "SELECT COUNT(*), AVG(pay) FROM player",
    "SELECT team_id, SUM(pay) FROM player GROUP BY team_id HAVING COUNT(*) > 1",
    "SELECT team.name, COUNT(*) FROM team JOIN player ON team.id = player.team_id GROUP BY team.name ORDER BY COUNT(*) DESC LIMIT 1",
    "SELECT DISTINCT team.city, player.name FROM team JOIN player ON player.team_id = team.id WHERE team.city = 'Rome'",
    "SELECT name FROM team WHERE id NOT IN (SELECT team_id FROM player WHERE team_id IS NOT NULL)",
    "SELECT name FROM player WHERE age = (SELECT MAX(age) FROM player) OR pay > 2",
    "SELECT name FROM player WHERE team_id = 1 UNION SELECT name FROM team WHERE city = 'Rome'",
    "SELECT id FROM player ORDER BY pay LIMIT 2",
]


def insert(teams: list[str], players: list[str]) -> str:
    return f"INSERT INTO team VALUES {', '.join(teams)}; INSERT INTO player VALUES {', '.join(players)}"


@pytest.fixture(scope="module")
def grader() -> Iterator[Grader]:
    with Sandbox("", script=[DDL, insert(TEAMS, PLAYERS)]) as sandbox:
        yield Grader(sandbox)


def verdict(grader: Grader, gold: str, sql: str) -> str:
    return grader.grade(Example("", "", gold), Prediction("", sql, sql)).verdict


def respelled(sql: str, chance: random.Random) -> str:
    """The same query in another spelling: formatted, aliased, its conditions and joins commuted, nested."""
    tree = parse_one(sql, dialect="duckdb")
    for node in list(tree.find_all(exp.And, exp.Or, exp.EQ)):
        if chance.random() < 0.6:
            left, right = node.this, node.expression
            node.set("this", right)
            node.set("expression", left)
    for node in list(tree.find_all(exp.GT)):
        if chance.random() < 0.6:
            node.replace(exp.LT(this=node.expression.copy(), expression=node.this.copy()))
    select = tree if isinstance(tree, exp.Select) else None
    joins = select.args.get("joins") if select else None
    if select is not None and joins and chance.random() < 0.6:
        first = select.args["from_"].this
        select.args["from_"].set("this", joins[0].this)
        joins[0].set("this", first)
    if select is not None and chance.random() < 0.6:
        select.set("expressions", [exp.alias_(e.unalias().copy(), f"c{i}") for i, e in enumerate(select.expressions)])
        chance.shuffle(select.expressions) if not select.args.get("order") else None
    text = tree.sql(dialect="duckdb", pretty=chance.random() < 0.5)
    ordered = tree.args.get("order") is not None or tree.args.get("limit") is not None
    return text if ordered or chance.random() < 0.5 else f"WITH q AS ({text}) SELECT * FROM q"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(GOLDS), st.integers(0, 10**6))
def test_another_spelling_is_equivalent(grader: Grader, gold: str, seed: int) -> None:
    sql = respelled(gold, random.Random(seed))
    assert verdict(grader, gold, sql) == "equivalent", sql


def test_a_killed_mutant_is_never_equivalent() -> None:
    schema = parse_ddl(DDL)
    for gold in GOLDS:
        suite = build_suite(schema, [gold])
        alive = {m.sql for m in suite.survivors}
        with PopulatedSandbox(suite) as sandbox:
            grader = Grader(sandbox.databases, made=True)
            assert verdict(grader, gold, gold) == "equivalent"
            killed = [m for m in mutants(gold, suite.schema) if m.sql not in alive and not m.equal]
            assert len(killed) > 5
            for mutant in killed:
                assert verdict(grader, gold, mutant.sql) != "equivalent", (gold, mutant)


@settings(max_examples=4, deadline=None)
@given(st.permutations(TEAMS), st.permutations(PLAYERS))
def test_the_order_of_insertion_changes_no_verdict(teams: list[str], players: list[str]) -> None:
    schema = parse_ddl(DDL)
    pairs = [(gold, sql) for gold in GOLDS for sql in [gold, *(m.sql for m in mutants(gold, schema, 6))]]
    found = []
    for script in (insert(TEAMS, PLAYERS), insert(teams, players)):
        with Sandbox("", script=[DDL, script]) as sandbox:
            grader = Grader(sandbox)
            found.append([verdict(grader, *pair) for pair in pairs])
    assert found[0] == found[1], [pair for pair, a, b in zip(pairs, *found, strict=True) if a != b]


def test_names_of_columns_change_no_verdict(grader: Grader) -> None:
    schema = parse_ddl(DDL)
    for gold in (gold for gold in GOLDS if "ORDER" not in gold):
        for sql in [gold, *(m.sql for m in mutants(gold, schema, 6))]:
            width = len(parse_one(sql, dialect="duckdb").selects)
            names = ", ".join(f"x{i}" for i in range(width))
            assert verdict(grader, gold, f"SELECT * FROM ({sql}) AS q({names})") == verdict(grader, gold, sql), sql
