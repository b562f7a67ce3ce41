"""What stands beside the verdict: other policies, partial credit, repairs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sqlkit.database import Sandbox
from sqlkit.evaluate.beside import beside
from sqlkit.evaluate.grade import Grader
from sqlkit.evaluate.partial import Partial, mean, partial
from sqlkit.evaluate.policies import COMPATIBLE
from sqlkit.evaluate.policies.spider import without_distinct
from sqlkit.records import Result
from sqlkit.sql.edits import edits

CASES = [json.loads(line) for line in Path(__file__).with_name("policies.jsonl").read_text(encoding="utf-8").splitlines()]
SCRIPT = [
    "CREATE TABLE c (id INTEGER, name VARCHAR, age INTEGER, city VARCHAR)",
    "INSERT INTO c VALUES (1,'a',3,'x'),(2,'b',4,'x'),(3,'c',3,'y'),(4,'d',5,'y')",
]


@pytest.fixture(scope="module")
def grader() -> Iterator[Grader]:
    with Sandbox("", script=SCRIPT) as sandbox:
        yield Grader(sandbox)


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["why"]))
def test_what_each_policy_says(grader: Grader, case: dict[str, Any]) -> None:
    found = beside(grader, [case["gold"]], case["pred"])["policies"]
    assert sorted(name for name, passed in found.items() if passed) == sorted(case["passes"])
    assert set(COMPATIBLE) < set(found)


def test_the_word_distinct_goes_but_not_from_texts() -> None:
    said = """SELECT DISTINCT a, COUNT(distinct b), 'distinct', "distinct" FROM t WHERE x = 'it''s distinct'"""
    assert without_distinct(said) == """SELECT  a, COUNT( b), 'distinct', "distinct" FROM t WHERE x = 'it''s distinct'"""


def table(*rows: tuple[Any, ...], width: int = 2) -> Result:
    return Result(columns=tuple("abcdefgh"[:width]), rows=rows)


@pytest.mark.parametrize(
    ("gold", "said", "wanted"),
    [
        (table((1, "x"), (2, "y")), table(("y", 2), ("x", 1)), (1, 1, 1)),  # neither rows nor columns have places
        (table((1, "x"), (2, "y")), table((1, "y"), (2, "x")), (0.5, 1, 0)),  # right columns, wrong rows
        (table((1, "x"), (2, "y")), table((1, "x")), (2 / 3, 0, 0.5)),
        (table((1, "x"), (2, "y")), table((1,), (2,), width=1), (2 / 3, 0.5, 0)),
        (table((1, "x")), table((1, "x"), (1, "x")), (2 / 3, 0, 1)),  # duplicates cost
        (table((1, "x")), table((1, "x", 7), width=3), (0.8, 1, 1)),
        (table((1, "x")), table(), (0, 0, 0)),
        (table(), table(), (1, 1, 1)),
        (table(), table(width=3), (0, 0, 0)),
        (table((1, "x")), Result(error="bind: no"), (0, 0, 0)),
        (table((1, 1)), table((1.0, 1 + 1e-12)), (1, 1, 1)),
    ],
)
def test_partial_credit(gold: Result, said: Result, wanted: tuple[float, float, float]) -> None:
    found = partial(gold, said)
    assert (found.soft_f1, found.column_recall, found.row_recall) == pytest.approx(wanted)


def test_partial_credit_of_many_rows() -> None:
    gold = table(*[(i, i % 7) for i in range(3000)])
    assert partial(gold, table(*[(i % 7, i) for i in reversed(range(3000))])) == Partial(1.0, 1.0, 1.0)
    half = partial(gold, table(*[(i, -1) for i in range(3000)]))
    assert (half.soft_f1, half.row_recall) == (0.5, 0.0)
    assert mean([Partial(1, 1, 1), Partial(0, 0.5, 0)]) == Partial(0.5, 0.75, 0.5)


@pytest.mark.parametrize(
    ("gold", "said", "clause"),
    [
        ("SELECT name FROM c WHERE age > 3", "SELECT name FROM c WHERE age > 4", "literal"),
        ("SELECT name FROM c AS t WHERE t.age > 3", "SELECT name FROM c", "WHERE"),
        ("SELECT DISTINCT city FROM c", "SELECT city FROM c", "DISTINCT"),
        ("SELECT name FROM c", "SELECT id FROM c", "SELECT list"),
        ("SELECT name FROM c ORDER BY age DESC LIMIT 1", "SELECT name FROM c", "ORDER BY and LIMIT"),
        ("SELECT city, SUM(age) FROM c GROUP BY city", "SELECT city, MAX(age) FROM c GROUP BY city", "SELECT list"),
        ("SELECT city FROM c GROUP BY city HAVING SUM(age) > 7", "SELECT city FROM c GROUP BY city", "HAVING"),
        ("SELECT name FROM c WHERE age > 3", "SELECT id FROM c WHERE age > 4", ""),  # two things are wrong
        ("SELECT name FROM c UNION SELECT city FROM c", "SELECT name FROM c", ""),
        ("SELECT name FROM c", "SELECT name FROM", ""),
        ("SELECT name FROM c", "SELECT name FROM c WHERE 1 = 1", ""),  # it is right
    ],
)
def test_the_repair_that_helps(grader: Grader, gold: str, said: str, clause: str) -> None:
    assert beside(grader, [gold], said)["repair"] == clause


def test_of_several_golds_the_nearest_counts(grader: Grader) -> None:
    found = beside(grader, ["SELECT nothing", "SELECT id FROM c", "SELECT name, id FROM c"], "SELECT id, name FROM c")
    assert found["policies"]["relaxed"] and found["policies"]["subset"] and not found["policies"]["bird"]
    assert found["partial"] == {"soft_f1": 1.0, "column_recall": 1.0, "row_recall": 1.0}


def test_edits_take_aliases_off_where_they_can() -> None:
    found = {edit.clause: edit.sql for edit in edits("SELECT t.a FROM x AS t WHERE t.b = 1", "SELECT y.a FROM x AS y")}
    assert found == {"WHERE": "SELECT x.a FROM x WHERE x.b = 1"}
    assert edits("SELECT 1", "no SQL (") == []
