"""Runs that were graded, read back: what `sqlkit grade --details` wrote, one run or two side by side in a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlkit.errors import InputError
from sqlkit.evaluate.report import Arm, write_report
from sqlkit.records import Example, Grade, Prediction, read_jsonl

NAMES = ("first", "second")
NEEDED = ("id", "verdict", "gold", "pred", "kind")


def report_of(runs: Sequence[str | Path], out: str | Path, *, title: str = "") -> dict[str, Any]:
    """Write the report of one run or two into `out`; of two, on the questions that both hold. Returns what stands in the JSON.

    Raises InputError when a run cannot be read, was graded without --details, or shares no question with the other.
    """
    if not 1 <= len(runs) <= len(NAMES):
        raise InputError(f"give one run or two, not {len(runs)}")
    held = [read_run(path) for path in runs]
    shared = [key for key in held[0] if all(key in other for other in held[1:])]
    if not shared:
        raise InputError(f"{runs[0]} and {runs[1]} have no question in common" if len(runs) > 1 else f"{runs[0]} holds no grades")
    for key in shared:
        if len({str(run[key]["gold"]) for run in held}) > 1:
            raise InputError(f"question {key} has another gold in {runs[1]} than in {runs[0]}")
    stems = [Path(path).stem for path in runs]
    labels = dict(zip(NAMES, stems if len(set(stems)) == len(stems) else map(str, runs), strict=False))
    arms = {name: _arm([run[key] for key in shared]) for name, run in zip(NAMES, held, strict=False)}
    about = {name: str(path) for name, path in zip(("run", "against"), runs[::-1], strict=False)}
    left = sum(map(len, held)) - len(shared) * len(held)
    if left:
        about["left out, in one run only"] = str(left)
    examples = [_example(key, held[0][key]) for key in shared]
    return write_report(out, arms, examples, title=title or " against ".join(list(labels.values())[::-1]), about=about, labels=labels)


def read_run(path: str | Path) -> dict[str, dict[str, Any]]:
    """The lines of a run by id; of several with one id (samples of one question) the first."""
    found: dict[str, dict[str, Any]] = {}
    for number, row in enumerate(read_jsonl(path), 1):
        lacking = [key for key in NEEDED if key not in row]
        if lacking:
            raise InputError(f"{path} line {number} lacks {lacking[0]}: grade with --details to compare")
        found.setdefault(str(row["id"]), row)
    return found


def _example(key: str, row: Mapping[str, Any]) -> Example:
    golds = row["gold"] or []
    question = row.get("question") or (golds[0] if golds else key)
    sql = golds[0] if golds else None
    return Example(key, question, sql, str(row.get("db_id") or ""), difficulty=str(row.get("difficulty") or ""), shape=str(row.get("shape") or ""))


def _arm(rows: Sequence[Mapping[str, Any]]) -> Arm:
    said = [Prediction(str(row["id"]), row["pred"], row["pred"] or "", float(row.get("seconds") or 0), int(row.get("tokens") or 0)) for row in rows]
    confidences = {str(row["id"]): float(row["confidence"]) for row in rows if row.get("confidence") is not None}
    return Arm(said, [_grade(row) for row in rows], confidences=confidences)


def _grade(row: Mapping[str, Any]) -> Grade:
    witness: Mapping[str, Any] = row.get("witness") or {}
    results: Mapping[str, Any] = row.get("results") or {}
    details = {key: row[key] for key in ("kind", "runs", "gold_fault", "repair") if key in row}
    details |= {"witness": witness.get("database"), "tables": witness.get("tables"), "columns": results.get("columns", [])}
    details |= {key: witness.get(key) or results.get(key) for key in ("gold", "predicted")}
    details |= {key: witness.get(key) or [] for key in ("missing", "extra")}
    return Grade(
        str(row["id"]),
        row["verdict"],
        str(row.get("reason") or ""),
        correct=row["verdict"] == "equivalent",
        refused=row["pred"] is None,
        answerable=row["gold"] is not None,
        difficulty=str(row.get("difficulty") or ""),
        details=details,
    )
