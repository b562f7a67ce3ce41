"""A right answer asked again beside the user's rows: on samples of them, perturbed, so that a lucky query is found out."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from sqlkit.errors import SqlkitError
from sqlkit.evaluate.cases import Case
from sqlkit.evaluate.grade import Grader
from sqlkit.evaluate.group import Options, Outcome
from sqlkit.evaluate.place import Place
from sqlkit.schema.types import Schema

Judge = Callable[[Case, Grader, Options], Outcome]


def again(case: Case, outcome: Outcome, first: Grader, place: Place, options: Options, judge: Judge) -> Outcome:
    """The outcome after the databases beside the one given; what they cannot tell stays as it was.

    Asked again are answers that are right without a proof, and those to a gold without rows. `suite` is then the share of the
    gold's mutants that these databases tell apart. Policies and partial credit stay those of the rows given.
    """
    if not _open_to_doubt(case, outcome) or first.made:
        return outcome
    try:
        opened = place.beside(case, first.dialect, schema if isinstance(schema := first.schema(), Schema) else None)
        second = Grader(opened.databases, opened.dialect, policy=options.policy, untyped=opened.untyped, schema=opened.schema, prove=True, made=True)
        told = judge(case, second, dataclasses.replace(options, details=False))
    except Exception as error:  # a fault in making databases must not cost the verdict on the rows given
        why = str(error) if isinstance(error, SqlkitError) else f"{type(error).__name__}: {error}"
        return {**outcome, "reason": f"{outcome['reason']}; no databases can be made from the rows: {why}"}
    known: dict[str, Any] = {"suite": round(opened.score or 0.0, 4)}
    if told["verdict"] in ("different", "error"):
        said = "" if outcome["verdict"] == "undecidable" else "; the same result on the rows given"
        return {**outcome, **known, "verdict": told["verdict"], "kind": told["kind"], "reason": told["reason"] + said, "witness": told["witness"], "gold_fault": ""}
    if told["verdict"] == "equivalent":
        beside = f"the same result on the rows given and on {len(opened.databases)} databases made from them"
        known |= {"proven": True} if told.get("proven") else {}
        return {**outcome, **known, "verdict": "equivalent", "kind": "", "gold_fault": "", "reason": beside + (", proven" if told.get("proven") else "")}
    return outcome


def _open_to_doubt(case: Case, outcome: Outcome) -> bool:
    golds = case.golds or ()
    if not golds or not case.pred or outcome.get("proven") or case.pred.strip() in {gold.strip() for gold in golds}:
        return False
    return outcome["verdict"] == "equivalent" or outcome.get("kind") == "gold empty"
