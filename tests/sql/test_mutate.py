"""What a gold asks of data, and its neighbours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sqlkit.schema.ddl import parse_ddl
from sqlkit.sql.facts import Wish, facts
from sqlkit.sql.grammar import identifier, names_in
from sqlkit.sql.keys import shapes
from sqlkit.sql.mutate import KINDS, Mutant, a_few, mutants, mutants_of
from sqlkit.sql.parse import SqlglotError, parse_one
from sqlkit.sql.resolve import tables_of

SCHEMA = parse_ddl(
    """CREATE TABLE person (id INTEGER PRIMARY KEY, name VARCHAR NOT NULL, city VARCHAR, age INTEGER, born DATE, vip BOOLEAN);
    CREATE TABLE ticket (id INTEGER PRIMARY KEY, person_id INTEGER NOT NULL REFERENCES person, price DOUBLE, day DATE);"""
)
NAMES = tables_of((t.name, [c.name for c in t.columns]) for t in SCHEMA.tables)
FACTS = [json.loads(line) for line in Path(__file__).with_name("facts.jsonl").read_text("utf-8").splitlines()]


def told(wish: Wish) -> str:
    text = f"{'.'.join(wish.column)} {wish.sign} {', '.join(map(repr, wish.values))}".strip()
    return text + (f" ({wish.how})" if wish.how else "")


@pytest.mark.parametrize("case", FACTS, ids=lambda case: case["sql"][:60])
def test_what_a_gold_asks(case: dict[str, Any]) -> None:
    found = facts(case["sql"], NAMES)
    assert sorted(told(w) for w in found.wishes) == sorted(case["wishes"])
    pairs = {part: {" ".join(map(".".join, pair)) for pair in getattr(found, part)} for part in ("either", "follows")}
    assert {" ".join(sorted(map(".".join, pair))) for pair in found.equal} == set(case.get("equal", []))
    assert pairs == {part: set(case.get(part, [])) for part in pairs}
    assert found.counts == set(case.get("counts", [])) and found.rows == case.get("rows", 0)
    assert set(map(".".join, found.keyed)) == set(case.get("keyed", []))


# each kind with a query that has such a neighbour, and one neighbour that must be there
NEIGHBOURS = {
    "comparison": ("SELECT name FROM person WHERE age > 3", "age >= 3"),
    "join_comparison": ("SELECT name FROM person AS p JOIN ticket AS t ON p.id = t.person_id", "p.id <= t.person_id"),
    "number": ("SELECT name FROM person WHERE age > 3", "age > 4"),
    "text": ("SELECT name FROM person WHERE city = 'Rome'", "'ROME'"),
    "text_swapped": ("SELECT name FROM person WHERE city = 'Rome' OR city = 'Oslo'", "city = 'Oslo' OR city = 'Oslo'"),
    "date": ("SELECT name FROM person WHERE born < '1990-01-01'", "1989-12-31"),
    "like": ("SELECT name FROM person WHERE city LIKE '%a%'", "'a%'"),
    "negation": ("SELECT name FROM person WHERE city IN ('a')", "NOT city IN"),
    "null_test": ("SELECT name FROM person WHERE city IS NULL", "NOT city IS NULL"),
    "between_bounds": ("SELECT name FROM person WHERE age BETWEEN 1 AND 3", "age > 1 AND age <= 3"),
    "in_list": ("SELECT name FROM person WHERE city IN ('a', 'b')", "city IN ('b')"),
    "condition_dropped": ("SELECT name FROM person WHERE age > 3 AND city = 'x'", "WHERE city = 'x'"),
    "join_condition_dropped": ("SELECT 1 FROM person AS p JOIN ticket AS t ON p.id = t.person_id AND p.age = t.id", "TRUE AND p.age"),
    "condition_added": ("SELECT city FROM person", "NOT city IS NULL"),
    "connective": ("SELECT name FROM person WHERE age > 3 AND city = 'x'", "(age > 3) OR (city = 'x')"),
    "column": ("SELECT name FROM person", '"person"."city"'),
    "join_key": ("SELECT 1 FROM person AS p JOIN ticket AS t ON p.id = t.person_id", '"p"."age" = t.person_id'),
    "join_type": ("SELECT 1 FROM person AS p JOIN ticket AS t ON p.id = t.person_id", "LEFT JOIN"),
    "table": ("SELECT id FROM person", '"ticket"'),
    "aggregate": ("SELECT MAX(age) FROM person", "MIN(age)"),
    "count_argument": ("SELECT COUNT(*) FROM person", 'COUNT("person"."id")'),
    "count_distinct": ("SELECT COUNT(city) FROM person", "COUNT(DISTINCT city)"),
    "distinct": ("SELECT city FROM person", "SELECT DISTINCT city"),
    "group_key_dropped": ("SELECT COUNT(*) FROM person GROUP BY city, age", "GROUP BY age"),
    "order_direction": ("SELECT name FROM person ORDER BY age", "age DESC"),
    "order_nulls": ("SELECT name FROM person ORDER BY age", "NULLS FIRST"),
    "order_dropped": ("SELECT name FROM person ORDER BY age, name", "ORDER BY name"),
    "limit": ("SELECT name FROM person ORDER BY age LIMIT 3", "LIMIT 4"),
    "set_operation": ("SELECT id FROM person UNION SELECT id FROM ticket", "UNION ALL"),
    "set_operand": ("SELECT id FROM person UNION SELECT id FROM ticket", "SELECT id FROM ticket"),
    "arithmetic": ("SELECT age + 2 FROM person", "age - 2"),
    "case": ("SELECT CASE WHEN age > 3 THEN 1 ELSE 5 END FROM person", "THEN 5"),
    "date_part": ("SELECT YEAR(born) FROM person", "MONTH(born)"),
    "window": ("SELECT RANK() OVER (PARTITION BY city ORDER BY age) FROM person", "DENSE_RANK()"),
    "function": ("SELECT LOWER(city) FROM person", "UPPER(city)"),
    "filter_dropped": ("SELECT COUNT(*) FILTER(WHERE age > 3) FROM person", "SELECT COUNT(*) FROM person"),
    "quantifier": ("SELECT name FROM person WHERE id IN (SELECT person_id FROM ticket)", "id = (SELECT"),
}


def test_every_kind_has_a_case() -> None:
    assert set(NEIGHBOURS) == set(KINDS) and len(KINDS) >= 25


@pytest.mark.parametrize("kind", NEIGHBOURS)
def test_kinds(kind: str) -> None:
    sql, part = NEIGHBOURS[kind]
    made = [m.sql for m in mutants(sql, SCHEMA, most=500) if m.kind == kind]
    assert any(part in text for text in made), made
    assert all(parse_one(text) for text in made)


PROVEN = [
    ("SELECT COUNT(*) FROM person", "count_argument", "never NULL"),
    ("SELECT DISTINCT id FROM person", "distinct", "every row shows its keys"),
    ("SELECT t.price FROM ticket AS t JOIN person AS p ON t.person_id = p.id", "join_type", "without a partner"),
    ("SELECT name FROM person WHERE age > 3.5", "comparison", "never a fraction"),
    ("SELECT name FROM person WHERE vip = 1", "comparison", "two truth values"),
    ("SELECT city FROM person GROUP BY city HAVING COUNT(*) >= 1", "condition_dropped", "a count is never less"),
    ("SELECT id, name, COUNT(*) FROM person GROUP BY id, name", "group_key_dropped", "the other keys fix it"),
    ("SELECT name FROM person ORDER BY id, age", "order_dropped", "keys before it fix it"),
    ("SELECT city FROM person GROUP BY city ORDER BY SUM(id)", "order_nulls", "never NULL"),
    ("SELECT p.id FROM person AS p JOIN ticket AS t ON t.person_id = p.id GROUP BY p.id HAVING SUM(t.price) > 5", "join_type", "turned away"),
    ("SELECT MAX(age) FROM person LIMIT 2", "limit", "there is one row"),
    ("SELECT id FROM ticket EXCEPT SELECT p.id FROM ticket AS t JOIN person AS p ON t.id = p.age", "join_type", "turned away"),
]


@pytest.mark.parametrize(("sql", "kind", "why"), PROVEN)
def test_what_is_equal_carries_its_proof(sql: str, kind: str, why: str) -> None:
    assert any(why in m.equal for m in mutants(sql, SCHEMA) if m.kind == kind)


def test_a_tree_is_put_back_and_no_text_comes_twice() -> None:
    for sql, _ in NEIGHBOURS.values():
        tree = parse_one(sql)
        before = tree.sql("duckdb")
        made = mutants_of(tree, shapes(SCHEMA), 500)
        assert tree.sql("duckdb") == before
        texts = [m.sql for m in made]
        assert len(set(texts)) == len(texts) and before not in texts


def test_the_cap_cuts_repetition_and_not_variety() -> None:
    sql = "SELECT name FROM person WHERE " + " AND ".join(f"age <> {n}" for n in range(60)) + " AND city LIKE 'x%' ORDER BY age LIMIT 3"
    made: list[Mutant] = mutants(sql, SCHEMA, most=40)
    assert len(made) == 40 and {"comparison", "number", "like", "limit", "order_direction"} <= {m.kind for m in made}


def test_what_cannot_be_parsed() -> None:
    with pytest.raises(SqlglotError):
        mutants("SELECT FROM WHERE", SCHEMA)


def test_a_few_mutants_are_of_several_kinds_and_none_is_known_to_be_equal() -> None:
    sql = "SELECT city, COUNT(*) FROM person JOIN ticket ON ticket.person_id = person.id WHERE age > 30 AND price < 5 GROUP BY city"
    few = a_few(sql, shapes(SCHEMA), NAMES, 4)
    assert len({m.kind for m in few}) == len(few) == 4 and a_few(sql, shapes(SCHEMA), NAMES, 4) == few
    whole = {m.sql: m.equal for m in mutants(sql, SCHEMA)}
    assert all(whole.get(m.sql, "") == "" and m.sql != sql for m in few)
    with pytest.raises(SqlglotError):
        a_few("SELECT FROM WHERE", shapes(SCHEMA), NAMES, 4)


@pytest.mark.parametrize("name", ["order", "Select", "two words", 'a"b', "größe", "plain_1", "left"])
def test_names_are_quoted_where_duckdb_wants_it(name: str) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE {identifier(name)} ({identifier(name)} INT)")
        assert connection.execute(f"SELECT {identifier(name)} FROM {identifier(name)}").description[0][0] == name
    assert (identifier(name) == name) == (name in ("plain_1", "größe"))
    assert name in names_in(f"SELECT {identifier(name)} FROM t WHERE x = 'it''s {name}2'")


def test_tables_of_several_schemas_are_told_apart() -> None:
    names = tables_of([("a.t", ["x"]), ("b.t", ["x", "y"])])
    found = facts("SELECT a.t.x FROM a.t JOIN b.t AS u ON u.x = a.t.x", names)
    assert found.tables == {"a.t", "b.t"} and found.columns == {("a.t", "x"), ("b.t", "x")} and found.equal
