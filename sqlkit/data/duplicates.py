"""Rows that say again what another row says: over the same tables, in the same or nearly the same words."""

from __future__ import annotations

from collections import defaultdict

from sqlkit.schema.similar import bag, fold, jaccard

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
