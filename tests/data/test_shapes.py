"""Shapes: they run on any schema, say all that their SQL says, and are worded in many ways."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from pathlib import Path

import duckdb
import pytest

from sqlkit.data import company
from sqlkit.data.phrasing import expand
from sqlkit.data.realise import word
from sqlkit.data.shapes import SHAPES, Draft
from sqlkit.data.variety import frame, self_bleu, stems_of
from sqlkit.data.world import World
from sqlkit.database import Sandbox
from sqlkit.prompt import Context
from sqlkit.schema.wording import describe
from sqlkit.sql.canonical import canonical

AWKWARD = """
CREATE TABLE "group" ("select" INTEGER PRIMARY KEY, "Full Name" VARCHAR NOT NULL, "order" VARCHAR, "Größe" DOUBLE, "from" DATE, "Is Active" BOOLEAN,
  "parent group" INTEGER REFERENCES "group"("select"));
CREATE TABLE "Line Items" ("id" INTEGER PRIMARY KEY, "group" INTEGER REFERENCES "group"("select"), "Unit Price" DECIMAL(10,2), "left" INTEGER,
  "Kind Of" VARCHAR, "when" TIMESTAMP, "until" DATE, "ünit" VARCHAR);
INSERT INTO "group" SELECT i, 'Name ' || chr((65 + i % 26)::INTEGER) || i, ['red', 'O''Hara', 'sky "blue"'][i % 3 + 1], i * 1.5, DATE '2020-01-01' + (i * 20)::INTEGER, i % 2 = 0,
  NULL FROM range(1, 6) AS t(i);
INSERT INTO "group" SELECT i, 'Name ' || chr((65 + i % 26)::INTEGER) || i, ['red', 'O''Hara', 'sky "blue"'][i % 3 + 1], i * 1.5, DATE '2020-01-01' + (i * 20)::INTEGER, i % 2 = 0,
  i % 5 + 1 FROM range(6, 61) AS t(i);
INSERT INTO "Line Items" SELECT i, CASE WHEN i % 7 > 0 THEN i % 40 + 1 END, i * 2.25, i % 97, ['A', 'B', 'C', 'D'][i % 4 + 1],
  TIMESTAMP '2021-01-01 10:00:00' + INTERVAL (i) DAY, DATE '2022-01-01' + (i * 2)::INTEGER, ['kg', 'm'][i % 2 + 1] FROM range(1, 400) t(i);
"""

ROUTES = """
CREATE TABLE nation (nation_id INTEGER PRIMARY KEY, nation_name VARCHAR NOT NULL);
CREATE TABLE port (port_id INTEGER PRIMARY KEY, port_name VARCHAR NOT NULL, town VARCHAR, depth INTEGER, nation_id INTEGER REFERENCES nation);
CREATE TABLE lane (lane_id INTEGER PRIMARY KEY, lane_name VARCHAR, origin_id INTEGER REFERENCES port, target_port_id INTEGER REFERENCES port,
  miles INTEGER, tier VARCHAR, since DATE);
INSERT INTO nation SELECT i, 'Nation ' || chr((65 + i)::INTEGER) FROM range(6) t(i);
INSERT INTO port SELECT i, 'Port ' || chr((65 + i)::INTEGER), ['Rome', 'Oslo', 'Bern'][i % 3 + 1], i * 7, i % 6 FROM range(20) t(i);
INSERT INTO lane SELECT i, 'Lane ' || i, CASE WHEN i % 9 > 0 THEN i % 13 END, CASE WHEN i % 7 > 0 THEN i * 5 % 17 END, i * 11 % 97, ['gold', 'plain'][i % 2 + 1],
  DATE '2020-01-01' + (i * 9)::INTEGER FROM range(200) t(i);
