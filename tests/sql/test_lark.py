"""Rules of a grammar that can match nothing fall out, and what stands in literals is no rule."""

from __future__ import annotations

import pytest

from sqlkit.sql.lark import defined


@pytest.mark.parametrize(
    ("rules", "left"),
    [
        (["start: a | b", "a: \"x\"", "b:"], ["start: a", "a: \"x\""]),
        (["start: a b? | c", "a: /y|z/", "b:", "c: b a"], ["start: a", "a: /y|z/"]),  # c goes with b, by which it must go
        (["start: \"b | b\" | (a | b)", "a: \"(\"", "b:"], ["start: \"b | b\"", "a: \"(\""]),  # brackets stand or fall together
        (["start: b? | a", "a: \"\\\"|\" bb", "b:", "bb: \"x\""], ["start: a", "a: \"\\\"|\" bb", "bb: \"x\""]),
        (["start: a? b a | b", "a:", "b: \"x\""], ["start: b", "b: \"x\""]),  # needed beside an optional use
    ],
)
def test_rules_that_match_nothing_fall_out(rules: list[str], left: list[str]) -> None:
    assert list(defined(rules)) == left
