"""Populated databases keep every constraint, whatever the schema, and come out the same for the same seed."""

from __future__ import annotations

import itertools
import random

import duckdb
import pytest

from sqlkit.database.populate import Populator, typed_by_use
from sqlkit.database.rows import insert, script
from sqlkit.database.sample import profile
from sqlkit.database.styles import styles
from sqlkit.schema.ddl import parse_ddl, to_ddl
from sqlkit.schema.types import Column, ForeignKey, Schema, Table
from sqlkit.sql.facts import Facts, facts
from sqlkit.sql.resolve import tables_of

TYPES = (
    "INTEGER", "BIGINT", "TINYINT", "DOUBLE", "DECIMAL(10,2)", "DECIMAL(3,0)", "VARCHAR", "DATE", "TIMESTAMP", "TIME", "BOOLEAN", "UUID",
)  # fmt: skip
KEYS = ("INTEGER", "BIGINT", "VARCHAR", "DATE", "DECIMAL(10,2)", "UUID")


def random_schema(seed: int) -> Schema:
    """One to five tables with keys of one or two columns, references to earlier tables and to themselves, UNIQUE and CHECK."""
    chance = random.Random(seed)
    tables: list[Table] = []
    for number in range(chance.randint(1, 5)):
        columns = [Column(f"c{i}", chance.choice(KEYS if i < 2 else TYPES), chance.random() < 0.6) for i in range(chance.randint(2, 7))]
        names = [c.name for c in columns]
        primary = tuple(names[: chance.choice((0, 1, 1, 2))])
        columns = [Column(c.name, c.type, c.nullable and c.name not in primary) for c in columns]
        keys = []
        for other in [t for t in tables if t.primary_key and chance.random() < 0.6]:
            given = {c.name: c.type for c in other.columns}
            mine = tuple(f"r{len(tables)}_{other.name}_{c}" for c in other.primary_key)
            nullable = chance.random() < 0.5
            columns += [Column(m, given[c], nullable) for m, c in zip(mine, other.primary_key, strict=True)]
            keys.append(ForeignKey(mine, other.name, other.primary_key))
        if primary and chance.random() < 0.3:
            mine = tuple(f"self_{c}" for c in primary)
            columns += [Column(m, c.type, True) for m, c in zip(mine, columns, strict=False)]
            keys.append(ForeignKey(mine, f"t{number}", primary))
        numbers = [c.name for c in columns if c.type in {"INTEGER", "DOUBLE"}]
        checks = (f"{numbers[0]} > 2",) if numbers and chance.random() < 0.5 else ()
        unique = ((names[-1],),) if chance.random() < 0.3 else ()
        tables.append(Table(f"t{number}", tuple(columns), primary, tuple(keys), "", unique, checks))
    return Schema(tuple(tables))


def random_facts(schema: Schema, seed: int) -> Facts:
    """What some query over the schema would ask."""
    chance = random.Random(seed)
    found = Facts()
    names = tables_of((t.name, [c.name for c in t.columns]) for t in schema.tables)
    values = {"number": "7", "text": "'Rome'", "date": "'2010-03-01'"}
    for table in schema.tables:
        parts = [f"{c.name} > {values[c.kind]}" for c in table.columns if c.kind in values and chance.random() < 0.4]
        where = " WHERE " + " AND ".join(parts) if parts else ""
        found.add(facts(f"SELECT c0, COUNT(*) FROM {table.name}{where} GROUP BY c0 HAVING COUNT(*) > 3 LIMIT 5", names))
    return found


@pytest.mark.parametrize("seed", range(40))
def test_constraints_hold(seed: int) -> None:
    schema = random_schema(seed)
    maker = Populator(schema, random_facts(schema, seed))
    filled = 0
    for number, style in enumerate(itertools.islice(styles(maker.facts), 14)):
        database = maker.make(style, number)
        with duckdb.connect(":memory:") as connection:
            connection.execute(to_ddl(schema))
            for name, rows in database.rows.items():
                for row in rows:  # one by one: a row may refer to one before it
                    connection.execute(insert(name, [row]))
        filled += sum(map(len, database.rows.values()))
    assert filled > 14


