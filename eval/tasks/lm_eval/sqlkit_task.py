"""Functions that `sqlkit.yaml` names (https://github.com/EleutherAI/lm-evaluation-harness/blob/main/docs/task_guide.md)."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))  # the harness loads this file alone

import judge


def doc_to_text(doc: Mapping[str, Any]) -> str:
    return judge.prompt(doc)


def doc_to_target(doc: Mapping[str, Any]) -> str:
    return judge.target(doc)


def process_results(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, float]:
    """The metrics of one document; `ex` is NaN where the gold is at fault, and `mean_of_known` leaves it out."""
    found = judge.scores(judge.grade(doc, results[0]))
    return {"ex": found.get("ex", math.nan), "runs": found["runs"], "soft_f1": found.get("soft_f1", 0.0)}


def mean_of_known(values: Iterable[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return sum(known) / len(known) if known else math.nan
