"""Draws that are led: everything of a schema is spoken of, and what cannot be is told with its reason."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import duckdb
import pytest

from sqlkit.data import company
from sqlkit.data.duplicates import Alike, near_share
from sqlkit.data.follow import follow
from sqlkit.data.generate import Generated, generate, verify
from sqlkit.data.ground import from_ddl
from sqlkit.data.shapes import SHAPES
from sqlkit.data.steer import Steered
from sqlkit.data.told import Mutator, told
from sqlkit.data.used import coverage, names_of
from sqlkit.data.wanted import TRIES, Item, Wanted
from sqlkit.database import Sandbox
from sqlkit.prompt import Context
from sqlkit.sql.facts import facts
from sqlkit.sql.skeleton import outline, skeleton

# names in quotes, a reserved word, a schema of its own, keys of two columns, a cycle, a table without a name, a column without values
DDL = """
CREATE SCHEMA sales;
CREATE TABLE unit (unit_id INT PRIMARY KEY, unit_name VARCHAR(30) NOT NULL, head_id INT);
CREATE TABLE person (person_id INT PRIMARY KEY, full_name VARCHAR(40) NOT NULL, "Größe cm" DECIMAL(5,1), unit_id INT REFERENCES unit (unit_id), boss_id INT REFERENCES person (person_id));
ALTER TABLE unit ADD FOREIGN KEY (head_id) REFERENCES person (person_id);
CREATE TABLE sales.invoice (inv_no INT PRIMARY KEY, issued DATE NOT NULL, total DECIMAL(9,2) NOT NULL, seller_id INT NOT NULL REFERENCES person (person_id));
CREATE TABLE "order" (order_no INT NOT NULL, line_no INT NOT NULL, inv_no INT REFERENCES sales.invoice (inv_no), "unit price" DECIMAL(8,2), flag BOOLEAN, PRIMARY KEY (order_no, line_no));
CREATE TABLE parcel (parcel_id INT PRIMARY KEY, order_no INT, line_no INT, weight_kg DECIMAL(6,2), FOREIGN KEY (order_no, line_no) REFERENCES "order" (order_no, line_no));
"""


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("odd")
    (folder / "odd.sql").write_text(DDL, encoding="utf-8")
    return from_ddl(folder / "odd.sql", "duckdb", folder)[0]


@pytest.fixture(scope="module")
def context(odd: Path) -> Context:
    return Context.load(odd)


@pytest.fixture(scope="module")
def generated(odd: Path, context: Context) -> Generated:
    with Sandbox(odd) as sandbox:
        return generate(context, sandbox, 120, 1)


def test_odd_schemas_are_covered_whole(generated: Generated, context: Context) -> None:
    found = coverage(generated.facts.values(), context.schema)
    assert (found["tables"], found["columns"], found["foreign_keys"]) == (1.0, 1.0, 1.0), (found, generated.unreached)
    assert generated.unreached == {}


def test_every_query_runs_and_is_told_from_its_neighbours(generated: Generated, odd: Path) -> None:
    with Sandbox(odd) as sandbox:
        assert {verify(e.sql, sandbox) for e in generated.made if e.sql} == {""}
    assert generated.neighbours.tried > 100 and 0.6 < generated.neighbours.row()["share"] <= 1


def test_refusals_have_their_share_and_no_question_comes_twice(generated: Generated) -> None:
    assert 0.05 < sum(e.sql is None for e in generated.made) / len(generated.made) < 0.2
    assert near_share(e.question for e in generated.made) == 0.0


def test_what_is_never_read_is_given_up_with_its_reason(context: Context) -> None:
    wanted = Wanted(context.schema, random.Random(0))
    gone = Item("parcel", "weight_kg")
    for _ in range(2_000):
        item = wanted.next()
        if item is None:
            break
        if item == gone:
            wanted.failed(item, "empty")
        elif item.column:
            wanted.note(facts(f'SELECT "{item.column}" FROM {"sales.invoice" if "." in item.table else f"{chr(34)}{item.table}{chr(34)}"}', names_of(context.schema)))
        else:
            wanted.failed(item, "nobody asks")
    found = wanted.unreached()
    assert wanted.next() is None and found["columns"] == {"parcel.weight_kg": "empty"} and "tables" not in found
    assert found["foreign_keys"]["parcel(order_no, line_no) -> order(order_no, line_no)"] == "nobody asks" and wanted.tries(gone) == TRIES


def test_a_focus_leads_shapes_and_is_taken_off_again(context: Context) -> None:
    rng = random.Random(2)
    world = Steered(context, rng)
    key = next(k for t, k in context.schema.joins() if t.name == "parcel")
    before = list(world.links)
    world.focus(Item("parcel", key=key))
    assert [x[2] for x in world.links] == ["order"] and world.up("parcel").keys() == {"order"}
    assert world.weight("parcel") == 1.0 > 100 * world.weight("unit")
    world.focus(None)
    assert world.links == before and world.weight("unit") > 0.1


def test_a_table_is_asked_about_less_the_more_it_was(context: Context) -> None:
    world = Steered(context, random.Random(0))
    first = world.weight("unit")
    for _ in range(20):
        world.used(["unit"])
    assert world.weight("unit") < first < world.weight("person") * 3


def test_a_query_that_its_neighbours_equal_is_seen(odd: Path, context: Context) -> None:
    with Sandbox(odd) as sandbox:
        mutator = Mutator(context.schema)
        for sql, apart in (("SELECT COUNT(*) FROM person WHERE boss_id > 3", True), ("SELECT 1 FROM person WHERE 1 = 2", False)):
            found = told(sql, sandbox.run(sql), sandbox.run_many(mutator.mutants(sql)))
            assert found.tried and (found.told == found.tried) == apart, (sql, found)


@pytest.mark.parametrize(
    ("first", "second", "alike"),
    [
        ("how many open orders are there in Lyon?", "How many OPEN orders are there in Lyon", True),
        ("how many open orders are there in Lyon?", "how many open orders are there in Rome?", False),
        ("show me the names of all of the customers with orders in Lyon", "show me the names of all of the customers with an orders in Lyon", True),
        ("what is the total?", "what was the total?", False),
    ],
)
def test_alike_questions(first: str, second: str, alike: bool) -> None:
    seen = Alike()
    seen.add(first)
    assert seen.again(second) == alike and near_share([first, second]) == alike / 2


def test_shapes_follow_the_logs(context: Context) -> None:
    world = Steered(context, random.Random(0))
    logged = skeleton("SELECT a.full_name, SUM(i.total) FROM sales.invoice i JOIN person a ON i.seller_id = a.person_id GROUP BY a.full_name")
    calls = Counter({logged: 90, skeleton("SELECT PIVOTED(x) FROM y"): 5})
    weights, own = follow(calls, world, 0), {name: weight for name, (_, weight) in SHAPES.items()}
    assert outline(logged) == "join, group" and weights.keys() == own.keys() and all(w > 0 for w in weights.values())
    assert weights["per_parent"] > 1.5 * own["per_parent"] and weights["count"] < own["count"]
    assert follow(Counter(), world, 0) == own


def test_the_hardest_queries_have_their_share(retail: Path) -> None:
    context = Context.load(retail, company.glossary())

    def share(extra: float) -> float:
        asked = [e for seed in (1, 2) for e in generate(context, sandbox, 150, seed, extra=extra).made if e.sql is not None]
        return sum(e.difficulty == "extra" for e in asked) / len(asked)

    with Sandbox(retail) as sandbox:
        assert share(0.15) >= share(0.0) + 0.02


def test_groups_that_are_all_alike_are_not_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "shop.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("""
            CREATE TABLE shop (shop_id INT PRIMARY KEY, city VARCHAR, opened DATE, country VARCHAR);
            INSERT INTO shop SELECT i, 'City ' || i, DATE '2019-01-31' + i::INT * 40, 'FR' FROM range(1, 8) t(i);
            CREATE TABLE sale (sale_id INT PRIMARY KEY, shop_id INT REFERENCES shop (shop_id), kind VARCHAR, price DECIMAL(9,2));
            INSERT INTO sale SELECT i, 1 + i % 7, ['a', 'b', 'c'][1 + i % 3], i * 1.5 FROM range(1, 300) t(i)""")
    with Sandbox(path) as sandbox:
        found = generate(Context.load(path), sandbox, 150, 0)
        grouped = [sandbox.run(e.sql) for e in found.made if e.sql and "GROUP BY" in e.sql]
    assert found.dropped["all groups alike"] and len(grouped) > 20
    assert not [r.rows for r in grouped if len(r.rows) > 2 and any(len(set(column)) == 1 for column in zip(*r.rows, strict=True))]


def test_numbers_that_only_name_are_not_added_up(tmp_path: Path) -> None:
    path = tmp_path / "ward.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("""
            CREATE TABLE nurse (nurse_id INT PRIMARY KEY, nurse_name VARCHAR);
            INSERT INTO nurse SELECT i, 'Nurse ' || i FROM range(1, 60) t(i);
            CREATE TABLE stay (stay_id INT PRIMARY KEY, head_id INT, zone_code SMALLINT, invoice_no DECIMAL(9,0), days INT, noted_by INT REFERENCES nurse (nurse_id));
            INSERT INTO stay SELECT i, 1 + i % 55, i % 7, 1000 + i, 1 + i * 7 % 30, 1 + i * 5 % 40 FROM range(1, 300) t(i)""")
    context = Context.load(path)
    world = Steered(context, random.Random(0))
    assert {r.column.name: r.role for r in world.roles["stay"]} == {
        "stay_id": "key", "head_id": "key", "zone_code": "category", "invoice_no": "key", "days": "measure", "noted_by": "key",
    }  # fmt: skip
    with Sandbox(path) as sandbox:
        found = generate(context, sandbox, 200, 0)
    asked = [e for e in found.made if e.sql]
    named = ("stay_id", "head_id", "zone_code", "invoice_no", "noted_by")
    assert not [e.sql for e in asked if any(f"{sign}{name}" in e.sql for name in named for sign in ("SUM(", "AVG(", "MAX(")) or any(f"{name} {sign} " in e.sql for name in named for sign in "<>")]
    assert any("noting nurse" in e.question.lower() for e in asked) and not any("noted bies" in e.question for e in asked)


def test_values_that_two_tables_share(tmp_path: Path) -> None:
    path = tmp_path / "shared.duckdb"
    with duckdb.connect(str(path)) as made:
        made.execute("CREATE TABLE a (id INT PRIMARY KEY, city VARCHAR, tone VARCHAR); CREATE TABLE b (id INT PRIMARY KEY, town VARCHAR, size INT)")
        made.execute("INSERT INTO a SELECT i, ['Rome', 'Oslo'][i % 2 + 1], ['low', 'high'][i % 2 + 1] FROM range(20) t(i)")
        made.execute("INSERT INTO b SELECT i, ['Rome', 'Bern'][i % 2 + 1], i FROM range(20) t(i)")
    world = Steered(Context.load(path), random.Random(0))
    assert [(one.place, other.place) for one, other in world.sharing()] == [(("a", "city"), ("b", "town"))]
    while world._column != "tone":  # a focus narrows the columns of its table, in a share of the draws
        world.focus(Item("a", "tone"))
    assert world.sharing() == []
