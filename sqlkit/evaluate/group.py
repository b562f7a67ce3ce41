"""Cases that share a database, graded: what one worker does at a time."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

from sqlkit.errors import SqlkitError
from sqlkit.evaluate.beside import beside
from sqlkit.evaluate.cases import Case
from sqlkit.evaluate.grade import Grader, Policy
from sqlkit.evaluate.place import Place
from sqlkit.records import Example, Grade, Prediction
from sqlkit.sql.guard import check
from sqlkit.sql.skeleton import hardness

AHEAD = 24  # cases whose queries are sent to the database at once
Outcome = dict[str, Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Options:
    """How to grade: the policy of the verdict, limits on one query, and whether to tell what stands beside it."""

    policy: Policy = "relaxed"
    details: bool = False
    seconds: float = 5.0
    memory_mb: int = 1024


def grade_group(cases: Sequence[Case], place: Place, options: Options) -> Iterator[Outcome]:
    """The outcome of each case: verdict, reason, witness and what the figures need. All share `Case.place`."""
    whole = [case for case in cases if not case.fault]
    grader, trouble = None, ""
    if whole and whole[0].database + whole[0].rows:
        grader, trouble = _open(whole[0], place, options)
    for start in range(0, len(cases), AHEAD):
        ahead = cases[start : start + AHEAD]
        if grader is not None:
            grader.prefetch([q for case in ahead if not case.fault for q in (*(case.golds or ()), case.pred) if q])
        for case in ahead:
            if case.fault:
                yield _unusable(case, case.fault)
                continue
            own, why = (grader, trouble) if grader or trouble else _open(case, place, options)
            yield _unusable(case, why) if own is None else _outcome(case, own, options)


def _open(case: Case, place: Place, options: Options) -> tuple[Grader | None, str]:
    try:
        databases, dialect, weak = place.open(case)
        return Grader(databases, dialect, policy=options.policy, weak=weak), ""
    except SqlkitError as error:
        return None, str(error)


def _unusable(case: Case, why: str) -> Outcome:
    """A case without a database: whether its prediction is safe can be told all the same."""
    unsafe = check(case.pred, case.dialect or "duckdb") if case.pred and not case.fault else ""
    if unsafe and not unsafe.startswith("parse: "):
        return {"verdict": "unsafe", "reason": f"unsafe: {unsafe}", "witness": None}
    if why == "no prediction":
        return {"verdict": "error", "reason": "parse: no prediction", "witness": None, "kind": "no SQL"}
    return {"verdict": "undecidable", "reason": why, "witness": None, "unusable": True}


def _outcome(case: Case, grader: Grader, options: Options) -> Outcome:
    golds = case.golds or ()
    example = Example("", "", golds[0] if golds else None, "", grader.dialect, difficulty=case.difficulty, alternatives=golds[1:])
    grade = grader.grade(example, Prediction("", case.pred, case.pred or ""))
    outcome: Outcome = {"verdict": grade.verdict, "reason": grade.reason, "witness": _witness(grade)}
    outcome |= {"kind": grade.details["kind"], "difficulty": grade.difficulty, "answerable": grade.answerable}
    outcome |= {"hardness": hardness(golds[0], example.dialect) if golds else "", "refused": grade.refused, "gold_fault": grade.details.get("gold_fault", "")}
    if options.details and golds and case.pred and grade.verdict not in ("unsafe", "gold_broken"):
        outcome |= beside(grader, golds, case.pred)
    return outcome


def _witness(grade: Grade) -> dict[str, Any] | None:
    """The database that tells the two apart, and the rows of each that the other lacks."""
    details = grade.details
    if grade.verdict != "different" or "witness" not in details:
        return None
    return {"database": details["witness"], **{key: details[key] for key in ("missing", "extra", "gold", "predicted")}}