def test_the_same_seed_makes_the_same_rows_and_another_seed_others() -> None:
    schema = random_schema(3)
    asked = random_facts(schema, 3)
    style = next(styles(asked))
    first, again, other = (Populator(schema, asked).make(style, seed) for seed in (1, 1, 2))
    assert first == again and first != other


def test_rows_of_a_table_do_not_depend_on_which_others_are_made() -> None:
    schema = parse_ddl("CREATE TABLE a (id INT PRIMARY KEY); CREATE TABLE b (id INT PRIMARY KEY, a INT REFERENCES a); CREATE TABLE c (x INT)")
    maker = Populator(schema, facts("SELECT * FROM b WHERE a = 3", {"a": ["id"], "b": ["id", "a"], "c": ["x"]}))
    style = next(styles(maker.facts))
    whole, part = maker.make(style, 1), maker.make(style, 1, maker.relevant())
    assert set(part.rows) == {"a", "b"} and all(whole.rows[name] == rows for name, rows in part.rows.items())


UNTYPED = "CREATE TABLE t (year VARCHAR, points VARCHAR, name VARCHAR, note INTEGER)"


@pytest.mark.parametrize(
    ("sql", "types"),
    [
        ("SELECT name FROM t WHERE year > 1993", ["BIGINT", "VARCHAR", "VARCHAR", "INTEGER"]),
        ("SELECT name FROM t WHERE year > 1993.5", ["DOUBLE", "VARCHAR", "VARCHAR", "INTEGER"]),
        ("SELECT AVG(points) FROM t", ["VARCHAR", "BIGINT", "VARCHAR", "INTEGER"]),
        ("SELECT name FROM t WHERE year = '1993'", ["VARCHAR", "VARCHAR", "VARCHAR", "INTEGER"]),
        ("SELECT name FROM t WHERE year > 1993 AND year <> 'n/a'", ["VARCHAR", "VARCHAR", "VARCHAR", "INTEGER"]),
        ("SELECT name FROM t WHERE note = 'none'", ["VARCHAR", "VARCHAR", "VARCHAR", "VARCHAR"]),
    ],
)
def test_columns_get_the_type_that_golds_need(sql: str, types: list[str]) -> None:
    schema = parse_ddl(UNTYPED)
    asked = facts(sql, {"t": ["year", "points", "name", "note"]})
    assert [c.type for c in typed_by_use(schema, asked).tables[0].columns] == types


def test_real_rows_are_drawn_from_and_perturbed() -> None:
    schema = parse_ddl("CREATE TABLE city (name VARCHAR, people INTEGER)")
    with duckdb.connect(":memory:") as connection:
        connection.execute("CREATE TABLE city AS SELECT 'Town ' || i AS name, 1000 + i AS people FROM range(50) r(i)")
        given = profile(connection.execute, schema)
    assert set(given) == {("city", "name"), ("city", "people")} and given["city", "name"][0].startswith("Town ")
    asked = facts("SELECT name FROM city WHERE people > 1020", {"city": ["name", "people"]})
    rows = Populator(schema, asked, given).make(next(styles(asked)), 1).rows["city"]
    assert {name for name, _ in rows if name} <= {f"Town {i}" for i in range(50)}
    assert {1019, 1020, 1021} & {people for _, people in rows}


def test_a_script_makes_the_database() -> None:
    schema = parse_ddl("CREATE TABLE \"odd name\" (\"a b\" VARCHAR, d DATE)")
    database = Populator(schema, Facts(tables={"odd name"})).make(next(styles(Facts())), 5)
    with duckdb.connect(":memory:") as connection:
        for statement in script(schema, database):
            connection.execute(statement)
        assert len(connection.execute('SELECT * FROM "odd name"').fetchall()) == len(database.rows["odd name"]) > 0
