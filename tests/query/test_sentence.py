"""The sentence and its words. Cases stand in sentences.jsonl, over the shop of conftest."""

from __future__ import annotations

import datetime
import json
import math
import uuid
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sqlkit.prompt import Context
from sqlkit.query.answer import json_cell, show
from sqlkit.query.sentence import failure, missing, sentence
from sqlkit.query.wording import Wording, date, number, other
from sqlkit.records import Result, read_jsonl

CASES = list(read_jsonl(Path(__file__).parent / "sentences.jsonl"))


def cell(value: Any) -> Any:
    """JSON has no decimals and dates: {"d": "1.50"} and {"t": "2024-03-05"} stand for them."""
    if isinstance(value, dict):
        return Decimal(value["d"]) if "d" in value else datetime.datetime.fromisoformat(value["t"])
    return value


@pytest.mark.parametrize("case", CASES, ids=[f"{i} {c['question'][:40]}" for i, c in enumerate(CASES)])
def test_sentence(case: dict[str, Any], context: Context) -> None:
    rows = tuple(tuple(map(cell, row)) for row in case["rows"]) * case.get("times", 1)
    result = Result(tuple(case["columns"]), rows, truncated=case.get("truncated", False))
    assert sentence(case["question"], result, Wording(context, case["sql"])) == case["says"]


def test_every_sentence_is_one_line_and_ends() -> None:
    for kind in ("parse", "bind", "runtime", "time", "memory", "size", "unsafe", "crash", "new", ""):
        said = failure(f"{kind}: something\nlong {'x' * 500}." if kind else "")
        assert said.startswith("I could not answer this, because ")
        assert said.endswith(".")
        assert "\n" not in said
        assert len(said) < 300


def test_a_failure_without_advice_on_writing_sql() -> None:
    error = 'bind: Binder Error: Referenced column "c" not found in FROM clause! Candidate bindings: "city" LINE 1: SELECT c'
    assert failure(error).endswith('does not have: Referenced column "c" not found in FROM clause.')


@pytest.mark.parametrize(
    ("refusal", "reason"),
    [
        ("CANNOT ANSWER", ""),
        ("CANNOT ANSWER: colour", "colour"),
        ("CANNOT ANSWER: favourite colours.", "favourite colours"),
        ("CANNOT ANSWER: about about about", ""),
        ("CANNOT ANSWER: the moon", ""),
    ],
)
def test_what_is_missing_is_said_in_the_words_of_the_question(refusal: str, reason: str) -> None:
    assert missing("what is the favourite colour of Ada?", refusal) == reason


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"), (1204, "1,204"), (-5, "-5"), (True, "1"), (10**20, "100,000,000,000,000,000,000"), (3.0, "3"), (3.14159, "3.14"),
        (2.5, "2.5"), (0.12345, "0.1235"), (1e-9, "1e-09"), (-0.5, "-0.5"), (1234567.891, "1,234,567.89"), (math.nan, "not a number"),
        (math.inf, "infinite"), (Decimal("12.50"), "12.50"), (Decimal("12"), "12"), (Decimal("12.000"), "12"),
        (Decimal("0.1250"), "0.125"), (Decimal("NaN"), "not a number"),
    ],
)  # fmt: skip
def test_numbers(value: Any, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("value", "part", "text"),
    [
        (datetime.date(2024, 3, 5), "", "5 March 2024"),
        (datetime.datetime(2024, 3, 5), "", "5 March 2024"),
        (datetime.datetime(2024, 3, 5, 14, 30), "", "5 March 2024, 14:30"),
        (datetime.datetime(2024, 3, 5, 0, 0, 7), "", "5 March 2024, 00:00:07"),
        (datetime.date(2024, 3, 1), "month", "March 2024"),
        (datetime.date(2024, 4, 1), "quarter", "quarter 2 of 2024"),
        (datetime.date(2024, 1, 1), "year", "2024"),
    ],
)
def test_dates(value: datetime.date, part: str, text: str) -> None:
    assert date(value, part) == text


def test_other_values() -> None:
    assert other(b"\x00\xff") == "0x00ff"
    assert other("") == "(empty text)"
    assert len(other("long " * 100)) <= 80
    assert other([1, None]) == "[1, None]"


@pytest.mark.parametrize(
    ("column", "label", "unit"),
    [
        ("count_star()", "count", ""),
        ("count(DISTINCT city)", "different city values", ""),
        ("nm", "name", ""),
        ("cust.nm", "name", ""),
        ("amt", "amount", "EUR"),
        ("avg(ord.amt)", "average amount", "EUR"),
        ("round(avg(amt), 2)", "average amount", "EUR"),
        ("COALESCE(sum(amt), 0)", "total amount", "EUR"),
        ("max(ord_ts)", "last ord ts", ""),
        ("count(amt)", "count", ""),
        ("(sum(amt) / count_star())", "", ""),
        ("sum((amt * 2))", "", ""),
        ("(sum(amt) / sum(amt))", "", ""),
        ('"year"(ord_ts)', "year", ""),
        ("main.date_part('year', ord_ts)", "year", ""),
        ("totalAmount", "total amount", ""),
        ("CAST('2024-01-01' AS DATE)", "", ""),
        ("42", "", ""),
    ],
)
def test_labels_and_units_only_where_certain(context: Context, column: str, label: str, unit: str) -> None:
    wording = Wording(context, "SELECT x FROM ord JOIN cust")
    assert (wording.label(column), wording.unit(column)) == (label, unit)


def test_json_cells_are_plain() -> None:
    cells = [
        None, True, 1, 10**30, 1.5, math.nan, -math.inf, Decimal("1.50"), Decimal("2.00"), Decimal("Infinity"), "é", b"\x01\xff",
        datetime.date(2024, 3, 5), datetime.datetime(2024, 3, 5, 1, 2, 3), datetime.time(1, 2), datetime.timedelta(days=1),
        uuid.UUID(int=1), [Decimal("0.5"), None], {"a": datetime.date(2024, 1, 1), 2: (1,)},
    ]  # fmt: skip
    assert [json_cell(c) for c in cells] == [
        None, True, 1, 10**30, 1.5, None, None, 1.5, 2, None, "é", "01ff",
        "2024-03-05", "2024-03-05T01:02:03", "01:02:00", "1 day, 0:00:00",
        "00000000-0000-0000-0000-000000000001", [0.5, None], {"a": "2024-01-01", "2": [1]},
    ]  # fmt: skip
    json.dumps([json_cell(c) for c in cells], allow_nan=False)
    assert all(isinstance(show(c), str) for c in cells)
