"""Queries of like questions, with this question's values, vote beside the model's answers."""

from __future__ import annotations

import pytest

from sqlkit.model.types import Generation
from sqlkit.model.vote import choose
from sqlkit.nearby import LIKENESS, aid
from sqlkit.prompt import Context, Shots
from sqlkit.records import Example, Result
from sqlkit.schema.ddl import parse_ddl
from sqlkit.schema.glossary import ColumnWords, Glossary, TableWords
from sqlkit.schema.values import Profile

CONTEXT = Context(
    parse_ddl("CREATE TABLE customer (id INTEGER PRIMARY KEY, city VARCHAR, tier VARCHAR)"),
    Glossary(tables={"customer": TableWords(columns={"tier": ColumnWords(values={"G": ["gold"], "S": ["silver"]})})}),
    Profile(index={"lyon": (("customer", "city", "Lyon"),), "basel": (("customer", "city", "Basel"),)}),
)
SHOTS = Shots([
    Example("a", "how many silver customers are there in Basel", "SELECT COUNT(*) FROM customer WHERE tier = 'S' AND city = 'Basel'"),
    Example("b", "how many customers in Basel", "SELECT COUNT(*) FROM customer WHERE city = 'Basel'"),
    Example("c", "shoe sizes of customers", None),
    Example("d", "list the cities", "SELECT DISTINCT city FROM customer"),
])  # fmt: skip


def test_neighbours_take_on_the_values_of_the_question_nearest_first() -> None:
    told = aid("how many gold customers are there in Lyon", CONTEXT, SHOTS, 15)
    assert [sql for sql, _ in told.suggested] == ["SELECT COUNT(*) FROM customer WHERE tier = 'G' AND city = 'Lyon'"] + [
        "SELECT COUNT(*) FROM customer WHERE city = 'Lyon' AND tier = 'G'"
    ]  # unanswerable ones and those without a shared word suggest nothing
    assert LIKENESS >= told.suggested[0][1] > told.suggested[1][1] > 0
    assert told.mend("SELECT id FROM customer WHERE tier = 'S'") == "SELECT id FROM customer WHERE tier = 'G' AND city = 'Lyon'"


def test_a_question_is_not_its_own_neighbour_and_none_are_asked_for_unless_wanted() -> None:
    assert len(aid(SHOTS.examples[0].question, CONTEXT, SHOTS, 15).suggested) == 1
    assert len(aid("how many gold customers", CONTEXT, SHOTS, 15, exclude_id="b").suggested) == 1
    off = aid("how many gold customers", CONTEXT, SHOTS)
    assert off.suggested == () and off.mend("SELECT id FROM customer WHERE tier = 'S'") == "SELECT id FROM customer WHERE tier = 'S'"


def test_what_is_no_sql_stays_as_it_came() -> None:
    assert aid("gold customers", CONTEXT, SHOTS, 15).mend("SELECT FROM WHERE") == "SELECT FROM WHERE"


@pytest.mark.parametrize(("answers", "expected"), [(["SELECT 1", "SELECT 2"], "SELECT 3"), (["SELECT 1", "SELECT 1", "SELECT 1"], "SELECT 1")])
def test_suggestions_vote_and_those_worth_nothing_do_not_run(answers: list[str], expected: str) -> None:
    ran: list[str] = []

    def run(sql: str) -> Result:
        ran.append(sql)
        return Result(("a",), ((sql,),))

    chosen = choose(Generation(answers[0], others=tuple(answers[1:])), run, suggested=[("SELECT 3", 2.0), ("SELECT 4", 0.01)])
    assert chosen.sql == expected and "SELECT 4" not in ran and "SELECT 3" in ran


def test_a_mended_answer_votes_too() -> None:
    rows = {"SELECT 1": 1, "SELECT 2": 2, "SELECT 9": 2}
    chosen = choose(
        Generation("SELECT 1", others=("SELECT 2",)), lambda sql: Result(("a",), ((rows[sql],),)), mend=lambda sql: "SELECT 9" if sql == "SELECT 2" else sql
    )
    assert chosen.sql == "SELECT 2"  # it and what it should rather be agree
