"""What an executed answer earns: small functions of what was seen, added up with weights.

    runs      it is SQL that runs and returns something
    right     the grader finds it right on every database that it is given
    soft_f1   the share of cells that it has in common with the gold's result, F1 of precision and recall (`partial.py`)

A right refusal earns each of them; refusing what can be answered, and answering what cannot, earns nothing, and so does whatever
`hacks.shortcut` finds. A right refusal is worth only as much as keeps the policy that refuses everything from earning more than one that
answers everything wrongly. Within a group of answers GRPO looks at differences alone, so that costs no learning.
"""

from __future__ import annotations

import dataclasses
import importlib
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlkit.errors import RecipeError, RunError, SqlkitError
from sqlkit.evaluate.grade import Grader
from sqlkit.evaluate.hacks import shortcut
from sqlkit.evaluate.partial import partial
from sqlkit.records import Example, Grade, Prediction, Result
from sqlkit.sql.extract import extract

CRASHES = 32  # answers in a row on which one function may crash before the run stops


@dataclasses.dataclass(frozen=True, slots=True)
class Seen:
    """An answer and what became of it. `results`: the gold's and its own on each database, the user's first; none for a refusal.
    `hack`: why it earns nothing, or ''."""

    example: Example
    text: str
    sql: str | None
    grade: Grade
    results: tuple[tuple[Result, Result], ...] = ()
    hack: str = ""


Reward = Callable[[Seen], float]


def runs(seen: Seen) -> float:
    """1 for SQL that runs where there is something to answer, and for a right refusal."""
    return right(seen) or float(seen.example.sql is not None and bool(seen.results) and seen.results[0][1].ok)


def right(seen: Seen) -> float:
    """1 for what the grader finds right: the rows that the gold fixes, or a refusal where it is due."""
    return float(seen.grade.correct)


def soft_f1(seen: Seen) -> float:
    """F1 of the cells shared with the gold's result, 0 to 1, on the database where it is lowest; nothing for an answer that was right by chance only."""
    if seen.grade.correct:
        return 1.0
    if seen.grade.verdict != "different" or seen.grade.details.get("kind") == "by chance":
        return 0.0
    return min((partial(gold, got).soft_f1 for gold, got in seen.results if gold.ok), default=0.0)


REWARDS: dict[str, Reward] = {"runs": runs, "right": right, "soft_f1": soft_f1}


def reward(name: str) -> Reward:
    """A reward of this file by its name, or 'package.module:function' of (Seen) -> float. Raises RecipeError."""
    if name in REWARDS:
        return REWARDS[name]
    module, colon, attribute = name.partition(":")
    if not colon:
        raise RecipeError(f"unknown reward {name!r} in reward_weights: {', '.join(REWARDS)}, or package.module:function")
    try:
        found = getattr(importlib.import_module(module), attribute)
    except Exception as error:  # whatever a module of the user's own raises
        raise RecipeError(f"reward {name}: {error}") from None
    if not callable(found):
        raise RecipeError(f"reward {name} is not a function")
    made: Reward = found
    return made


class Rewards:
    """Judges answers to questions by running them; what a grader has asked before is not asked again.

    told: by question id, all that the model is told. Raises RecipeError for weights that name no reward.
    """

    def __init__(self, grader: Grader, examples: Sequence[Example], weights: Mapping[str, float], told: Mapping[str, str] | None = None) -> None:
        if not any(weights.values()):
            raise RecipeError("reward_weights: no reward has a weight above 0")
        self.grader, self.examples, self.told = grader, {e.id: e for e in examples}, told or {}
        self.functions = {name: reward(name) for name in dict.fromkeys([*weights, "right"])}
        self.names, self.weights = list(weights), list(weights.values())
        self.refusal = refusal_worth(weights, sum(e.sql is None for e in examples), len(examples))
        self.notes: list[str] = []
        self._crashed = dict.fromkeys(self.functions, 0)

    def score(self, ids: Sequence[str], texts: Sequence[str]) -> list[dict[str, float]]:
        """Each reward of each answer, unweighted, and always "right". One that crashes, or gives no number, is 0 and leaves a note.

        Raises RunError when one has crashed on `CRASHES` answers in a row, SqlkitError when the database is gone.
        """
        return [self._one(self.examples[key], text) for key, text in zip(ids, texts, strict=True)]

    def total(self, scores: Mapping[str, float]) -> float:
        """The weighted sum."""
        return sum(weight * scores[name] for name, weight in zip(self.names, self.weights, strict=True))

    def see(self, example: Example, text: str) -> Seen:
        """Run and grade an answer."""
        sql = extract(text)
        grade = self.grader.grade(example, Prediction(example.id, sql, text))
        if example.sql is None or not sql:
            return Seen(example, text, sql, grade)
        golds = self.grader.gold(example.sql, example.dialect)
        if not golds.on:
            return Seen(example, text, sql, grade)
        results = tuple((gold.result, self.grader.ask(i, sql)) for i, gold in enumerate(golds.on))
        gold, got = results[0]
        said = f"{example.question} {example.evidence} {self.told.get(example.id, '')}"
        hack = shortcut(sql, golds.sql, said, gold, got, right=grade.correct, dialect=self.grader.dialect) if got.ok else ""
        return Seen(example, text, sql, grade, results, hack)

    def _one(self, example: Example, text: str) -> dict[str, float]:
        try:
            seen = self.see(example, text)
        except SqlkitError:
            raise
        except Exception as error:
            self._note(example, "the grader", error)
            return dict.fromkeys(self.functions, 0.0)
        if seen.hack or seen.grade.verdict in ("unsafe", "undecidable", "gold_broken"):
            return dict.fromkeys(self.functions, 0.0)
        worth = self.refusal if example.sql is None else 1.0
        return {name: worth * self._earned(name, seen) for name in self.functions}

    def _earned(self, name: str, seen: Seen) -> float:
        try:
            value = float(self.functions[name](seen))
            if not math.isfinite(value):
                raise ValueError(f"it gave {value}")
        except Exception as error:
            self._note(seen.example, name, error)
            self._crashed[name] += 1
            if self._crashed[name] >= CRASHES:
                raise RunError(f"reward {name} crashed on {CRASHES} answers in a row, last: {_line(error)}; mend it and run the same command again") from None
            return 0.0
        self._crashed[name] = 0
        return value

    def _note(self, example: Example, name: str, error: Exception) -> None:
        self.notes.append(f"question {example.id}: {name} crashed and counts as 0: {_line(error)}")


def refusal_worth(weights: Mapping[str, float], unanswerable: int, questions: int) -> float:
    """What share of each reward a right refusal earns: at most 1, and no more than lets refusing everything earn, on average
    over the questions, what answering everything with SQL that runs and is wrong earns."""
    if not unanswerable:
        return 1.0
    total = sum(weights.values())
    return min(1.0, weights.get("runs", 0.0) * (questions - unanswerable) / (unanswerable * total))


def usable(grader: Grader, examples: Sequence[Example], progress: Any = None) -> tuple[list[Example], dict[str, str]]:
    """The questions that a reward can be given for, and why each of the others cannot: a gold that fails, is not
    deterministic, or returns no rows, so that empty results would be right."""
    kept, left = [], {}
    for number, example in enumerate(examples, 1):
        golds = grader.gold(example.sql, example.dialect) if example.sql is not None else None
        why = (golds.broken or golds.unstable or ("the gold returns no rows" if golds.empty else "")) if golds else ""
        if why:
            left[example.id] = why
        else:
            kept.append(example)
        if progress:
            progress(number, len(examples))
    return kept, left


def _line(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:160]}"
