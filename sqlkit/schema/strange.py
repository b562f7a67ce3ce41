"""Words that neither the schema nor the training questions know, and what they say about a question.

A small model is a poor judge of what it cannot answer: it has seen few words. A question about insurance over a schema where
nothing is called so, by people whose questions never spoke of it, most likely cannot be answered here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from sqlkit.records import Example
from sqlkit.schema.link import Linker
from sqlkit.schema.words import STOP, stem, words

# Odds of a refusal are multiplied by these: chosen on 218 dev questions of the embedded company by two authors, so that a strange word
# needs a chance of 0.03 beside it and a question without one 0.77, at a threshold of 0.5
STRANGE, FAMILIAR = 30.0, 0.3
SEEN = 3  # generated questions hold misspellings, each seldom


class Known:
    """The words of a schema, its values, and the questions that could be answered; those that people wrote count at once."""

    def __init__(self, linker: Linker, examples: Sequence[Example]) -> None:
        self._linker = linker
        found: Counter[str] = Counter()
        for example in examples:
            if example.sql:
                for term in {stem(w) for w in words(example.question)}:
                    found[term] += SEEN if example.source == "human" else 1
        self._terms = {term for term, n in found.items() if n >= SEEN}

    def strange(self, question: str) -> list[str]:
        """The words of a question that nothing makes known, in order."""
        asked = words(question)
        values = {w for _, _, value in self._linker.values(asked) for w in words(value)}
        return [
            w for w in dict.fromkeys(asked)
            if not (w in values or w in STOP or stem(w) in self._terms or self._linker.knows(w) or re.fullmatch(r"[\d.,%k]+", w))
        ]  # fmt: skip


def refuses(chance: float, threshold: float, strange: Sequence[str] | None = None) -> bool:
    """Whether to refuse, from the chance that the model gives to refusing and, unless None, the question's strange words."""
    if strange is None:
        return chance >= threshold
    odds = (STRANGE if strange else FAMILIAR) * chance / max(1 - chance, 1e-9)
    return odds / (1 + odds) >= threshold
