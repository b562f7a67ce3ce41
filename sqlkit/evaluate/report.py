"""The report of a run: `report.json` for scripts, `report.html` for people, both from the same figures."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlkit.errors import InputError
from sqlkit.evaluate import metrics
from sqlkit.evaluate.page import render_page
from sqlkit.records import Example, Grade, Prediction, write_atomic

ARMS = {
    "base": "Base",
    "base_retrieval": "Base + retrieval",
    "tuned": "Tuned",
    "tuned_retrieval": "Tuned + retrieval",
}
DIFFICULTIES = ("easy", "medium", "hard", "extra")


@dataclasses.dataclass(frozen=True, slots=True)
class Arm:
    """One way of answering, judged: predictions and grades in the order of the examples.

    seconds: wall time for all predictions; without it the predictions' own seconds are added up.
    """

    predictions: Sequence[Prediction]
    grades: Sequence[Grade]
    seconds: float | None = None


def write_report(
    out: str | Path,
    arms: Mapping[str, Arm],
    examples: Sequence[Example],
    *,
    title: str = "Evaluation",
    about: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Write `report.json` and `report.html` into `out`; returns what stands in the JSON.

    arms: any of base, base_retrieval, tuned, tuned_retrieval. about: lines for the head of the page (base model,
    database, command). Raises InputError when there is no arm, an unknown one, or one of other questions.
    """
    report = summarize(arms, examples, title=title, about=about or {})
    folder = Path(out)
    write_atomic(folder / "report.json", json.dumps(report, indent=1, ensure_ascii=False, default=str) + "\n")
    write_atomic(folder / "report.html", render_page(report, ARMS))
    return report


def summarize(
    arms: Mapping[str, Arm], examples: Sequence[Example], *, title: str, about: Mapping[str, str]
) -> dict[str, Any]:
    """The figures of a report as plain JSON values; the arms stand at the top, under their names."""
    _check(arms, examples)
    arms = {name: arms[name] for name in ARMS if name in arms}
    aside = _aside(arms)
    shown = {name: _without(arm.grades, aside) for name, arm in arms.items()}
    report: dict[str, Any] = {name: _arm(arm, shown[name]) for name, arm in arms.items()}
    report["gain"] = _gain(shown.get("tuned"), shown.get("base_retrieval"))
    report["title"] = title
    report["about"] = dict(about)
    report["counts"] = {
        "questions": len(examples),
        "answerable": sum(e.sql is not None for e in examples),
        "unanswerable": sum(e.sql is None for e in examples),
        "not_counted": len(aside),
    }
    report["by_difficulty"] = {name: _by_difficulty(grades) for name, grades in shown.items()}
    report["reasons"] = {name: _reasons(grades) for name, grades in shown.items()}
    report["refusals"] = {name: _refusals(grades) for name, grades in shown.items()}
    report["questions"] = [_question(i, example, arms, aside) for i, example in enumerate(examples)]
    return report


def _check(arms: Mapping[str, Arm], examples: Sequence[Example]) -> None:
    if not arms:
        raise InputError("a report needs at least one arm")
    ids = [e.id for e in examples]
    if len(set(ids)) != len(ids):
        raise InputError(f"question {next(i for i, n in Counter(ids).items() if n > 1)} occurs twice")
    for name, arm in arms.items():
        if name not in ARMS:
            raise InputError(f"unknown arm {name}: one of {', '.join(ARMS)}")
        if [g.example_id for g in arm.grades] != ids or [p.example_id for p in arm.predictions] != ids:
            raise InputError(f"arm {name} was not judged on the same questions in the same order")


def _aside(arms: Mapping[str, Arm]) -> set[str]:
    """Questions whose gold is at fault in any arm; they leave every arm, so that all rest on the same questions."""
    return {g.example_id for arm in arms.values() for g in arm.grades if not metrics.counts(g)}


def _without(grades: Sequence[Grade], aside: set[str]) -> list[Grade]:
    return [g for g in grades if g.example_id not in aside]


def _arm(arm: Arm, grades: Sequence[Grade]) -> dict[str, Any]:
    seconds = arm.seconds if arm.seconds is not None else sum(p.seconds for p in arm.predictions)
    shares = {
        "valid_sql": metrics.valid_sql(grades),
        "refused_right": metrics.refused_right(grades),
        "refused_wrong": metrics.refused_wrong(grades),
    }
    return {
        "ex": dataclasses.asdict(metrics.execution_accuracy(grades)),
        **{name: share.value for name, share in shares.items()},
        "intervals": {name: dataclasses.asdict(share) for name, share in shares.items()},
        "seconds_per_question": round(seconds / max(1, len(arm.predictions)), 4),
    }


def _gain(new: Sequence[Grade] | None, old: Sequence[Grade] | None) -> dict[str, Any] | None:
    """Tuned against base + retrieval on the answerable questions: None where one of them was not run."""
    if new is None or old is None:
        return None
    marks = [[g.correct for g in grades if g.answerable] for grades in (new, old)]
    return dataclasses.asdict(metrics.paired_gain(marks[0], marks[1]))


def _by_difficulty(grades: Sequence[Grade]) -> dict[str, Any]:
    groups = metrics.by_group(grades, lambda g: g.difficulty or "unknown")
    names = sorted(groups, key=lambda name: (DIFFICULTIES.index(name) if name in DIFFICULTIES else 9, name))
    return {name: dataclasses.asdict(groups[name]) for name in names}


def _reasons(grades: Sequence[Grade]) -> dict[str, int]:
    """How often each kind of failure occurs, most frequent first."""
    kinds = Counter(str(g.details.get("kind") or "other") for g in grades if not g.correct)
    return dict(sorted(kinds.items(), key=lambda item: (-item[1], item[0])))


def _refusals(grades: Sequence[Grade]) -> dict[str, Any]:
    """Who was refused, as counts, and the share of refusals that are right."""
    counts = Counter((g.refused, g.answerable) for g in grades)
    return {
        "refused_unanswerable": counts[True, False],
        "answered_unanswerable": counts[False, False],
        "refused_answerable": counts[True, True],
        "answered_answerable": counts[False, True],
        "precision": dataclasses.asdict(metrics.share(not g.answerable for g in grades if g.refused)),
    }


def _question(i: int, example: Example, arms: Mapping[str, Arm], aside: set[str]) -> dict[str, Any]:
    grades = {name: arm.grades[i] for name, arm in arms.items()}
    first = next(iter(grades.values()))
    return {
        "id": example.id,
        "question": example.question,
        "sql": example.sql,
        "difficulty": first.difficulty,
        "counted": example.id not in aside,
        "result": first.details.get("gold"),
        "arms": {name: _answer(arms[name].predictions[i], grade) for name, grade in grades.items()},
    }


def _answer(prediction: Prediction, grade: Grade) -> dict[str, Any]:
    return {
        "sql": prediction.sql,
        "text": prediction.text if prediction.sql == "" else "",
        "verdict": grade.verdict,
        "correct": grade.correct,
        "refused": grade.refused,
        "reason": grade.reason,
        "kind": grade.details.get("kind", ""),
        "result": grade.details.get("predicted"),
        "missing": grade.details.get("missing", []),
        "extra": grade.details.get("extra", []),
        "columns": grade.details.get("columns", []),
        "seconds": round(prediction.seconds, 4),
    }
