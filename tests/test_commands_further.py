"""Which questions an adapter is tuned further on."""

from __future__ import annotations

from sqlkit.commands_further import asked_once
from sqlkit.records import Example


def test_each_question_is_asked_once_without_worked_examples() -> None:
    """A person's question stands in the pairs several times, with and without examples, under ids of its own."""
    examples = [Example("gen-1", "a", "SELECT 1"), Example("own-1", "b", "SELECT 2"), Example("gone", "c", None)]
    asked = asked_once(examples, {"gen-1", "own-1-0", "own-1-1", "own-1-2"})
    assert [(e.id, e.question) for e in asked] == [("gen-1", "a"), ("own-1-0", "b")]
