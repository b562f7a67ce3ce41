"""Does a training example resemble a held-out question?

It does when it asks the same words, nearly the same words (Jaccard similarity of stems from `SAME`), or the same skeleton
in similar words (from `NEAR`). Examples of two named databases are never compared: "how many rows are there?" is
another question over another schema.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlkit.errors import LeakError
from sqlkit.records import Example
from sqlkit.schema.similar import bag, fold, near, nearest
from sqlkit.sql.skeleton import skeleton

NEAR = 0.75
SAME = 0.9
SHOWN = 10  # offending pairs that an error prints


@dataclasses.dataclass(frozen=True, slots=True)
class Leak:
    """Two examples too alike; `similarity` of their words, `skeleton` whether their SQL has one skeleton."""

    train: Example
    held: Example
    similarity: float
    skeleton: bool

    def __str__(self) -> str:
        kind = "same skeleton" if self.skeleton else "other skeleton"
        return f"{self.train.id} {self.train.question!r} ~ {self.held.id} {self.held.question!r} ({self.similarity:.2f}, {kind})"


def find_leaks(examples: Sequence[Example], held_out: Sequence[Example]) -> list[Leak]:
    """Every pair of (example, held-out example) that is too alike, in the order of the examples."""
    found: dict[tuple[int, int], float] = {}
    same = defaultdict(list)
    for j, held in enumerate(held_out):
        same[fold(held.question)].append(j)
    for i, example in enumerate(examples):
        found |= {(i, j): 1.0 for j in same.get(fold(example.question), ())}
    for i, j, alike in near([bag(e.question) for e in examples], [bag(h.question) for h in held_out], NEAR):
        if alike >= SAME or shape(examples[i]) == shape(held_out[j]):
            found.setdefault((i, j), alike)
    return [
        Leak(examples[i], held_out[j], alike, shape(examples[i]) == shape(held_out[j]))
        for (i, j), alike in sorted(found.items())
        if compared(examples[i], held_out[j])
    ]


def leaks(examples: Iterable[Example], held_out: Sequence[Example]) -> list[tuple[Example, Example]]:
    """As `find_leaks`, but each example once, with the first held-out one it resembles."""
    first: dict[int, tuple[Example, Example]] = {}
    for leak in find_leaks(list(examples), held_out):
        first.setdefault(id(leak.train), (leak.train, leak.held))
    return list(first.values())


def check_apart(train: Sequence[Example], suites: Mapping[str, Sequence[Example]]) -> dict[str, int]:
    """How many examples of each suite `train` was compared with. Raises LeakError, which shows the offending pairs."""
    for name, held in suites.items():
        if found := find_leaks(train, held):
            lines = [f"  {leak}" for leak in found[:SHOWN]]
            more = [f"  ... and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
            told = f"{len(found)} training {'question is' if len(found) == 1 else 'questions are'} too like those held out in {name}:"
            raise LeakError("\n".join([told, *lines, *more, "--drop-leaks leaves such questions out"]))
    return {name: len(held) for name, held in suites.items()}


def neighbours(train: Sequence[Example], test: Sequence[Example]) -> list[dict[str, Any]]:
    """The nearest training question of every test question, as rows for `nearest.jsonl`.

    Keys: example_id, question, train_id, train_question, train_sql, similarity (0 to 1), same_skeleton.
    """
    rows = []
    for held, (j, alike) in zip(test, nearest([bag(e.question) for e in test], [bag(e.question) for e in train]), strict=True):
        other = train[j] if j >= 0 else None
        rows.append({
            "example_id": held.id, "question": held.question,
            "train_id": other.id if other else None, "train_question": other.question if other else None,
            "train_sql": other.sql if other else None, "similarity": round(alike, 4),
            "same_skeleton": other is not None and shape(other) == shape(held),
        })
    return rows


def shape(example: Example) -> str:
    """The skeleton of an example's SQL; 'refusal' when it has none."""
    return "refusal" if example.sql is None else _skeleton(example.sql, example.dialect)


@lru_cache(maxsize=200_000)
def _skeleton(sql: str, dialect: str) -> str:
    return skeleton(sql, dialect)


def compared(a: Example, b: Example) -> bool:
    """Whether two examples may be about one database: an unnamed one may be any."""
    return not (a.db_id and b.db_id) or a.db_id == b.db_id
