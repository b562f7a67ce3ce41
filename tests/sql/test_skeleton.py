"""Skeletons: the same for the same shape; and difficulty by counted parts."""

from __future__ import annotations

import pytest

from sqlkit.sql.parse import ParseError, parse_all, parse_one
from sqlkit.sql.skeleton import difficulty, skeleton
from sqlkit.sql.text import transpile

SAME = [
    ("SELECT a FROM t WHERE b = 'x'", "select nm from cust as c where c.city = 'Lyon'"),
    ("SELECT COUNT(*) FROM t", "SELECT COUNT(*) AS n FROM orders"),
    ("SELECT a FROM t JOIN u ON t.i = u.i ORDER BY a ASC LIMIT 3", "SELECT x.b FROM x INNER JOIN y ON x.k = y.k ORDER BY x.b LIMIT 10"),
    ("WITH a AS (SELECT b FROM c) SELECT * FROM a", "WITH x AS (SELECT y FROM z) SELECT * FROM x"),
    ("SELECT * FROM (SELECT a FROM t) AS s", "SELECT * FROM (SELECT b FROM u) AS v"),
    ("SELECT a FROM t JOIN u USING (k)", "SELECT b FROM v JOIN w USING (j)"),
    ("SELECT a FROM s.t", "SELECT a FROM t"),
]
DIFFERENT = [
    ("SELECT a FROM t", "SELECT DISTINCT a FROM t"),
    ("SELECT a FROM t WHERE b = 1", "SELECT a FROM t WHERE b > 1"),
    ("SELECT a FROM t WHERE b = 1", "SELECT a FROM t WHERE b = 'x'"),
    ("SELECT a FROM t ORDER BY a", "SELECT a FROM t ORDER BY a DESC"),
    ("SELECT SUM(a) FROM t", "SELECT AVG(a) FROM t"),
    ("SELECT a FROM t", "SELECT * FROM t"),
    ("SELECT a FROM t JOIN u ON t.i = u.i", "SELECT a FROM t LEFT JOIN u ON t.i = u.i"),
]


@pytest.mark.parametrize(("one", "two"), SAME)
def test_same(one: str, two: str) -> None:
    assert skeleton(one) == skeleton(two)


@pytest.mark.parametrize(("one", "two"), DIFFERENT)
def test_different(one: str, two: str) -> None:
    assert skeleton(one) != skeleton(two)


def test_broken_sql_is_its_own_skeleton() -> None:
    assert skeleton("SELEC  a\nFORM t") == "selec a form t"


def test_no_name_or_value_is_left() -> None:
    made = skeleton(
        "WITH alpha AS (SELECT beta.gamma AS delta FROM epsilon AS beta WHERE zeta = 'eta' GROUP BY theta) "
        "SELECT iota, SUM(kappa) OVER (PARTITION BY lamda) FROM alpha JOIN mu USING (nu) WHERE xi BETWEEN 11 AND 22 ORDER BY delta"
    ).lower()
    greek = "alpha beta gamma delta epsilon zeta eta theta iota kappa lamda mu nu xi 11 22".split()
    assert not set(greek) & set(made.replace("(", " ").replace(")", " ").replace(".", " ").replace("'", " ").split())


@pytest.mark.parametrize(
    ("sql", "level"),
    [
        ("SELECT COUNT(*) FROM t", "easy"),
        ("SELECT a FROM t WHERE b = 1", "easy"),
        ("SELECT a FROM t WHERE b = 1 ORDER BY c LIMIT 3", "easy"),
        ("SELECT a, COUNT(*) FROM t GROUP BY a", "medium"),
        ("SELECT a FROM t WHERE b = (SELECT MAX(b) FROM t)", "medium"),
        ("SELECT t.a, COUNT(*) FROM t JOIN u ON t.i = u.i GROUP BY t.a ORDER BY COUNT(*)", "hard"),
        ("SELECT a, RANK() OVER (ORDER BY b) FROM t WHERE c IN (SELECT c FROM u) ORDER BY a", "extra"),
        ("SELECT FROM (", "extra"),
    ],
)
def test_difficulty(sql: str, level: str) -> None:
    assert difficulty(sql) == level


def test_parse() -> None:
    assert len(parse_all("SELECT 1; -- a\n SELECT 2; ;")) == 2
    with pytest.raises(ParseError):
        parse_one("SELECT 1; SELECT 2")
    with pytest.raises(ParseError):
        parse_one(" ")
    assert transpile("SELECT TOP 3 a FROM t", "tsql") == "SELECT a FROM t LIMIT 3"
