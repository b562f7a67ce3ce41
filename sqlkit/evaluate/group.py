"""Cases that share a database, graded: what one worker does at a time."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

from sqlkit.errors import SqlkitError
from sqlkit.evaluate.beside import beside, tables
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
    """How to grade: the policy of the verdict, limits on one query, whether to tell what stands beside it, and whether to ask
    right answers again on databases made from the rows given (`suite`)."""

    policy: Policy = "relaxed"
    details: bool = False
    seconds: float = 5.0
    memory_mb: int = 1024
    suite: bool = False


def grade_group(cases: Sequence[Case], place: Place, options: Options) -> Iterator[Outcome]:
    """The outcome of each case: verdict, reason, witness and what the figures need. All share `Case.place`.

    Where the database is there, it is opened once; where it is made to fit the golds, once for cases with the same golds
    behind each other.
    """
    grader: Grader | None = None
    score, trouble, held = None, "", None
    for start in range(0, len(cases), AHEAD):
        ahead = cases[start : start + AHEAD]
        fetched = False
        for case in ahead:
            if case.fault:
                yield _unusable(case, case.fault)
                continue
            wanted = case.golds if case.made else ()
            if held is None or held != (wanted,):
                grader, score, trouble = _open(case, place, options)
                held, fetched = (wanted,), False
            if grader is None:
                yield _unusable(case, trouble)
                continue
            if not fetched:
                try:
                    grader.prefetch(*_queries([case] if case.made else ahead))
                except SqlkitError as error:
                    yield _unusable(case, str(error))
                    continue
                fetched = not case.made
            outcome = _outcome(case, grader, options, place)
            yield outcome if score is None else {**outcome, "suite": round(score, 4)}


def _queries(cases: Sequence[Case]) -> tuple[list[str], list[str]]:
    """What will be asked: golds and predictions."""
    asked = [case for case in cases if not case.fault]
    golds = [gold for case in asked for gold in case.golds or () if gold.strip()]
    return golds, [case.pred for case in asked if case.pred and case.pred.strip()]


def _open(case: Case, place: Place, options: Options) -> tuple[Grader | None, float | None, str]:
    """A grader, how well its databases tell mutants apart where they were made; or why there is none."""
    try:
        opened = place.open(case)
    except SqlkitError as error:
        return None, None, str(error)
    grader = Grader(
        opened.databases, opened.dialect, policy=options.policy, weak=opened.weak, untyped=opened.untyped, schema=opened.schema,
        prove=options.details or opened.score is not None, made=opened.score is not None,
    )  # fmt: skip
    return grader, opened.score, ""


def _unusable(case: Case, why: str) -> Outcome:
    """A case without a database: whether its prediction is safe can be told all the same."""
    unsafe = check(case.pred, case.dialect or "duckdb") if case.pred and not case.fault else ""
    if unsafe and not unsafe.startswith("parse: "):
        return {"verdict": "unsafe", "reason": f"unsafe: {unsafe}", "witness": None}
    if why.startswith("no prediction"):
        return {"verdict": "error", "reason": f"parse: {why}", "witness": None, "kind": "no SQL"}
    return {"verdict": "undecidable", "reason": why, "witness": None, "unusable": True}


def _outcome(case: Case, grader: Grader, options: Options, place: Place) -> Outcome:
    """One outcome; a fault of our own, or of a database that is gone, costs that case and no other."""
    try:
        outcome = _graded(case, grader, options)
        if options.suite:
            from sqlkit.evaluate.again import again

            outcome = again(case, outcome, grader, place, options, _graded)
        return outcome
    except SqlkitError as error:
        return _unusable(case, str(error))
    except Exception as error:
        return _unusable(case, f"the grader failed: {type(error).__name__}: {error}")


def _graded(case: Case, grader: Grader, options: Options) -> Outcome:
    golds = case.golds or ()
    example = Example("", "", golds[0] if golds else None, "", grader.dialect, difficulty=case.difficulty, alternatives=golds[1:])
    grade = grader.grade(example, Prediction("", case.pred, case.pred or ""))
    outcome: Outcome = {"verdict": grade.verdict, "reason": grade.reason, "witness": _witness(grade)}
    outcome |= {"kind": grade.details["kind"], "difficulty": grade.difficulty, "answerable": grade.answerable}
    outcome |= {"hardness": hardness(golds[0], example.dialect) if golds else "", "refused": grade.refused, "gold_fault": grade.details.get("gold_fault", "")}
    outcome |= {"proven": True} if grade.details.get("proven") else {}
    if options.details and golds and case.pred and grade.verdict not in ("unsafe", "gold_broken"):
        outcome |= beside(grader, golds, case.pred)
    if options.details:
        outcome |= {key: grade.details[key] for key in ("gold_sql", "runs") if key in grade.details}
        outcome["results"] = {key: grade.details[key] for key in ("gold", "predicted", "columns") if key in grade.details}
    witness = outcome["witness"]
    if witness and (options.details or grader.made):  # a database that was made up is gone afterwards
        witness["tables"] = tables(grader, grade.details["gold_sql"], case.pred or "", witness["database"])
    return outcome


def _witness(grade: Grade) -> dict[str, Any] | None:
    """The database that tells the two apart, and the rows of each that the other lacks."""
    details = grade.details
    if grade.verdict != "different" or "witness" not in details:
        return None
    return {"database": details["witness"], **{key: details[key] for key in ("missing", "extra", "gold", "predicted")}}
