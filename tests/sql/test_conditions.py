"""A query takes on the conditions of a question, and nothing else of it changes."""

from __future__ import annotations

import pytest

from sqlkit.sql.conditions import Named, Place, with_conditions
from sqlkit.sql.parse import SqlglotError

TABLES = {"cust": ["id", "tier", "city", "since"], "ord": ["id", "cust_id", "st", "chn", "day", "amt"]}
GOLD, LYON = (Place("cust", "tier", "G"),), (Place("cust", "city", "Lyon"),)
OPEN = (Place("pmt", "st", "O"), Place("ord", "st", "O"))  # what "open" may mean


@pytest.mark.parametrize(
    ("sql", "named", "expected"),
    [
        ("SELECT COUNT(*) FROM cust WHERE tier = 'S'", Named((GOLD,)), "SELECT COUNT(*) FROM cust WHERE tier = 'G'"),
        ("SELECT COUNT(*) FROM cust WHERE tier = 'S'", Named((LYON,)), "SELECT COUNT(*) FROM cust WHERE city = 'Lyon'"),
        ("SELECT COUNT(*) FROM cust WHERE tier = 'S'", Named(), "SELECT COUNT(*) FROM cust"),
        ("SELECT id FROM cust WHERE tier = 'S' AND id > 5", Named(), "SELECT id FROM cust WHERE id > 5"),
        ("SELECT id FROM cust WHERE tier = 'G'", Named((GOLD, LYON)), "SELECT id FROM cust WHERE tier = 'G' AND city = 'Lyon'"),
        ("SELECT id FROM cust", Named((GOLD,)), "SELECT id FROM cust WHERE tier = 'G'"),
        (
            "SELECT SUM(ord.amt) FROM ord JOIN cust ON ord.cust_id = cust.id WHERE ord.st = 'X' AND cust.tier = 'S'", Named((OPEN, LYON)),
            "SELECT SUM(ord.amt) FROM ord JOIN cust ON ord.cust_id = cust.id WHERE ord.st = 'O' AND cust.city = 'Lyon'",
        ),
        ("SELECT id FROM cust WHERE tier = 'S' OR city = 'Lyon'", Named((LYON,)), None),  # a condition of a disjunction stays
        ("SELECT id FROM cust WHERE tier <> 'S'", Named(), None),  # only equalities are exchanged
        ("SELECT id FROM ord WHERE st = 'S'", Named((), settled=frozenset({"S"})), None),  # of a segment that the question names
        ("SELECT id FROM ord WHERE st = 'S'", Named((GOLD,), settled=frozenset({"S"})), None),  # gold has no place in ord
        ("SELECT id FROM ord WHERE YEAR(day) = 2023", Named(years=("2024",)), "SELECT id FROM ord WHERE YEAR(day) = 2024"),
        (
            "SELECT id FROM ord WHERE day >= '2023-01-01' AND day < '2024-01-01'", Named(years=("2025",)),
            "SELECT id FROM ord WHERE day >= '2025-01-01' AND day < '2026-01-01'",
        ),
        ("SELECT id FROM ord WHERE day >= '2023-01-01' AND day < '2024-01-01'", Named(years=("2023",)), None),
        ("SELECT id FROM ord WHERE YEAR(day) = 2023", Named(), None),
        ("SELECT id FROM ord WHERE MONTH(day) = 3", Named(months=("5",)), "SELECT id FROM ord WHERE MONTH(day) = 5"),
        ("SELECT id FROM ord WHERE amt > 50", Named(digits=("80",), numbers=frozenset({"80"})), "SELECT id FROM ord WHERE amt > 80"),
        ("SELECT id FROM ord ORDER BY amt DESC LIMIT 3", Named(digits=("5",), numbers=frozenset({"5"})), "SELECT id FROM ord ORDER BY amt DESC LIMIT 5"),
        ("SELECT id FROM ord WHERE amt > 0.1", Named(digits=("10",), numbers=frozenset({"10", "0.1"})), None),  # 10 percent
        ("SELECT id FROM ord WHERE amt > 50 LIMIT 3", Named(digits=("80",), numbers=frozenset({"80"})), None),  # which of the two?
    ],
)  # fmt: skip
def test_conditions(sql: str, named: Named, expected: str | None) -> None:
    assert with_conditions(sql, named, TABLES) == (expected or sql)


def test_a_disjunction_keeps_its_brackets_when_a_condition_is_added() -> None:
    sql = with_conditions("SELECT id FROM cust WHERE id = 1 OR id = 2", Named((GOLD,)), TABLES)
    assert sql == "SELECT id FROM cust WHERE (id = 1 OR id = 2) AND tier = 'G'"


def test_quotes_stay_inside_their_text() -> None:
    sql = with_conditions("SELECT id FROM cust WHERE city = 'Lyon'", Named(((Place("cust", "city", "L' OR 1 = 1 --"),),)), TABLES)
    assert sql == "SELECT id FROM cust WHERE city = 'L'' OR 1 = 1 --'"


def test_what_is_no_sql() -> None:
    with pytest.raises(SqlglotError):
        with_conditions("SELECT FROM WHERE", Named((GOLD,)), TABLES)
