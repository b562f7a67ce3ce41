"""The figures of a batch, counted as the outcomes pass by."""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from sqlkit.evaluate.cases import Case
from sqlkit.evaluate.group import Outcome
from sqlkit.evaluate.metrics import NOT_COUNTED, Interval, wilson

VERDICTS = ("equivalent", "different", "error", "unsafe", "gold_broken", "undecidable")
LEVELS = ("easy", "medium", "hard", "extra")


@dataclasses.dataclass
class Tally:
    """EX over answerable questions whose gold is not at fault, and all else by counts."""

    verdicts: Counter[str] = dataclasses.field(default_factory=Counter)
    kinds: Counter[str] = dataclasses.field(default_factory=Counter)
    groups: dict[str, dict[str, list[int]]] = dataclasses.field(default_factory=lambda: defaultdict(lambda: defaultdict(lambda: [0, 0])))
    policies: dict[str, list[int]] = dataclasses.field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    partial: dict[str, float] = dataclasses.field(default_factory=lambda: defaultdict(float))
    unanswerable: list[int] = dataclasses.field(default_factory=lambda: [0, 0])
    right: int = 0
    counted: int = 0
    unusable: list[str] = dataclasses.field(default_factory=list)
    broken: int = 0

    def add(self, case: Case, outcome: Outcome) -> None:
        """Count one outcome."""
        self.verdicts[outcome["verdict"]] += 1
        if case.fault or outcome.get("unusable"):
            self.broken += bool(case.fault)
            if len(self.unusable) < 5:
                self.unusable.append(f"{case.id}: {outcome['reason']}")
        if outcome["verdict"] in NOT_COUNTED or outcome.get("gold_fault"):
            return
        right = outcome["verdict"] == "equivalent"
        if not outcome.get("answerable", True):
            self.unanswerable = [self.unanswerable[0] + right, self.unanswerable[1] + 1]
            return
        self.right, self.counted = self.right + right, self.counted + 1
        if not right:
            self.kinds[outcome.get("kind", "") or "other"] += 1
        names = {"difficulty": outcome.get("difficulty", ""), "hardness": outcome.get("hardness", ""), "database": Path(case.database).stem}
        for group, name in names.items():
            if name:
                held = self.groups[group][name]
                held[0] += right
                held[1] += 1
        self._beside(right, outcome)

    def _beside(self, right: bool, outcome: Outcome) -> None:
        for name, passed in (outcome.get("policies") or {}).items():
            self.policies[name][0] += passed
        for name, share in (outcome.get("partial") or {}).items():
            self.partial[name] += share

    @property
    def ex(self) -> Interval:
        """Execution accuracy."""
        return wilson(self.right, self.counted)

    def to_json(self) -> dict[str, Any]:
        """All figures as plain values."""
        return {
            "ex": dataclasses.asdict(self.ex),
            "verdicts": {name: self.verdicts[name] for name in VERDICTS},
            "refused_right": dataclasses.asdict(wilson(*self.unanswerable)),
            "kinds": dict(self.kinds.most_common()),
            "groups": {g: {n: dataclasses.asdict(wilson(*held)) for n, held in self._sorted(g)} for g in self.groups},
            "policies": {name: held[0] / max(1, self.counted) for name, held in self.policies.items()},
            "partial": {name: total / max(1, self.counted) for name, total in self.partial.items()},
            "unusable": self.unusable,
        }

    def _sorted(self, group: str) -> list[tuple[str, list[int]]]:
        rank = {name: i for i, name in enumerate(LEVELS)}
        return sorted(self.groups[group].items(), key=lambda item: (rank.get(item[0], len(rank)), item[0]))

    def text(self) -> str:
        """The figures as lines to print."""
        lines = [f"EX {self.ex}", ", ".join(f"{self.verdicts[name]} {name}" for name in VERDICTS if self.verdicts[name])]
        if self.unanswerable[1]:
            lines.append(f"refused what cannot be answered: {wilson(*self.unanswerable)}")
        for group, title in (("difficulty", "by difficulty"), ("hardness", "by Spider's hardness")):
            if len(self.groups.get(group, {})) > 1:
                lines.append(f"{title}: " + ", ".join(f"{n} {held[0] / held[1]:.1%} of {held[1]}" for n, held in self._sorted(group)))
        if self.kinds:
            lines.append("wrong by: " + ", ".join(f"{name} {n}" for name, n in self.kinds.most_common(8)))
        if self.policies:
            lines.append("as others count: " + ", ".join(f"{n} {held[0] / max(1, self.counted):.1%}" for n, held in self.policies.items()))
            lines.append("partial credit: " + ", ".join(f"{n} {total / max(1, self.counted):.3f}" for n, total in self.partial.items()))
        return "\n".join(lines)
