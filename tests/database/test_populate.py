"""Populated databases keep every constraint, whatever the schema, and come out the same for the same seed."""

from __future__ import annotations

import dataclasses
import itertools
import random

import duckdb
import pytest

from sqlkit.database.perturb import completed, perturbed
from sqlkit.database.populate import Populator, typed_by_use
from sqlkit.database.rows import Database, insert, script
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


def keeps_constraints(schema: Schema, database: Database, connection: duckdb.DuckDBPyConnection) -> None:
    """Insert all rows into tables with their constraints; DuckDB raises where one is broken. It would take a reference to
    the table itself only row by row, so these are checked here: a row refers to one before it."""
    bare = [dataclasses.replace(t, foreign_keys=tuple(k for k in t.foreign_keys if k.ref_table != t.name)) for t in schema.tables]
    connection.execute(to_ddl(Schema(tuple(bare))))
    for table in schema.tables:
        rows = database.rows[table.name]
        if rows:
            connection.execute(insert(table, rows))
        names = [c.name for c in table.columns]
        for key in (k for k in table.foreign_keys if k.ref_table == table.name):
            before = set()
            for row in rows:
                value = tuple(row[names.index(c)] for c in key.columns)
                assert None in value or value in before
                before.add(tuple(row[names.index(c)] for c in key.ref_columns))
    for table in reversed(schema.tables):
        connection.execute(f"DROP TABLE {table.name}")


@pytest.mark.parametrize("seed", range(16))
def test_constraints_hold(seed: int) -> None:
    schema = random_schema(seed)
    maker = Populator(schema, random_facts(schema, seed))
    made = [maker.make(style, number) for number, style in enumerate(itertools.islice(styles(maker.facts), 24))]
    part = Database("part", {name: rows for name, rows in made[1].rows.items() if name.lower() in maker.relevant()})
    changed = [perturbed(maker, made[number], number) for number in range(6)]
    changed += [completed(schema, made[1], perturbed(maker, part, number)) for number in range(3)]
    with duckdb.connect(":memory:") as connection:
        for database in [*made, *changed]:
            keeps_constraints(schema, database, connection)
    assert sum(len(rows) for database in made for rows in database.rows.values()) > len(made)
    assert changed[0] == perturbed(maker, made[0], 0)


def test_foreign_keys_that_share_a_column_both_hold() -> None:
    schema = parse_ddl(
        "CREATE TABLE p (a INT, b INT, PRIMARY KEY (a, b)); CREATE TABLE q (a INT, c INT, PRIMARY KEY (a, c));"
        "CREATE TABLE t (a INT, b INT, c INT, FOREIGN KEY (a, b) REFERENCES p (a, b), FOREIGN KEY (a, c) REFERENCES q (a, c))"
    )
    names = {"p": ["a", "b"], "q": ["a", "c"], "t": ["a", "b", "c"]}
    maker = Populator(schema, facts("SELECT * FROM t JOIN p USING (a, b) JOIN q ON t.a = q.a WHERE p.b = 3", names))
    with duckdb.connect(":memory:") as connection:
        for number, style in enumerate(itertools.islice(styles(maker.facts), 12)):
            keeps_constraints(schema, maker.make(style, number), connection)


def test_checks_hold_and_do_not_empty_a_table() -> None:
    schema = parse_ddl("CREATE TABLE t (id INT PRIMARY KEY, low INT CHECK (low > 40), high INT, part DECIMAL(4,1), CHECK (high > low))")
    maker = Populator(schema, facts("SELECT low FROM t WHERE high < 90", {"t": ["id", "low", "high", "part"]}))
    with duckdb.connect(":memory:") as connection:
        databases = [maker.make(style, number) for number, style in enumerate(itertools.islice(styles(maker.facts), 12))]
        for database in databases:
            keeps_constraints(schema, database, connection)
    assert sum(bool(database.rows["t"]) for database in databases) > 2


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
    assert {1019, 1020, 1021} <= {people for _, people in rows}


def test_a_script_makes_the_database() -> None:
    schema = parse_ddl("CREATE TABLE \"odd name\" (\"a b\" VARCHAR, d DATE)")
    database = Populator(schema, Facts(tables={"odd name"})).make(next(styles(Facts())), 5)
    with duckdb.connect(":memory:") as connection:
        for statement in script(schema, database):
            connection.execute(statement)
        assert len(connection.execute('SELECT * FROM "odd name"').fetchall()) == len(database.rows["odd name"]) > 0
