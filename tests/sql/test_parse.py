"""What the parser is spared: texts that would take it for ever or to the end of its stack."""

from __future__ import annotations

import pytest

from sqlkit.sql.guard import check
from sqlkit.sql.parse import DEEPEST, DOUBTFUL, ParseError, parse_one


def nested(opening: str, inside: str, closing: str, times: int) -> str:
    return f"SELECT {opening * times}{inside}{closing * times}"


# each level of these doubles what sqlglot does: thirty would take days
@pytest.mark.parametrize(("opening", "inside", "closing"), [("ARRAY[", "1", "]"), ("DECIMAL(", "1", ")"), ("BIGINT(a, ", "1", ")"), ("IF [", "1", "]"), ("IF -(", "1", ")"), ("SORT_ARRAY(a, ", "1", ")"), ("a LIMIT (SELECT ", "1", ")")])
def test_brackets_with_two_readings_are_limited(opening: str, inside: str, closing: str) -> None:
    assert parse_one(nested(opening, inside, closing, DOUBTFUL - 1))
    with pytest.raises(ParseError, match="nested too deeply at line 1"):
        parse_one(nested(opening, inside, closing, 30))
    assert check(nested(opening, inside, closing, 30)).startswith("parse: nested too deeply")


@pytest.mark.parametrize(("opening", "inside", "closing"), [("(", "1", ")"), ("(SELECT ", "1", ")"), ("[", "1", "]"), ("{'a': ", "1", "}"), ("f(", "1", ")")])
def test_brackets_are_limited(opening: str, inside: str, closing: str) -> None:
    assert parse_one(nested(opening, inside, closing, 25))
    with pytest.raises(ParseError, match="nested too deeply"):
        parse_one(nested(opening, inside, closing, DEEPEST + 1))
    with pytest.raises(ParseError, match="nested too deeply"):
        parse_one(nested(opening, inside, closing, 20_000))


def test_many_brackets_beside_each_other_are_fine() -> None:
    sql = "SELECT " + ", ".join(f"CAST(({n}) AS DECIMAL(10, 2)) + ARRAY[{n}][1]" for n in range(DEEPEST * 2)) + " FROM t WHERE a < b AND c < (d)"
    assert len(parse_one(sql).expressions) == DEEPEST * 2


def test_a_bracket_inside_a_text_is_none() -> None:
    assert parse_one("SELECT '" + "(" * 1000 + "', \"" + "[" * 1000 + '"')


@pytest.mark.parametrize("join", [" JOIN b", " LEFT JOIN b", " JOIN int b", " JOIN (SELECT 1) AS b"])
def test_joins_without_a_condition_are_limited(join: str) -> None:
    assert parse_one("SELECT * FROM a" + join * 6)
    with pytest.raises(ParseError, match=r"too many joins without ON or USING|nested too deeply"):
        parse_one("SELECT * FROM a" + join * 40)
    assert check("SELECT * FROM a" + join * 40).startswith("parse: ")


def test_joins_with_conditions_are_not() -> None:
    chain = "".join(f" JOIN t{n} ON t{n}.a = a.a CROSS JOIN u{n} LEFT JOIN v{n} USING (a)" for n in range(30))
    nested = "SELECT * FROM a" + " JOIN (SELECT * FROM b" * 8 + ") AS c ON c.a = b.a" * 8
    assert parse_one("SELECT * FROM a" + chain) and parse_one(nested)
