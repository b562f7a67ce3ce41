"""Tie groups at a LIMIT: a few rows past it are asked for first, all of them only where a tie reaches further."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest

from sqlkit.database import Sandbox
from sqlkit.evaluate.gold import groups_of
from sqlkit.records import Result
from sqlkit.sql.probe import PAST, probe


@pytest.fixture(scope="module")
def numbers() -> Iterator[Sandbox]:
    with Sandbox("", script=["CREATE TABLE t AS SELECT i, i // 120 AS k, i % 2 AS odd FROM range(400) r(i)"]) as opened:
        yield opened


# query, sizes and takes of its tie groups, whether all rows had to be asked for
CASES = [
    ("SELECT i FROM t ORDER BY i LIMIT 3", [(1, 1), (1, 1), (1, 1)], False),
    ("SELECT i FROM t ORDER BY i DESC LIMIT 2 OFFSET 5", [(1, 1), (1, 1)], False),
    ("SELECT k, i FROM t ORDER BY k LIMIT 3", [(120, 3)], True),
    ("SELECT i FROM t ORDER BY k LIMIT 3", [(120, 3)], True),  # the key is not shown
    ("SELECT i FROM t ORDER BY k LIMIT 130", [(120, 120), (120, 10)], True),
    ("SELECT i FROM t ORDER BY k LIMIT 119", [(120, 119)], False),
    ("SELECT i FROM t ORDER BY k LIMIT 10 OFFSET 115", [(120, 5), (120, 5)], True),
    ("SELECT i FROM t ORDER BY k DESC LIMIT 1", [(40, 1)], False),
    ("SELECT odd, COUNT(*) FROM t GROUP BY odd ORDER BY COUNT(*) DESC LIMIT 1", [(2, 1)], False),
    ("SELECT i FROM t ORDER BY i LIMIT 0", [], False),
    ("SELECT i FROM t WHERE i > 900 ORDER BY i LIMIT 3", [], False),
    ("SELECT i FROM t LIMIT 3", [(400, 3)], True),  # no order: every row may come
    ("SELECT i FROM t ORDER BY k", [(120, 120)] * 3 + [(40, 40)], True),
    ("(SELECT i FROM t WHERE i < 9) UNION ALL (SELECT i FROM t WHERE i < 3) ORDER BY i LIMIT 3", [(2, 2), (2, 1)], False),
    ("WITH c AS (SELECT i FROM t) SELECT i FROM c ORDER BY i LIMIT 2", [(1, 1), (1, 1)], False),
]


@pytest.mark.parametrize(("sql", "wanted", "whole"), CASES)
def test_groups(numbers: Sandbox, sql: str, wanted: list[tuple[int, int]], whole: bool) -> None:
    seen, asked = probe(sql), list[str]()

    def run(text: str) -> Result:
        asked.append(text)
        return numbers.run(text)

    result = numbers.run(sql)
    groups, known = groups_of(result, seen, run)
    assert known and [(len(g.rows), g.take) for g in groups] == wanted
    assert (seen.sql in asked) == whole
    every, _ = groups_of(result, dataclasses.replace(seen, first="", reach=0), run)  # as from all rows, but for the order in a tie
    assert [(sorted(g.rows), g.take) for g in groups] == [(sorted(g.rows), g.take) for g in every]


@pytest.mark.parametrize(
    ("sql", "dialect", "reach"),
    [
        ("SELECT i FROM t ORDER BY i LIMIT 3 OFFSET 4", "duckdb", 7 + PAST),
        ("SELECT i FROM t ORDER BY i LIMIT 3", "sqlite", 3 + PAST),
        ("SELECT TOP 3 i FROM t ORDER BY i", "tsql", 0),  # a LIMIT at the end is not its way
        ("SELECT i FROM t ORDER BY i LIMIT 1 + 2", "duckdb", 0),
        ("SELECT i FROM t LIMIT 3", "duckdb", 0),
        ("SELECT i FROM t ORDER BY i", "duckdb", 0),
    ],
)
def test_reach(sql: str, dialect: str, reach: int) -> None:
    seen = probe(sql, dialect)
    assert seen.reach == reach and bool(seen.first) == bool(reach)
