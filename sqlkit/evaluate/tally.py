"""The figures of a batch, counted as the outcomes pass by."""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from sqlkit.evaluate import metrics
from sqlkit.evaluate.cases import Case
from sqlkit.evaluate.group import Outcome
from sqlkit.evaluate.metrics import NOT_COUNTED, Interval, wilson

VERDICTS = ("equivalent", "different", "error", "unsafe", "gold_broken", "undecidable")
LEVELS = ("easy", "medium", "hard", "extra")
TITLES = {"difficulty": "by difficulty", "hardness": "by Spider's hardness", "shape": "by shape"}
Pair = list[int]  # right, counted


def _pairs() -> defaultdict[str, Pair]:
    return defaultdict(lambda: [0, 0])


@dataclasses.dataclass
class Tally:
    """EX over answerable questions whose gold is not at fault, and all else beside it. Lines of one id are samples of one question."""

    verdicts: Counter[str] = dataclasses.field(default_factory=Counter)
    kinds: Counter[str] = dataclasses.field(default_factory=Counter)
    groups: defaultdict[str, defaultdict[str, Pair]] = dataclasses.field(default_factory=lambda: defaultdict(_pairs))
    policies: defaultdict[str, Pair] = dataclasses.field(default_factory=_pairs)
    partial: defaultdict[str, float] = dataclasses.field(default_factory=lambda: defaultdict(float))
    samples: defaultdict[str, Pair] = dataclasses.field(default_factory=_pairs)
    marks: list[tuple[float, bool]] = dataclasses.field(default_factory=list)
    rewards: list[float] = dataclasses.field(default_factory=list)
    suites: list[float] = dataclasses.field(default_factory=list)
    spent: defaultdict[str, list[float]] = dataclasses.field(default_factory=lambda: defaultdict(list))
    unanswerable: Pair = dataclasses.field(default_factory=lambda: [0, 0])
    refused: int = 0
    proven: int = 0
    right: int = 0
    counted: int = 0
    unusable: list[str] = dataclasses.field(default_factory=list)
    broken: int = 0

    def add(self, case: Case, outcome: Outcome) -> None:
        """Count one outcome."""
        self.verdicts[outcome["verdict"]] += 1
        self.proven += bool(outcome.get("proven"))
        if case.fault or outcome.get("unusable"):
            self.broken += 1
            if len(self.unusable) < 5:
                self.unusable.append(f"{case.id}: {outcome['reason']}")
        if "suite" in outcome:
            self.suites.append(outcome["suite"])
        for name, amount in (("seconds", case.about.seconds), ("tokens", case.about.tokens), ("cost", case.about.cost)):
            if amount:
                self.spent[name].append(amount)
        if outcome["verdict"] in NOT_COUNTED or outcome.get("gold_fault"):
            return
        right = outcome["verdict"] == "equivalent"
        if not outcome.get("answerable", True):
            self.unanswerable = [self.unanswerable[0] + right, self.unanswerable[1] + 1]
            return
        self.right, self.counted = self.right + right, self.counted + 1
        self.refused += bool(outcome.get("refused"))
        if not right:
            self.kinds[outcome.get("kind", "") or "other"] += 1
        names = {name: str(outcome.get(name, "")) for name in ("difficulty", "hardness")}
        names |= {"shape": case.about.shape, "database": case.about.db_id or Path(case.database).stem}
        for held in (self.samples[str(case.id)], *(self.groups[group][name] for group, name in names.items() if name)):
            held[0] += right
            held[1] += 1
        self._beside(case, right, outcome)

    def _beside(self, case: Case, right: bool, outcome: Outcome) -> None:
        for name, passed in (outcome.get("policies") or {}).items():
            self.policies[name][0] += passed
        for name, share in (outcome.get("partial") or {}).items():
            self.partial[name] += share
        if "r_ves" in outcome:
            self.rewards.append(outcome["r_ves"])
        if case.about.confidence is not None and not outcome.get("refused"):
            self.marks.append((case.about.confidence, right))

    @property
    def ex(self) -> Interval:
        """Execution accuracy."""
        return wilson(self.right, self.counted)

    @property
    def passing(self) -> dict[str, float]:
        """pass@k and pass^k where every question was answered as often, and more than once."""
        sizes = {n for _, n in self.samples.values()}
        if len(sizes) != 1 or sizes <= {1}:
            return {}
        n = sizes.pop()
        steps = [k for k in (1, 2, 3, 5, 10, 20, 50, 100) if k < n] + [n]
        found = {}
        for name, method in (("pass@", metrics.pass_at_k), ("pass^", metrics.pass_hat_k)):
            for k in steps:
                found[f"{name}{k}"] = sum(method(n, c, k) for c, _ in self.samples.values()) / len(self.samples)
        return found

    def to_json(self) -> dict[str, Any]:
        """All figures as plain values."""
        return {
            "ex": dataclasses.asdict(self.ex),
            "verdicts": {name: self.verdicts[name] for name in VERDICTS},
            "proven": self.proven,
            "suite": {"cases": len(self.suites), "mutants_told_apart": sum(self.suites) / max(1, len(self.suites))},
            "refusals": {
                "unanswerable_refused": dataclasses.asdict(wilson(*self.unanswerable)),
                "coverage": dataclasses.asdict(wilson(self.counted - self.refused, self.counted)),
                "accuracy_of_answered": dataclasses.asdict(wilson(self.right, self.counted - self.refused)),
            },
            "kinds": dict(self.kinds.most_common()),
            "groups": {g: {n: dataclasses.asdict(wilson(*held)) for n, held in self._sorted(g)} for g in self.groups},
            "policies": {name: held[0] / max(1, self.counted) for name, held in self.policies.items()},
            "partial": {name: total / max(1, self.counted) for name, total in self.partial.items()},
            "r_ves": dataclasses.asdict(metrics.r_ves_score(self.rewards)) if self.rewards else None,
            "samples": self.passing,
            "confidence": self._confidence(),
            "spent": {name: metrics.spread(values) for name, values in self.spent.items()},
            "unusable": self.unusable,
        }

    def _confidence(self) -> dict[str, Any] | None:
        if not self.marks:
            return None
        return {
            "n": len(self.marks),
            "calibration_error": metrics.calibration_error(self.marks),
            "brier": metrics.brier(self.marks),
            "aurc": metrics.aurc(self.marks),
        }

    def _sorted(self, group: str) -> list[tuple[str, Pair]]:
        rank = {name: i for i, name in enumerate(LEVELS)}
        return sorted(self.groups[group].items(), key=lambda item: (rank.get(item[0], len(rank)), item[0]))

    def text(self) -> str:
        """The figures as lines to print."""
        lines = [f"EX {self.ex}", ", ".join(f"{self.verdicts[name]} {name}" for name in VERDICTS if self.verdicts[name])]
        if self.proven:
            lines.append(f"equivalent by proof: {self.proven}")
        if self.suites:
            score = sum(self.suites) / len(self.suites)
            lines.append(f"databases made for {len(self.suites)} cases: they tell {score:.1%} of the golds' mutants apart")
        if self.unanswerable[1]:
            lines.append(f"refused what cannot be answered: {wilson(*self.unanswerable)}")
        if self.refused:
            answered = self.counted - self.refused
            lines.append(f"answered {answered / self.counted:.1%} of what can be answered, of that right: {wilson(self.right, answered)}")
        for group, title in TITLES.items():
            if len(self.groups.get(group, {})) > 1:
                lines.append(f"{title}: " + ", ".join(f"{n} {held[0] / held[1]:.1%} of {held[1]}" for n, held in self._sorted(group)))
        if self.kinds:
            lines.append("wrong by: " + ", ".join(f"{name} {n}" for name, n in self.kinds.most_common(8)))
        if self.samples and (passing := self.passing):
            lines.append(", ".join(f"{name} {value:.1%}" for name, value in passing.items()))
        if self.policies:
            lines.append("as others count: " + ", ".join(f"{n} {held[0] / max(1, self.counted):.1%}" for n, held in self.policies.items()))
            lines.append("partial credit: " + ", ".join(f"{n} {total / max(1, self.counted):.3f}" for n, total in self.partial.items()))
        if self.rewards:
            found = metrics.r_ves_score(self.rewards)
            lines.append(f"R-VES by rows worked on: {found.value:.1f} [{found.low:.1f}, {found.high:.1f}], n = {found.n}")
        for name, values in self.spent.items():
            found_here = metrics.spread(values)
            lines.append(f"{name}: " + ", ".join(f"{key} {value:,.4g}" for key, value in found_here.items()))
        if told := self._confidence():
            lines.append("confidence: " + ", ".join(f"{name} {value:.3f}" for name, value in told.items() if name != "n"))
        return "\n".join(lines)
