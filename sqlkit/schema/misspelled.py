"""Words that are known, one slip of the finger away: people misspell, and the schema must still be found."""

from __future__ import annotations

from collections.abc import Iterable

KEPT = 50_000  # words whose neighbours are kept
SHORTEST = 5  # letters; of shorter words too many are alike


class Spelling:
    """Built once over the words that are known."""

    def __init__(self, known: Iterable[str]) -> None:
        self._lengths: dict[int, list[str]] = {}
        self._found: dict[str, list[str]] = {}
        for word in known:
            self._lengths.setdefault(len(word), []).append(word)

    def near(self, word: str) -> list[str]:
        """Up to three known words one edit away from `word`."""
        if len(word) < SHORTEST:
            return []
        if word not in self._found:
            candidates = (known for size in (-1, 0, 1) for known in self._lengths.get(len(word) + size, ()))
            if len(self._found) > KEPT:
                self._found.clear()
            self._found[word] = sorted(known for known in candidates if one_edit(known, word))[:3]
        return self._found[word]


def one_edit(a: str, b: str) -> bool:
    """Whether one insertion, deletion, change or swap of neighbours turns a into b."""
    if a == b:
        return True
    i = next((k for k, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    rest_a, rest_b = a[i:], b[i:]
    swapped = rest_a[1::-1] == rest_b[:2] and rest_a[2:] == rest_b[2:]
    return rest_a[1:] == rest_b[1:] or rest_a[1:] == rest_b or rest_a == rest_b[1:] or swapped
