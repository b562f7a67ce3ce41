"""Does a training example resemble a held-out question? Same words, or the same skeleton in nearly the same words."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlkit.records import Example
from sqlkit.schema.words import stem, words
from sqlkit.sql.skeleton import skeleton

NEAR = 0.75  # Jaccard similarity of word stems above which the same skeleton counts as a copy


def fold(question: str) -> str:
    return re.sub(r"\W+", " ", question.lower()).strip()


def leaks(examples: Iterable[Example], held_out: Sequence[Example]) -> list[tuple[Example, Example]]:
    """Pairs of (training example, held-out example) that are too alike."""
    exact = {fold(h.question): h for h in held_out}
    by_skeleton: dict[str, list[tuple[Example, frozenset[str]]]] = defaultdict(list)
    for held in held_out:
        by_skeleton[_shape(held)].append((held, _bag(held.question)))
    found = []
    for example in examples:
        if other := exact.get(fold(example.question)):
            found.append((example, other))
            continue
        bag = _bag(example.question)
        for held, theirs in by_skeleton.get(_shape(example), ()):
            if len(bag & theirs) >= NEAR * len(bag | theirs):
                found.append((example, held))
                break
    return found


def _bag(question: str) -> frozenset[str]:
    return frozenset(stem(w) for w in words(question))


def _shape(example: Example) -> str:
    return "refusal" if example.sql is None else skeleton(example.sql, example.dialect)