"""


@pytest.fixture(scope="module")
def shop(retail: Path) -> World:
    return World(Context.load(retail, company.glossary()))


@pytest.fixture(scope="module")
def awkward(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("awkward") / "names.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(AWKWARD)
    return path


def draw(world: World, name: str, rng: random.Random, count: int) -> list[Draft]:
    """`count` drafts of a shape, fewer where the schema has little for it."""
    found: list[Draft] = []
    for _ in range(count * 8):
        if len(found) == count:
            break
        try:
            draft = SHAPES[name][0](world, rng)
        except LookupError:
            continue
        found += [draft] if draft else []
    return found


def test_there_are_shapes_enough() -> None:
    assert len(SHAPES) >= 60
    assert all(maker.__doc__ and weight > 0 for maker, weight in SHAPES.values())


def test_every_shape_runs_in_the_kits_style(shop: World, retail: Path) -> None:
    tables = shop.context.tables()
    with Sandbox(retail) as sandbox:
        for name in SHAPES:
            drafts = draw(shop, name, random.Random(name), 3)
            assert drafts, name
            for draft in drafts:
                assert (result := sandbox.run(draft.sql)).ok, (draft.sql, result.error)
                again = canonical(draft.sql, tables)
                assert again == draft.sql or "SELECT stk." in draft.sql or "SELECT ret." in draft.sql, again  # those stand so in the glossary


def test_names_that_need_quotes_run_in_every_shape(awkward: Path) -> None:
    world, missing = World(Context.load(awkward)), []
    with Sandbox(awkward) as sandbox:
        for name in SHAPES:
            drafts = draw(world, name, random.Random(name), 4)
            missing += [name] if not drafts else []
            for draft in drafts:
                assert (result := sandbox.run(draft.sql)).ok, (name, draft.sql, result.error)
    assert len(SHAPES) - len(missing) >= 80, missing  # the others want a glossary


@pytest.fixture(scope="module")
def lanes(tmp_path_factory: pytest.TempPathFactory) -> Context:
    path = tmp_path_factory.mktemp("lanes") / "routes.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(ROUTES)
    return Context.load(path)


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("SELECT port.town, COUNT(*) FROM lane JOIN port ON lane.origin_id = port.port_id GROUP BY port.town", ["origin town"]),
        ("SELECT COUNT(*) FROM lane AS l JOIN port AS p ON p.port_id = l.target_port_id WHERE p.town = 'Rome'", ["target port town"]),
        ("SELECT a.port_name, b.port_name FROM lane JOIN port AS a ON origin_id = a.port_id JOIN port AS b ON target_port_id = b.port_id",
         ["origin port name", "target port name"]),
    ],
)  # fmt: skip
def test_a_logged_query_is_told_with_its_keys(sql: str, told: list[str], lanes: Context) -> None:
    phrases = describe(sql, World(lanes), random.Random(0)).phrases
    assert all(words in text for text in phrases for words in told), phrases


def test_of_two_keys_between_the_same_tables_a_question_says_which(lanes: Context) -> None:
    """A port of a lane is its origin or its target: question and query speak of the same one, further up ('origin nation') as well."""
    world, seen = World(lanes), set()
    for name in SHAPES:
        rng = random.Random(name)
        for draft in draw(world, name, rng, 30):
            keys = {part for part in ("origin", "target") if f"{part}_" in draft.sql}
            assert len(keys) < 2, draft.sql
            for text in (*draft.phrases, *draft.questions):
                assert {part for part in ("origin", "target") if part in text} == keys, (name, text, draft.sql)
            seen |= {(name, *keys)} if keys else set()
    assert len(seen) >= 60 and len({name for name, _ in seen}) >= 40


def test_every_shape_is_worded_in_many_ways(shop: World) -> None:
    """What is left without names, values and numbers: at least eight forms, and a self-BLEU of the questions below the bound."""
    known = stems_of(
        text
        for t in shop.schema.tables
        for c in t.columns
        for text in (
            *(t.name, shop.glossary.table(t.name).name, *shop.glossary.table(t.name).synonyms, c.name, shop.glossary.column(t.name, c.name).name),
            *shop.glossary.column(t.name, c.name).synonyms,
            *(v for meanings in shop.glossary.column(t.name, c.name).values.values() for v in meanings),
            *(v for v in shop.profile.column(t.name, c.name).values if isinstance(v, str)),
        )
    )
    for name in SHAPES:
        rng = random.Random(f"wording {name}")
        questions = [word(d, rng) for d in draw(shop, name, rng, 40)]
        assert len({frame(q, known) for q in questions}) >= 8, (name, questions)
        assert self_bleu(questions) < 0.8, (name, self_bleu(questions))


def test_the_same_seed_draws_the_same(shop: World) -> None:
    for name in SHAPES:
        one, other = (draw(shop, name, random.Random(7), 3) for _ in range(2))
        assert [word(d, random.Random(1)) for d in one] == [word(d, random.Random(1)) for d in other]


def test_the_number_of_columns_is_said(shop: World) -> None:
    """Two names come back: two things are asked for."""
    rng, seen = random.Random(4), defaultdict(int)
    for name in ("columns", "columns_plain", "lookup_two", "parent_columns"):
        for draft in draw(shop, name, rng, 20):
            columns = draft.sql.split(" FROM ")[0].count(",") + 1
            for text in (*draft.phrases, *draft.questions):
                seen[name] += 1
                assert columns == 1 or re.search(r"\band\b|&|,|\bwith\b|:|\btoo\b|\balso\b|\bas well\b|\bboth\b", text), (draft.sql, text)
    assert all(seen.values())


def test_values_stand_in_the_question_as_in_the_sql(shop: World) -> None:
    """A condition on a text is said with the text itself, or with what the glossary calls the code."""
    rng = random.Random(9)
    for draft in draw(shop, "lookup", rng, 40):
        value = re.findall(r"= '((?:[^']|'')*)'", draft.sql)
        assert all(v.replace("''", "'").lower() in text.lower() for v in value for text in (*draft.phrases, *draft.questions)), draft


@pytest.mark.parametrize(
    ("template", "texts"),
    [
        ("how many {rows}", {"how many a [b|c]"}),
        ("[list|show] {rows}", {"list a [b|c]", "show a [b|c]"}),
        ("[the |]{rows}[, [all|each]|]", {"the a [b|c]", "a [b|c]", "the a [b|c], all", "a [b|c], all", "the a [b|c], each", "a [b|c], each"}),
    ],
)
def test_templates_draw_all_their_texts(template: str, texts: set[str]) -> None:
    rng = random.Random(2)
    assert {expand(template, rng, {"rows": "a [b|c]"}) for _ in range(200)} == texts


def test_self_bleu_tells_copies_from_others() -> None:
    copies = ["how many orders are there in all?"] * 5
    assert self_bleu(copies) == pytest.approx(1.0)
    assert self_bleu(["list customers", "which city has the most orders?", "net revenue 2024 by channel"]) < 0.35
    assert self_bleu(["alone"]) == 0.0
