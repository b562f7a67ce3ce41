"""Graded runs read back: one report, two side by side, and pages that stay small."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sqlkit.errors import InputError
from sqlkit.evaluate.batch import grade_cases
from sqlkit.evaluate.cases import read_cases
from sqlkit.evaluate.compared import report_of
from sqlkit.evaluate.group import Options
from sqlkit.evaluate.page import fitting
from sqlkit.evaluate.tally import Tally

BASE = {"ddl": "CREATE TABLE t (i INTEGER, s VARCHAR)", "rows": "INSERT INTO t VALUES (1, 'a'), (2, 'b')"}
GOLDS = ["SELECT i FROM t", "SELECT s FROM t WHERE i > 1", "SELECT COUNT(*) FROM t", None]
BEFORE = ["SELECT i FROM t", "SELECT s FROM t", None, "SELECT 1"]
AFTER = ["SELECT i + 1 FROM t", "SELECT s FROM t WHERE i > 1", "SELECT COUNT(i) FROM t", None]


def run(folder: Path, name: str, said: list[Any], details: bool = True, golds: list[Any] = GOLDS) -> tuple[Path, Tally]:
    rows = [
        {**BASE, "id": f"q{i}", "question": f"<b>question</b> {i}", "gold": gold, "pred": pred, "db_id": "ab"[i % 2], "confidence": 0.9 - i / 10, "tokens": 5}
        for i, (gold, pred) in enumerate(zip(golds, said, strict=True))
    ]
    (folder / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    tally = Tally()
    for case, outcome in grade_cases(lambda: read_cases(folder / "in.jsonl"), folder / f"{name}.jsonl", Options(details=details)):
        tally.add(case, outcome)
    return folder / f"{name}.jsonl", tally


def test_two_runs_side_by_side(tmp_path: Path) -> None:
    before, _ = run(tmp_path, "before", BEFORE)
    after, tally = run(tmp_path, "after", AFTER)
    report = report_of([before, after], tmp_path / "out")
    assert [report[name]["ex"]["value"] for name in ("first", "second")] == [1 / 3, 2 / 3]
    assert (report["gain"]["won"], report["gain"]["lost"], report["gain"]["n"]) == (2, 1, 3)
    assert report["compared"] == ["second", "first"]
    assert report["by_database"]["second"]["b"]["n"] == 1
    assert report["coverage"]["first"]["coverage"]["value"] == 2 / 3
    assert report["coverage"]["second"]["curve"][0] == [pytest.approx(1 / 3, abs=1e-4), 0.0]
    wrong = report["questions"][0]["arms"]["second"]
    assert (wrong["extra"], wrong["missing"]) == ([[3]], [[1]])
    assert wrong["witness"]["tables"]["t"]["rows"] == [[1, "a"], [2, "b"]]
    page, text = ((tmp_path / "out" / f"report.{kind}").read_text() for kind in ("html", "md"))
    assert "before" in page and "<b>question" not in page
    assert "| after | 66.7%" in text and "won 2, lost 1" in text
    told = tally.to_json()
    assert told["confidence"]["n"] == 3
    assert told["refusals"]["unanswerable_refused"]["value"] == 1.0
    assert told["spent"]["tokens"]["sum"] == 20
    assert told["r_ves"]["n"] == 3
    assert "R-VES" in tally.text()


def test_one_run(tmp_path: Path) -> None:
    path, _ = run(tmp_path, "only", AFTER)
    report = report_of([path], tmp_path / "out", title="One | run")
    assert report["gain"] is None and report["first"]["ex"]["n"] == 3
    assert "# One \\| run" in (tmp_path / "out" / "report.md").read_text()


def test_what_cannot_be_compared(tmp_path: Path) -> None:
    plain, _ = run(tmp_path, "plain", AFTER, details=False)
    first, _ = run(tmp_path, "first", AFTER)
    other, _ = run(tmp_path, "other", AFTER, golds=[*GOLDS[:2], "SELECT 2 FROM t", None])
    for runs, words in [([plain], "grade with --details"), ([first, other], "another gold"), ([], "one run or two"), ([tmp_path / "x"], "cannot read")]:
        with pytest.raises(InputError, match=words):
            report_of(runs, tmp_path / "out")


def test_samples_of_a_question(tmp_path: Path) -> None:
    said = ["SELECT i FROM t", "SELECT s FROM t", "SELECT i FROM t WHERE TRUE", "SELECT i + 1 FROM t"]
    rows = [{**BASE, "id": f"q{i // 2}", "gold": "SELECT i FROM t", "pred": pred} for i, pred in enumerate(said)]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    tally = Tally()
    for case, outcome in grade_cases(lambda: read_cases(tmp_path / "in.jsonl"), tmp_path / "out.jsonl", Options()):
        tally.add(case, outcome)
    assert tally.passing == {"pass@1": 0.5, "pass@2": 1.0, "pass^1": 0.5, "pass^2": 0.0}


def test_a_page_is_cut_until_it_fits() -> None:
    result = {"columns": ["a"], "width": 1, "rows": [["x" * 60]] * 8, "count": 8, "truncated": False}
    arm = {"correct": False, "result": result, "gold": None, "missing": [["x"]] * 8, "extra": [], "witness": {"database": "d", "tables": {"t": result}}}
    questions = [{"id": str(i), "result": result, "arms": {"first": arm, "second": {**arm, "correct": True}}} for i in range(50)]
    whole = fitting(questions, {}, most=10**9)
    for most in (len(whole), len(whole) // 2, len(whole) // 6):
        text = fitting(questions, {}, most=most)
        assert len(text) <= most
        assert len(json.loads(text)["questions"]) == 50
