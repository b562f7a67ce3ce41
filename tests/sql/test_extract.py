"""Answers as models write them, and the SQL in them: cases in extract.jsonl."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqlkit.sql.extract import REFUSAL, extract, refusal

CASES = [json.loads(line) for line in Path(__file__).with_name("extract.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("case", CASES, ids=[c["why"] for c in CASES])
def test_extract(case: dict[str, str | None]) -> None:
    assert extract(str(case["text"])) == case["sql"]


@pytest.mark.parametrize("case", [c for c in CASES if c["sql"]], ids=[c["why"] for c in CASES if c["sql"]])
def test_what_was_extracted_stays(case: dict[str, str]) -> None:
    assert extract(case["sql"]) == case["sql"].rstrip("; ") or ";" in case["sql"]


def test_refusals() -> None:
    assert refusal() == REFUSAL and extract(refusal()) is None
    assert refusal("no ages") == f"{REFUSAL}: no ages" and extract(refusal("no ages")) is None


@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    assert extract(text) is None or isinstance(extract(text), str)
