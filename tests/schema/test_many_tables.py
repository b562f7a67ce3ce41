"""Schemas of many tables: what a question names is in sight, with the tables on the way, under 2,000 tokens."""

from __future__ import annotations

import pytest

from sqlkit.prompt import Context, compose
from sqlkit.schema.ddl import parse_ddl
from sqlkit.schema.link import FEW, LARGE

PLACES = ["harbour", "depot", "garage", "quarry", "mill", "forge", "dairy", "barn", "kiln", "vault"]
THINGS = ["crane", "barge", "wagon", "ferry", "lorry", "sledge", "canoe", "glider", "tram", "buggy", "yacht", "cart"]


@pytest.fixture(scope="module")
def context() -> Context:
    """Positions below each thing; things refer to the next thing of their place, to people, and people to one thing."""
    lines = ["CREATE TABLE person (person_no INT PRIMARY KEY, full_name VARCHAR, barn_tram_no INT);"]
    for place in PLACES:
        for at, thing in enumerate(THINGS):
            after = THINGS[(at + 1) % len(THINGS)]
            lines += [
                f"CREATE TABLE {place}_{thing} ({place}_{thing}_no INT PRIMARY KEY, tone VARCHAR, {place}_{after}_no INT REFERENCES {place}_{after} ({place}_{after}_no),"
                " made_by INT REFERENCES person (person_no));",
                f"CREATE TABLE {place}_{thing}_pos (pos_no INT PRIMARY KEY, amount DOUBLE, {place}_{thing}_no INT REFERENCES {place}_{thing} ({place}_{thing}_no));",
            ]
    lines.append("ALTER TABLE person ADD FOREIGN KEY (barn_tram_no) REFERENCES barn_tram (barn_tram_no);")
    return Context(parse_ddl("\n".join(lines)))


@pytest.mark.parametrize(
    ("question", "needed"),
    [
        ("total amount of harbour crane pos", {"harbour_crane_pos"}),
        ("total amount of mill ferry pos by tone of the mill sledge", {"mill_ferry_pos", "mill_ferry", "mill_lorry", "mill_sledge"}),
        ("how many dairy canoes per made by?", {"dairy_canoe", "person"}),
        ("which quary wagons have the tone low?", {"quarry_wagon"}),
    ],
)
def test_what_is_named_is_in_sight_with_the_way(context: Context, question: str, needed: set[str]) -> None:
    assert len(context.schema.tables) > LARGE
    linked = context.linker.link(question)
    assert needed <= {t.table.name for t in linked.tables}
    assert len(compose(question, linked).user) < 4_000 and len(linked.tables) < 20


def test_fewer_tables_are_shown_as_before(context: Context) -> None:
    few = Context(type(context.schema)(context.schema.tables[:LARGE]))
    assert len(few.linker.link("total amount of harbour crane pos by tone").tables) <= FEW.most
