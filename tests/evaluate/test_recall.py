"""Recall at k and its comparison, against figures worked out by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sqlkit.evaluate.recall import compare, hits, recall, write_recall

FOUND = [["a", "b", "c"], ["x", "a", "b"], ["c", "d"]]
NEEDED = [{"a", "c"}, {"a"}, {"z"}]


@pytest.mark.parametrize(
    ("k", "shares", "hit"), [(1, [0.5, 0.0, 0.0], [1, 0, 0]), (2, [0.5, 1.0, 0.0], [1, 1, 0]), (3, [1.0, 1.0, 0.0], [1, 1, 0]), (9, [1.0, 1.0, 0.0], [1, 1, 0])]
)
def test_recall_and_hits(k: int, shares: list[float], hit: list[int]) -> None:
    assert recall(FOUND, NEEDED, k) == shares and hits(FOUND, NEEDED, k) == hit


def test_a_way_is_compared_question_by_question() -> None:
    told = compare({"old": [0.0, 1.0, 0.0, 0.0] * 10, "new": [1.0, 1.0, 0.0, 0.0] * 10}, "old")
    assert told["new"]["value"]["value"] == 0.5 and told["new"]["gain"]["value"] == 0.25
    assert 0 < told["new"]["gain"]["low"] < 0.25 < told["new"]["gain"]["high"]
    assert told["old"]["gain"] == {"value": 0.0, "low": 0.0, "high": 0.0, "n": 40}


def test_the_page_holds_every_k_and_way(tmp_path: Path) -> None:
    part = {"n": 2, "at": {k: compare({"lexical": [0.0, 1.0], "tuned": [1.0, 1.0]}, "lexical") for k in (1, 5)}}
    sight = compare({"lexical": [1.0, 1.0], "with the retriever": [1.0, 1.0]}, "lexical")
    shown = {"lexical": 2.0, "with the retriever": 3.0}
    page = write_recall(tmp_path, {"worked examples": part, "tables": part, "in sight": sight, "shown": shown})
    assert page.count("| k | lexical | tuned |") == 2 and "100.0% [100.0%, 100.0%], +50.0" in page and "3.00 tables" in page
    assert json.loads((tmp_path / "recall.json").read_text())["tables"]["n"] == 2
