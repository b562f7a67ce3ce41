"""Rows that say again what another row says: over the same tables, in the same or nearly the same words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from sqlkit.schema.similar import Bag, bag, fold, jaccard

NEAR = 0.9  # share of word stems that two questions have in common

DUPLICATE, NEAR_DUPLICATE, OTHER_ANSWER = "a duplicate", "a near-duplicate", "another answer to a question that was asked before"


class Seen:
    """What was kept so far."""

    def __init__(self) -> None:
        self._asked: dict[tuple[tuple[str, ...], str], str] = {}
        self._alike: defaultdict[tuple[tuple[str, ...], str], list[str]] = defaultdict(list)

    def again(self, question: str, sql: str | None, masked: str, tables: tuple[str, ...]) -> str:
        """'' for a row that is new, and noted; else the reason to drop it. `masked`: the SQL without its values."""
        asked = tables, fold(question)
        if asked in self._asked:
            return DUPLICATE if self._asked[asked] == (sql or "") else OTHER_ANSWER
        alike = self._alike[tables, masked]
        mine = bag(question)
        if any(jaccard(mine, bag(other)) >= NEAR for other in alike):
            return NEAR_DUPLICATE
        self._asked[asked] = sql or ""
        alike.append(question)
        return ""


class Alike:
    """Questions that were asked, found again by their words: two are alike from `NEAR` on, whatever their queries.

    Of two alike questions of up to 28 words neither has two words that the other lacks (Jaccard of sets: a difference of d words is at
    least d / (n + d)), so each question is kept under its words and under its words without one; longer ones may be missed.
    """

    def __init__(self) -> None:
        self._folded: set[str] = set()
        self._under: defaultdict[Bag, list[Bag]] = defaultdict(list)

    def again(self, question: str) -> bool:
        """Whether a question like this one is there."""
        mine = bag(question)
        return fold(question) in self._folded or any(jaccard(mine, other) >= NEAR for key in _keys(mine) for other in self._under.get(key, ()))

    def add(self, question: str) -> None:
        mine = bag(question)
        self._folded.add(fold(question))
        for key in _keys(mine):
            self._under[key].append(mine)


def _keys(words: Bag) -> list[Bag]:
    return [words, *(words - {w} for w in words)] if words else []


def near_share(questions: Iterable[str]) -> float:
    """The share of questions that are like one before them."""
    asked, found = Alike(), list[bool]()
    for question in questions:
        found.append(asked.again(question))
        asked.add(question)
    return sum(found) / len(found) if found else 0.0
