"""Recall at k of what stands beside the model: does it find what a question needs among the first k?"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlkit.evaluate.metrics import Interval, bootstrap
from sqlkit.records import write_atomic

KS = (1, 2, 3, 5, 10)
Found = Sequence[Sequence[str]]  # for each question what was found, best first


def recall(found: Found, needed: Sequence[Collection[str]], k: int) -> list[float]:
    """For each question the share of what it needs that stands among the first k; what it needs is not empty."""
    return [len(set(some[:k]) & set(wanted)) / len(wanted) for some, wanted in zip(found, needed, strict=True)]


def hits(found: Found, needed: Sequence[Collection[str]], k: int) -> list[float]:
    """For each question 1 where any of what would help stands among the first k, else 0."""
    return [float(bool(set(some[:k]) & set(wanted))) for some, wanted in zip(found, needed, strict=True)]


def compare(ways: Mapping[str, list[float]], against: str) -> dict[str, dict[str, Any]]:
    """Each way's mean and its difference to the one that is compared against, question by question, with bootstrap intervals."""
    old = ways[against]
    return {
        name: {"value": dataclasses.asdict(bootstrap(new)), "gain": dataclasses.asdict(bootstrap([a - b for a, b in zip(new, old, strict=True)]))}
        for name, new in ways.items()
    }


def write_recall(out: Path, told: Mapping[str, Any]) -> str:
    """Write recall.json and recall.md into `out`; returns the Markdown.

    told: {"worked examples" | "tables": {"n": ..., "at": {k: compare(...)}}, "in sight": compare(...), ...}; other keys are notes.
    """
    lines = ["# Retriever", ""]
    for title, what in (("worked examples", "a worked example of the same parts over the same tables is among the first k"),
                        ("tables", "share of the tables of the gold that are among the first k")):  # fmt: skip
        part = told[title]
        lines += [f"Recall@k of {title} (n = {part['n']} dev questions): {what}.", ""]
        ways = list(next(iter(part["at"].values()), {}))
        lines += ["| k | " + " | ".join(ways) + " |", "|---" * (len(ways) + 1) + "|"]
        lines += [f"| {k} | " + " | ".join(_cell(rows[way], way != ways[0]) for way in ways) + " |" for k, rows in part["at"].items()] + [""]
    lines += [f"Tables in sight of the prompt (n = {told['tables']['n']}): share of the gold's; how many are shown.", ""]
    lines += [f"- {way}: {_cell(row, row['gain']['value'] != 0)}; {told['shown'][way]:.2f} tables" for way, row in told["in sight"].items()]
    text = "\n".join(lines) + "\n"
    write_atomic(out / "recall.json", json.dumps(told, indent=1) + "\n")
    write_atomic(out / "recall.md", text)
    return text


def _cell(row: Mapping[str, Any], compared: bool) -> str:
    value, gain = Interval(**row["value"]), row["gain"]
    text = f"{value.value:.1%} [{value.low:.1%}, {value.high:.1%}]"
    return text + (f", {100 * gain['value']:+.1f} [{100 * gain['low']:+.1f}, {100 * gain['high']:+.1f}]" if compared else "")
