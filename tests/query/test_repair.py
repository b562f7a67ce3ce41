"""The second attempt: what changes, and which of the two answers is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sqlkit.errors import InputError
from sqlkit.query import Asker
from sqlkit.query.repair import Attempt, Try, another
from sqlkit.records import Prompt, Result

GOOD, BAD = "SELECT COUNT(*) FROM cust", "SELECT nope FROM cust"
QUESTION = "how many customers live in Lyon?"


@pytest.mark.parametrize(
    ("first", "error", "examples", "second"),
    [
        (Try(0, False), "bind: no column", True, Try(0, True)),
        (Try(1, False), "parse: broken", True, Try(1, True)),
        (Try(0, False), "runtime: overflow", True, Try(2, True)),
        (Try(0, False), "runtime: overflow", False, Try(0, True)),
        (Try(0, True), "bind: ambiguous", True, Try(2, True)),
        (Try(1, True), "time: stopped", True, Try(0, True)),
        (Try(0, True), "bind: ambiguous", False, Try(0, False)),
    ],
)
def test_something_always_changes(first: Try, error: str, examples: bool, second: Try) -> None:
    assert another(Attempt(first, BAD, BAD, result=Result(error=error)), feedback=False, examples=examples) == second


def test_a_model_that_reads_errors_is_told_before_the_question() -> None:
    how = another(Attempt(Try(), BAD, BAD, result=Result(error="bind: no nope")), feedback=True, examples=False)
    prompt = how.prompt(Prompt("s", "cust: nm text\nquestion: who?"))
    assert prompt.user == "cust: nm text\nfailed: SELECT nope FROM cust => bind: no nope\nquestion: who?"


def test_an_invented_column_is_asked_again_under_the_grammar(shop: Path, script: Any) -> None:
    model = script(lambda prompt, grammar: GOOD if grammar else BAD)
    with Asker(shop, model=model, constrained=False) as asker:
        answer = asker.ask(QUESTION)
    assert (answer.sql, answer.rows, answer.repaired) == (GOOD, ((3,),), True)
    assert [grammar for _, grammar in model.asked] == [False, True]


def test_under_the_grammar_the_examples_change(shop: Path, adapter: Path, script: Any) -> None:
    model = script(lambda prompt, grammar: GOOD if "example:" in prompt.user else BAD)
    with Asker(shop, adapter, model=model) as asker:
        assert asker.ask(QUESTION).rows == ((3,),)
    assert len(model.asked) == 2


def test_there_is_one_more_attempt_and_no_third(shop: Path, adapter: Path, script: Any) -> None:
    model = script(lambda prompt, grammar: BAD)
    with Asker(shop, adapter, model=model, feedback=True) as asker:
        answer = asker.ask(QUESTION)
    assert len(model.asked) == 2
    assert "failed: " in model.asked[1][0].user
    assert (answer.sql, answer.repaired) == (BAD, False)
    assert answer.error.startswith("bind")


def test_a_refusal_on_second_thought_counts(shop: Path, script: Any) -> None:
    model = script(lambda prompt, grammar: "CANNOT ANSWER" if grammar else BAD)
    with Asker(shop, model=model, constrained=False) as asker:
        answer = asker.ask(QUESTION)
    assert (answer.refused, answer.repaired, answer.sql) == (True, True, None)


def test_a_server_that_knows_no_grammar_leaves_the_first_answer(shop: Path, script: Any) -> None:
    def say(prompt: Prompt, grammar: bool) -> str:
        if grammar:
            raise InputError("the server refuses structured_outputs")
        return BAD

    with Asker(shop, model=script(say), constrained=False) as asker:
        assert asker.ask(QUESTION).error.startswith("bind")


def test_a_query_that_runs_is_not_repaired(shop: Path, script: Any) -> None:
    model = script(lambda prompt, grammar: GOOD)
    with Asker(shop, model=model, constrained=False) as asker:
        assert not asker.ask(QUESTION).repaired
    assert len(model.asked) == 1
