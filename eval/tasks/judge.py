"""What both adapters share: the prompt of a case, and the verdict on what a model wrote. Needs neither harness.

A case is a line of a file as `sqlkit grade --cases` reads it, with a `question` instead of a `pred`.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from typing import Any

from sqlkit.evaluate.cases import Case, case_of
from sqlkit.evaluate.group import Options, grade_group
from sqlkit.evaluate.place import Place
from sqlkit.prompt import Context, render
from sqlkit.schema.ddl import parse_ddl
from sqlkit.sql.extract import extract

OPTIONS = Options(details=True)
_place: Place | None = None
_lock = threading.Lock()  # a harness may score from several threads; the sandbox takes turns


def prompt(doc: Mapping[str, Any]) -> str:
    """The kit's own prompt for a case, as one text: models are asked here as they are asked everywhere."""
    dialect = str(doc.get("dialect") or "duckdb")
    context = Context(parse_ddl(str(doc["ddl"]), dialect)) if doc.get("ddl") else Context.load(str(doc["database"]))
    made = render(str(doc["question"]), context)
    return f"{made.system}\n\n{made.user}"


def target(doc: Mapping[str, Any]) -> str:
    """The gold, as text: the first of several; empty where the question cannot be answered."""
    gold = doc["gold"]
    return str((gold[0] if isinstance(gold, list) else gold) or "")


def grade(doc: Mapping[str, Any], text: str) -> dict[str, Any]:
    """The outcome for what a model wrote, SQL in prose or fences or a refusal: verdict, reason, witness, kind, policies, ..."""
    global _place
    case: Case = case_of({**doc, "pred": extract(text)}, 1)
    with _lock:
        if _place is None:
            _place = Place(seconds=OPTIONS.seconds, memory_mb=OPTIONS.memory_mb)
        return next(grade_group([case], _place, OPTIONS))


def close() -> None:
    """End the sandbox."""
    global _place
    with _lock:
        if _place is not None:
            _place.close()
            _place = None


def scores(outcome: Mapping[str, Any]) -> dict[str, float]:
    """Figures that a harness can average: `ex` first. A broken or undecidable gold gives no `ex`, since nobody could be right."""
    found = {f"policy_{name}": float(passed) for name, passed in (outcome.get("policies") or {}).items()}
    found |= {name: float(value) for name, value in (outcome.get("partial") or {}).items()}
    found["runs"] = float(bool(outcome.get("runs")))
    if outcome["verdict"] not in ("gold_broken", "undecidable"):
        found["ex"] = float(outcome["verdict"] == "equivalent")
    return found


def told(outcome: Mapping[str, Any]) -> str:
    """The verdict and its witness, for a log."""
    witness = outcome.get("witness") or {}
    shown = {key: witness[key] for key in ("database", "missing", "extra") if key in witness}
    return f"{outcome['verdict']}: {outcome['reason']}" + (f" {json.dumps(shown, default=str)}" if shown else "")
