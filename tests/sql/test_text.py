"""Writing SQL: bounded, whatever stands in whatever. Without the bounds these tests do not end."""

from __future__ import annotations

import pytest

from sqlkit.sql.canonical import canonical
from sqlkit.sql.parse import ParseError, parse_one
from sqlkit.sql.probe import other_orders, probe
from sqlkit.sql.style import spell
from sqlkit.sql.text import transpile, write
from sqlkit.sql.thin import thinned

DEEP = 30
ZIPPED = "SELECT " + "ARRAYS_ZIP(a, " * DEEP + "b" + ")" * DEEP + " FROM t ORDER BY 1 LIMIT 3"


@pytest.mark.parametrize(
    ("sql", "read", "target"),
    [
        (ZIPPED, "duckdb", "duckdb"),
        ("SELECT " + "GREATEST(a, " * DEEP + "b" + ")" * DEEP, "mysql", "duckdb"),
        ("SELECT " + "(a XOR " * DEEP + "b" + ")" * DEEP, "mysql", "duckdb"),
        ("SELECT " + "a XOR " * DEEP + "b", "mysql", "postgres"),
    ],
)
def test_a_text_out_of_proportion_is_not_written(sql: str, read: str, target: str) -> None:
    with pytest.raises(ParseError, match="many times as long"):
        transpile(sql, read, target)


def test_what_cannot_be_written_anew_is_taken_as_it_is() -> None:
    assert probe(ZIPPED).sql == ZIPPED and not probe(ZIPPED).exact
    assert other_orders(ZIPPED) == [] and thinned(ZIPPED, ["t"]) is None
    assert canonical(ZIPPED, {"t": ["a", "b"]}) == ZIPPED


def test_a_few_of_them_are_written() -> None:
    assert transpile("SELECT GREATEST(a, GREATEST(b, c)) FROM t", "mysql").count("GREATEST") > 2
    assert write(parse_one("SELECT a XOR b FROM t", "mysql"), "mysql") == "SELECT a XOR b FROM t"


def test_negations_inside_each_other_are_written_once() -> None:
    sql = "SELECT a FROM t WHERE " + "NOT (" * 16 + "a" + ") IN (1)" * 16
    assert spell(parse_one(sql)).count("NOT IN") == 16
    assert spell(parse_one("SELECT a FROM t WHERE NOT a IS NULL AND NOT b BETWEEN 1 AND 2")) == "SELECT a FROM t WHERE a IS NOT NULL AND b NOT BETWEEN 1 AND 2"


@pytest.mark.parametrize("sql", ["SELECT PARAMETERIZED_AGG(a, 'x', b) FROM t LIMIT 3", "SELECT OPEN_J_S_O_N(a, 'x', b) FROM t LIMIT 3"])
def test_what_the_generator_stumbles_over_is_taken_as_it_is(sql: str) -> None:
    with pytest.raises(ParseError, match="neither read nor written"):
        transpile(sql, "duckdb")
    assert probe(sql).sql == sql


def test_what_is_nested_too_deeply_for_the_parser_is_no_query() -> None:
    with pytest.raises(ParseError, match="nested too deeply"):
        parse_one("SELECT " + "NOT (" * 150 + "a" + ")" * 150, "mysql")
