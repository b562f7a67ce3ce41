"""Verdicts beyond single cases: large results, caching, dialects, refusals, reasons."""

from __future__ import annotations

from pathlib import Path

import pytest

from sqlkit.database.sandbox import Sandbox
from sqlkit.errors import InputError
from sqlkit.evaluate.grade import Grader, grade, grade_all
from sqlkit.records import Example, Grade, Prediction, Result, to_dict


def judge(sandbox: Sandbox, gold: str | None, said: str | None, **more: str) -> Grade:
    return grade(Example("q", "?", gold, **more), Prediction("q", said, said or ""), sandbox)


class Counting:
    """A sandbox that counts what it is asked."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox, self.asked = sandbox, []  # type: tuple[Sandbox, list[str]]

    def run(self, sql: str) -> Result:
        self.asked.append(sql)
        return self.sandbox.run(sql)


@pytest.mark.parametrize(
    ("gold", "said", "verdict"),
    [
        ("SELECT id FROM big", "SELECT id FROM big", "undecidable"),  # 30,000 rows, 10,000 seen
        ("SELECT id FROM big", "SELECT id FROM big WHERE id < 500", "different"),
        ("SELECT id FROM big WHERE id < 500", "SELECT id FROM big", "different"),
        ("SELECT id FROM big", "SELECT id, g FROM big", "different"),
        ("SELECT id FROM big ORDER BY id DESC LIMIT 3", "SELECT 29999 - i FROM range(3) t(i) ORDER BY i", "equivalent"),
        ("SELECT id FROM big ORDER BY id DESC LIMIT 3", "SELECT id FROM big ORDER BY id LIMIT 3", "different"),
        ("SELECT id FROM big LIMIT 3", "SELECT id FROM big WHERE id < 3", "equivalent"),
        # a tie of 30,000 rows is not seen to its end: what is not among the 10,000 seen may still be right
        ("SELECT id FROM big LIMIT 3", "SELECT id FROM big ORDER BY id DESC LIMIT 3", "undecidable"),
        ("SELECT id FROM big ORDER BY id % 1 LIMIT 3", "SELECT id FROM big ORDER BY id DESC LIMIT 3", "undecidable"),
        ("SELECT id FROM big ORDER BY id LIMIT 5000", "SELECT id FROM big ORDER BY id LIMIT 5000", "equivalent"),
        ("SELECT SUM(f) FROM big", "SELECT SUM(f) FROM (SELECT f FROM big ORDER BY id DESC)", "equivalent"),
    ],
)
def test_large_results(sandbox: Sandbox, gold: str, said: str, verdict: str) -> None:
    assert judge(sandbox, gold, said).verdict == verdict


def test_refusals(sandbox: Sandbox) -> None:
    right = judge(sandbox, None, None)
    assert (right.verdict, right.correct, right.refused, right.answerable) == ("equivalent", True, True, False)
    missed = judge(sandbox, None, "SELECT 1")
    assert (missed.verdict, missed.correct, missed.refused, missed.answerable) == ("different", False, False, False)
    timid = judge(sandbox, "SELECT id FROM customer", None)
    assert (timid.verdict, timid.correct, timid.refused, timid.answerable) == ("different", False, True, True)


@pytest.mark.parametrize(
    ("gold", "said", "kind", "words"),
    [
        ("SELECT name FROM customer", "SELECT nme FROM customer", "unknown name or type", "nme"),
        ("SELECT name FROM customer", "SELECT name FROM", "does not parse", ""),
        ("SELECT name FROM customer", "", "no SQL", "no SQL"),
        ("SELECT name FROM customer", "DROP TABLE customer", "unsafe", "DROP"),
        ("SELECT name FROM customer", None, "refused", "can be answered"),
        ("SELECT name FROM customer", "SELECT name, city FROM customer", "extra column", "2 columns instead of 1"),
        ("SELECT COUNT(*) FROM orders", "SELECT COUNT(*) FROM customer WHERE id = 1", "wrong table", "customer"),
        ("SELECT SUM(amount) FROM orders", "SELECT AVG(amount) FROM orders", "wrong aggregate", "AVG(orders.amount)"),
        ("SELECT id FROM orders WHERE status = 'S'", "SELECT id FROM orders", "missing filter", "4 rows instead of 2"),
        (
            "SELECT id FROM orders WHERE status = 'S'",
            "SELECT id FROM orders WHERE status = 'P'",
            "wrong literal",
            "'P'",
        ),
        ("SELECT id FROM orders ORDER BY id", "SELECT id FROM orders ORDER BY id DESC", "wrong order", "order"),
        ("SELECT id FROM orders ORDER BY id", "SELECT id FROM orders", "wrong order", "order"),
        ("SELECT city FROM customer", "SELECT DISTINCT city FROM customer", "distinct", "3 rows of the same values"),
        ("SELECT id FROM customer", "SELECT id FROM nothing", "unknown name or type", "nothing"),
        ("SELECT idd FROM customer", "SELECT id FROM customer", "gold broken", "the gold fails"),
        ("SELECT id FROM customer WHERE id > 9", "SELECT id FROM customer", "missing filter", "instead of 0"),
        ("SELECT id FROM customer WHERE id > 9", "SELECT id FROM customer WHERE id > 8", "gold empty", "no rows"),
        ("SELECT id FROM customer ORDER BY random()", "SELECT id FROM customer", "gold unstable", "random"),
        (None, "SELECT 1", "not refused", "cannot answer"),
    ],
)
def test_reasons(sandbox: Sandbox, gold: str | None, said: str | None, kind: str, words: str) -> None:
    found = judge(sandbox, gold, said)
    assert found.details["kind"] == kind
    assert words in found.reason


def test_details_hold_small_samples_ready_for_json(sandbox: Sandbox) -> None:
    import json

    found = judge(sandbox, "SELECT name, id FROM customer", "SELECT id, lower(name) FROM customer")
    assert found.details["gold"]["rows"][0] == ["Ada", 1]
    assert found.details["predicted"]["rows"][0] == [1, "ada"]
    assert found.details["missing"][0] == ["Ada", 1]
    assert found.details["extra"][0] == ["ada", 1]
    odd = f"SELECT 'nan'::DOUBLE, {2**127 - 1}::HUGEINT, 'x'::BLOB, repeat('y', 500), 1.50, NULL"
    shown = judge(sandbox, odd, odd).details["gold"]["rows"][0]
    assert shown[:3] == ["nan", str(2**127 - 1), "78"]
    assert len(shown[3]) == 80
    assert shown[4:] == ["1.50", None]
    json.dumps(to_dict(found), allow_nan=False)
    assert len(judge(sandbox, "SELECT id FROM big WHERE id < 99", "SELECT 1").details["gold"]["rows"]) == 8


def test_golds_and_answers_seen_before_are_not_run_again(sandbox: Sandbox) -> None:
    counting = Counting(sandbox)
    grader = Grader(counting)
    for number in range(3):
        example = Example(str(number), "?", "SELECT id FROM customer")
        assert grader.grade(example, Prediction(str(number), "SELECT id FROM orders", "")).example_id == str(number)
    assert len(counting.asked) == 2


def test_golds_of_another_dialect(sandbox: Sandbox) -> None:
    gold = "SELECT `name` FROM `customer` WHERE IFNULL(`city`, '') = 'Paris'"
    assert judge(sandbox, gold, "SELECT name FROM customer WHERE city = 'Paris'", dialect="mysql").correct
    assert judge(sandbox, "SELECT `name", "SELECT 1", dialect="mysql").verdict == "gold_broken"
    with pytest.raises(InputError, match="unknown SQL dialect 'klingon'"):
        judge(sandbox, "SELECT 1", "SELECT 1", dialect="klingon")


def test_grading_survives_hostile_depth(sandbox: Sandbox) -> None:
    deep = "SELECT " + "(" * 3000 + "1" + ")" * 3000
    assert judge(sandbox, "SELECT id FROM customer", deep).verdict in ("error", "unsafe")
    long = "SELECT id FROM customer WHERE " + " OR ".join(f"id = {i}" for i in range(600))
    assert judge(sandbox, "SELECT id FROM customer WHERE id > 1", long).verdict == "different"


def test_a_timeout_costs_one_question(shop: Path) -> None:
    slow = "SELECT COUNT(*) FROM range(1000000) a(x), range(1000000) b(y) WHERE x * y % 1000003 = 7"
    examples = [Example("a", "?", "SELECT COUNT(*) FROM customer"), Example("b", "?", "SELECT COUNT(*) FROM orders")]
    with Sandbox(shop, seconds=0.5) as quick:
        seen: list[tuple[int, int]] = []
        said = [Prediction("b", "SELECT 4", ""), Prediction("a", slow, "")]
        grades = grade_all(examples, said, quick, lambda done, all_: seen.append((done, all_)))
    assert [(g.example_id, g.verdict, g.details["kind"]) for g in grades] == [
        ("a", "error", "too slow"),
        ("b", "equivalent", ""),
    ]
    assert seen == [(1, 2), (2, 2)]


def test_predictions_must_belong_to_the_questions(sandbox: Sandbox) -> None:
    example = Example("a", "?", "SELECT 1")
    with pytest.raises(InputError, match="no prediction for question a"):
        grade_all([example], [], sandbox)
    with pytest.raises(InputError, match="unknown questions: z"):
        grade_all([example], [Prediction("a", "", ""), Prediction("z", "", "")], sandbox)
    with pytest.raises(InputError, match="prediction b was given for example a"):
        grade(example, Prediction("b", "", ""), sandbox)
