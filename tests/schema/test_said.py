"""What a question says, and how well a query keeps to it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from sqlkit.schema.ddl import parse_ddl
from sqlkit.schema.evidence import DOUBTFUL, LENGTH, MEANT, MISSING, NESTED, UNASKED, UNFOUNDED, evidence
from sqlkit.schema.glossary import ColumnWords, Glossary, TableWords
from sqlkit.schema.link import Linker
from sqlkit.schema.said import said
from sqlkit.schema.values import Profile

GLOSSARY = Glossary(tables={"customer": TableWords(columns={"tier": ColumnWords(values={"G": ["gold"], "S": ["silver"]})})})
LINKER = Linker(
    parse_ddl("CREATE TABLE customer (id INTEGER PRIMARY KEY, city VARCHAR, tier VARCHAR, since DATE, spent DOUBLE)"),
    GLOSSARY,
    Profile(index={"lyon": (("customer", "city", "Lyon"),)}),
)


@pytest.mark.parametrize(
    ("question", "numbers"),
    [
        ("customers who spent over 5,000", ["5000"]),
        ("spent more than 2.5k", ["2.5", "2500"]),
        ("a discount of 10%", ["10", "0.1", "9"]),
        ("at least 5 customers", ["5", "4"]),
        ("the three biggest", ["3", "2"]),
        ("second biggest", ["1"]),
        ("customers of 2024", []),
        ("spent above 2024", ["2024"]),
        ("delivered within two weeks", ["2", "1", "14"]),
        ("within a week", ["7"]),
        ("more than double the average", ["2"]),
        ("customers", []),
    ],
)
def test_numbers(question: str, numbers: list[str]) -> None:
    assert list(said(question, LINKER).numbers) == numbers


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("in 2024", {"years": ("2023", "2024", "2025"), "months": (), "dates": True}),
        ("in Q2 '23", {"years": ("2022", "2023", "2024"), "quarters": ("1", "2", "3", "4")}),
        ("in March and Sept", {"months": ("3", "9"), "years": (), "dates": True}),
        ("on 2024-05-01", {"months": ("5",)}),
        ("customers by city", {"years": (), "months": (), "quarters": (), "dates": False}),
    ],
)
def test_times(question: str, expected: dict[str, Any]) -> None:
    found = said(question, LINKER)
    assert {key: getattr(found, key) for key in expected} == expected


def test_words_that_the_schema_does_not_know() -> None:
    assert said("Which customers called Brack have tier gold", LINKER).words == ("Brack", "BRACK", "brack")


@pytest.mark.parametrize(
    ("question", "sql", "weight"),
    [
        ("gold customers in Lyon", "SELECT id FROM customer WHERE city = 'Lyon' AND tier = 'G'", 1),
        ("gold customers in Lyon", "SELECT id FROM customer WHERE tier = 'G'", MISSING),
        ("gold customers in Lyon", "SELECT id FROM customer WHERE city = 'Lyon' AND tier = 'S'", MEANT * UNASKED),
        ("customers since 2024", "SELECT id FROM customer WHERE since >= '2024-01-01'", 1),
        ("customers since 2024", "SELECT id FROM customer WHERE YEAR(since) >= 2024", 1),
        ("customers since 2024", "SELECT id FROM customer", MISSING**2),  # neither the year nor the column
        ("customers of March", "SELECT id FROM customer WHERE MONTH(since) = 3", 1),
        ("customers of March", "SELECT id FROM customer WHERE MONTH(since) = 4", MISSING),
        ("spent at least 5", "SELECT id FROM customer WHERE spent > 4", 1),
        ("spent at least 5", "SELECT id FROM customer WHERE spent > 50", MISSING),
        ("spent over 5k", "SELECT id FROM customer WHERE spent > 5000", 1),
        ("gold customers", "SELECT id FROM customer WHERE tier = 'G' AND id > 7", 1),  # a key may be compared without a reason
        ("gold customers", "SELECT id FROM customer WHERE tier = 'G' AND spent > 7", UNFOUNDED),
        ("gold customers", "SELECT id FROM customer WHERE id IN (SELECT id FROM customer WHERE tier = 'G')", NESTED),
        ("which customer spent most", "SELECT id FROM customer ORDER BY spent DESC LIMIT 1", 1),
        ("which customer spent most", "SELECT id FROM customer WHERE id > spent", DOUBTFUL),
        ("how many gold customers", "SELECT COUNT(*) FROM customer WHERE tier = 'G'", 1),
        ("how many gold customers", "SELECT id, COUNT(*) FROM customer WHERE tier = 'G'", DOUBTFUL),
        ("gold customers", "SELECT id FROM customer WHERE tier = 'G' GROUP BY id", DOUBTFUL),
        ("gold customers by city", "SELECT city, COUNT(*) FROM customer WHERE tier = 'G' GROUP BY city", 1),
    ],
)
def test_a_query_is_worth_what_it_keeps_to(question: str, sql: str, weight: float) -> None:
    ratio = len(re.findall(r"\w+", sql)) / max(5, len(question.split()))
    assert evidence(question, LINKER, GLOSSARY)(sql) == pytest.approx(weight * LENGTH**ratio)
