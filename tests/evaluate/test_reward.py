"""Rewards of executed answers: what is right earns most, what hacks the reward no more than a wrong answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sqlkit.database import Sandbox
from sqlkit.errors import RecipeError, RunError
from sqlkit.evaluate import reward
from sqlkit.evaluate.grade import Grader
from sqlkit.evaluate.reward import CRASHES, Rewards, Seen, refusal_worth, usable
from sqlkit.evaluate.thinned import Thinned
from sqlkit.records import Example

SCRIPT = (
    "CREATE TABLE cust (cust_id INTEGER PRIMARY KEY, nm VARCHAR, cty VARCHAR)",
    "INSERT INTO cust VALUES (11, 'Ann', 'Lyon'), (12, 'Bob', 'Lyon'), (13, 'Cat', 'Rome'), (14, 'Dan', 'Bonn'), (15, 'Eve', 'Bonn'), (16, 'Fay', 'Oslo')",
    "CREATE TABLE ord (ord_id INTEGER PRIMARY KEY, cust_id INTEGER REFERENCES cust (cust_id), amt INTEGER)",
    "INSERT INTO ord VALUES (1, 11, 20), (2, 12, 35), (3, 13, 20), (4, 14, 50), (5, 15, 70), (6, 16, 90)",
)
WEIGHTS = {"runs": 0.1, "right": 1.0, "soft_f1": 0.3}
WRONG = {  # an honest wrong answer to each question: it runs, and shows nothing that was asked for
    "how many orders are there?": "SELECT SUM(ord.amt) FROM ord",
    "names of customers in Lyon": "SELECT nm FROM cust WHERE cty = 'Rome'",
    "names of customers with orders": "SELECT cty FROM cust",
    "name of the customer with number 11": "SELECT cty FROM cust WHERE cust_id = 11",
    "favourite colour of customers": "SELECT cty FROM cust",
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox("", script=SCRIPT) as opened:
        yield opened


@pytest.fixture
def grader(sandbox: Sandbox) -> Grader:
    return Grader([sandbox, Thinned(sandbox, ["ord"])], made=True)


def example(question: str, gold: str | None) -> Example:
    return Example("q", question, gold)


def earned(grader: Grader, asked: Example, text: str) -> float:
    rewards = Rewards(grader, [asked], WEIGHTS)
    return rewards.total(rewards.score(["q"], [text])[0])


HACKS: list[dict[str, Any]] = [json.loads(line) for line in Path(__file__).with_name("hacks.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("case", HACKS, ids=[c["hack"] for c in HACKS])
def test_a_hack_earns_no_more_than_a_wrong_answer(case: dict[str, Any], grader: Grader) -> None:
    asked = example(case["question"], case["gold"])
    wrong = earned(grader, asked, WRONG[case["question"]])
    assert wrong == pytest.approx(0.1 if case["gold"] else 0.0)
    assert earned(grader, asked, case["says"]) <= case.get("least", 0.0) <= wrong
    if "why" in case:
        assert case["why"] in Rewards(grader, [asked], WEIGHTS).see(asked, case["says"]).hack


RIGHT = [
    ("how many orders are there?", "SELECT COUNT(*) FROM ord", "SELECT COUNT(ord_id) FROM ord"),
    ("names of customers in Lyon", "SELECT nm FROM cust WHERE cty = 'Lyon'", "SELECT nm FROM cust WHERE cty LIKE 'Lyon'"),
    ("all customers", "SELECT cust_id, nm, cty FROM cust", "SELECT * FROM cust"),
    ("what share of orders is above 50?", "SELECT 100.0 * AVG(CASE WHEN amt > 50 THEN 1 ELSE 0 END) FROM ord",
     "SELECT COUNT(*) FILTER (amt > 50) * 100.0 / COUNT(*) FROM ord"),
    ("how many orders did each customer place?", "SELECT cust_id, COUNT(*) FROM ord GROUP BY cust_id",
     "SELECT cust.cust_id, COUNT(*) FROM cust JOIN ord ON ord.cust_id = cust.cust_id GROUP BY cust.cust_id"),
    ("favourite colour of customers", None, "CANNOT ANSWER"),
]  # fmt: skip


@pytest.mark.parametrize(("question", "gold", "says"), RIGHT)
def test_a_right_answer_earns_all(question: str, gold: str | None, says: str, grader: Grader) -> None:
    rewards = Rewards(grader, [example(question, gold)], WEIGHTS)
    rewards.refusal = 1.0
    assert rewards.score(["q"], [says]) == [{"runs": 1.0, "right": 1.0, "soft_f1": 1.0}]


def test_part_of_the_answer_earns_part(grader: Grader) -> None:
    asked = example("customers and their towns", "SELECT nm, cty FROM cust")
    rewards = Rewards(grader, [asked], WEIGHTS)
    half, none = rewards.score(["q", "q"], ["SELECT nm FROM cust", "SELECT nm FRM cust"])
    assert half == {"runs": 1.0, "right": 0.0, "soft_f1": pytest.approx(2 / 3)} and none == {"runs": 0.0, "right": 0.0, "soft_f1": 0.0}


@pytest.mark.parametrize(("unanswerable", "questions"), [(1, 10), (3, 10), (1, 300), (9, 10)])
def test_refusing_everything_earns_no_more_than_answering_everything_wrongly(unanswerable: int, questions: int) -> None:
    refusing = unanswerable * refusal_worth(WEIGHTS, unanswerable, questions) * sum(WEIGHTS.values())
    assert 0 < refusing <= (questions - unanswerable) * WEIGHTS["runs"] + 1e-9


def test_questions_whose_gold_says_nothing_are_left_out(grader: Grader) -> None:
    golds = {"empty": "SELECT nm FROM cust WHERE cty = 'Nice'", "random": "SELECT random()", "broken": "SELECT x FROM cust", "good": "SELECT nm FROM cust",
             "refused": None}
    kept, left = usable(grader, [Example(key, key, sql) for key, sql in golds.items()])
    assert [e.id for e in kept] == ["good", "refused"] and set(left) == {"empty", "random", "broken"}


def broken(seen: Seen) -> float:
    raise KeyError(seen.text)


def no_number(seen: Seen) -> float:
    return float("nan")


def test_a_reward_that_crashes_is_0_with_a_note_and_stops_when_it_always_does(grader: Grader) -> None:
    asked = example("how many orders are there?", "SELECT COUNT(*) FROM ord")
    rewards = Rewards(grader, [asked], {"right": 1.0, f"{__name__}:broken": 1.0, f"{__name__}:no_number": 1.0})
    assert rewards.score(["q"], ["SELECT COUNT(*) FROM ord"]) == [{"right": 1.0, f"{__name__}:broken": 0.0, f"{__name__}:no_number": 0.0}]
    assert "question q" in rewards.notes[0] and "KeyError" in rewards.notes[0] and "nan" in rewards.notes[1]
    with pytest.raises(RunError, match=f"crashed on {CRASHES} answers in a row") as caught:
        rewards.score(["q"] * CRASHES, ["SELECT COUNT(*) FROM ord"] * CRASHES)
    assert "\n" not in str(caught.value)


def test_a_grader_that_crashes_is_0_with_a_note(grader: Grader) -> None:
    asked = example("how many orders are there?", "SELECT COUNT(*) FROM ord")
    rewards = Rewards(grader, [asked], WEIGHTS)
    rewards.grader = None  # type: ignore[assignment]
    assert not any(rewards.score(["q"], ["SELECT 1"])[0].values()) and "the grader crashed" in rewards.notes[0]


@pytest.mark.parametrize(
    ("weights", "said"),
    [({"rigth": 1.0}, "unknown reward 'rigth'"), ({"right": 0.0}, "above 0"), ({"no_such_module:f": 1.0}, "no_such_module"), ({"json:nothing": 1.0}, "json:nothing")],
)
def test_weights_that_name_no_reward_are_one_line(weights: dict[str, float], said: str, grader: Grader) -> None:
    with pytest.raises(RecipeError, match=said) as caught:
        Rewards(grader, [], weights)
    assert "\n" not in str(caught.value)


def test_every_reward_is_documented() -> None:
    assert all(function.__doc__ and name in (reward.__doc__ or "") for name, function in reward.REWARDS.items())
