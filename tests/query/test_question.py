"""Which questions are refused before the model sees them. Cases stand in languages.jsonl."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sqlkit.query.question import complaint, foreign
from sqlkit.records import read_jsonl

CASES = list(read_jsonl(Path(__file__).parent / "languages.jsonl"))


@pytest.mark.parametrize("case", CASES, ids=[c["question"] for c in CASES])
def test_language(case: dict[str, Any]) -> None:
    assert foreign(case["question"]) == case["language"]


def test_values_of_the_database_are_no_evidence() -> None:
    question = "orders of société de la gare et du nord"
    assert foreign(question) == "French"
    assert foreign(question, {"société de la gare et du nord"}) == ""


@pytest.mark.parametrize("question", ["", "  ", "\t\n", "???", "12345", "a" * 1001])
def test_what_is_no_question(question: str) -> None:
    assert complaint(question)


def test_one_line_that_names_the_language() -> None:
    said = complaint("Wie viele Kunden haben wir?")
    assert "German" in said
    assert "\n" not in said
    assert complaint("Wie viele Kunden haben wir?", english_only=False) == ""
