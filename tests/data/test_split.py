"""Splits and the leakage check: one says what is alike, the other keeps it together."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest

from sqlkit.data.leakage import check_apart, find_leaks, neighbours
from sqlkit.data.split import split
from sqlkit.errors import LeakError
from sqlkit.records import Example

NOUNS = "orders customers products suppliers branches invoices letters machines rooms patients".split()
SHAPES = [
    ("how many {n} are there in {c}?", "SELECT COUNT(*) FROM t WHERE city = '{c}'"), ("list {n} of {c}", "SELECT a FROM t WHERE city = '{c}'"),
    ("{n} per {c}", "SELECT {c}, COUNT(*) FROM t GROUP BY {c}"), ("average price of {n} by {c}", "SELECT {c}, AVG(p) FROM t GROUP BY {c}"),
    ("top 3 {n} by {c}", "SELECT a FROM t ORDER BY {c} LIMIT 3"), ("{n} without any {c}", "SELECT a FROM t WHERE {c} IS NULL"),
    ("which {n} have more than 3 {c}?", "SELECT a FROM t GROUP BY a HAVING COUNT({c}) > 3"), ("names of all {n} and their {c}", "SELECT a, {c} FROM t"),
]  # fmt: skip


def examples(databases: int = 1) -> list[Example]:
    made = []
    for number in range(400):
        chance = random.Random(number)
        question, sql = chance.choice(SHAPES)
        words = {"n": chance.choice(NOUNS), "c": chance.choice(["lyon", "rome", "paris", "colour", "size", "weight"])}
        db_id = f"db{number % databases}" if databases > 1 else ""
        made.append(Example(f"e{number}", question.format(**words), sql.format(**words), db_id, difficulty=("easy", "hard")[number % 2]))
    return made


def test_inside_one_schema_no_skeleton_is_on_both_sides() -> None:
    parts = split(examples(), {"dev": 0.15, "test": 0.15}, seed=1)
    assert sum(map(len, parts.values())) == 400 and all(parts.values())
    check_apart(parts["train"], {"dev": parts["dev"], "test": parts["test"]})
    check_apart(parts["dev"], {"test": parts["test"]})


def test_several_databases_are_split_by_database() -> None:
    parts = split(examples(20), {"dev": 0.1, "test": 0.1}, seed=1)
    there = {name: {e.db_id for e in part} for name, part in parts.items()}
    assert not there["train"] & there["test"] and not there["train"] & there["dev"] and not there["dev"] & there["test"]
    assert 20 <= len(parts["test"]) <= 60


def test_what_shares_a_table_stays_together() -> None:
    made = examples()
    tables = [(f"t{i % 40}", f"u{i % 40 // 2}") for i in range(400)]
    parts = split(made, {"test": 0.2}, seed=2, databases=tables)
    names = {id(e): t for e, t in zip(made, tables, strict=True)}
    ours, theirs = ({t for e in parts[part] for t in names[id(e)]} for part in ("train", "test"))
    assert not ours & theirs


def test_the_split_depends_on_seed_and_content_only() -> None:
    assert split(examples(), {"test": 0.2}, 3) == split(examples(), {"test": 0.2}, 3)
    assert split(examples(20), {"test": 0.2}, 3) != split(examples(20), {"test": 0.2}, 4)


def test_difficulty_is_kept_in_proportion() -> None:
    parts = split(examples(40), {"test": 0.25}, seed=5)
    counts = Counter(e.difficulty for e in parts["test"])
    assert 0.3 < counts["easy"] / len(parts["test"]) < 0.7


TRAIN = Example("a", "How many orders were shipped late in 2024?", "SELECT COUNT(*) FROM ord WHERE late AND y = 2024")


@pytest.mark.parametrize(
    ("question", "sql", "leaks"),
    [
        ("how many ORDERS were shipped late in 2024", "SELECT 1", True),  # the same words, another query
        ("How many orders were shipped late in 2023?", "SELECT COUNT(*) FROM ord WHERE late AND y = 2023", True),  # one value, one skeleton
        ("How many orders were shipped late in 2023?", "SELECT 1", False),
        ("Who shipped late orders?", "SELECT COUNT(*) FROM ord WHERE late AND y = 2024", False),
    ],
)
def test_what_is_a_leak(question: str, sql: str, leaks: bool) -> None:
    assert bool(find_leaks([TRAIN], [Example("b", question, sql)])) == leaks


def test_questions_about_two_databases_are_not_compared() -> None:
    one, other = (Example(f"x-{name}", "how many rows are there?", "SELECT COUNT(*) FROM t", name) for name in ("a", "b"))
    unnamed = Example("y", "how many rows are there?", "SELECT COUNT(*) FROM t")
    assert not find_leaks([one], [other]) and find_leaks([one], [unnamed])


def test_the_error_shows_the_offending_pairs() -> None:
    held = Example("dev-7", TRAIN.question, TRAIN.sql)
    with pytest.raises(LeakError) as caught:
        check_apart([TRAIN, Example("c", "something else", "SELECT 1")], {"our suite": [held]})
    assert "our suite" in str(caught.value) and "a 'How many orders" in str(caught.value) and "dev-7" in str(caught.value)


def test_every_test_question_has_its_nearest_neighbour(tmp_path: Path) -> None:
    near, far = neighbours([TRAIN], [Example("d", "how many orders in 2024?", "SELECT 1"), Example("e", "why?", "SELECT 2")])
    assert near["train_id"] == "a" and 0.5 < near["similarity"] < 1 and not near["same_skeleton"]
    assert far["train_id"] is None and far["similarity"] == 0.0
