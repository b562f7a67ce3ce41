"""Questions that say nearly the same: Jaccard similarity of their sets of word stems.

`near` finds every pair above a threshold by prefix filtering (Chaudhuri, Ganti, Kaushik 2006): two sets whose similarity
is at least t share one of the |x| - ceil(t |x|) + 1 rarest words of each. Unlike MinHash it misses no pair, and every
candidate is checked exactly, so a split that passes is free of such pairs and not only likely to be.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from sqlkit.schema.words import stem

Bag = frozenset[str]
_WORD = re.compile(r"\d+|[\u3040-\u9fff]|[^\W\d_]+")  # Chinese and Japanese are compared by character


def fold(question: str) -> str:
    """A question without case, punctuation and runs of white space."""
    return re.sub(r"\W+", " ", question.lower()).strip()


def bag(question: str) -> Bag:
    """The set of a question's word stems."""
    return frozenset(stem(w) for w in _WORD.findall(question.lower()))


def jaccard(a: Bag, b: Bag) -> float:
    """Shared words over all words, 0 to 1; two empty sets have nothing in common."""
    return len(a & b) / len(a | b) if a or b else 0.0


def near(left: Sequence[Bag], right: Sequence[Bag], least: float) -> Iterator[tuple[int, int, float]]:
    """Every (i, j, similarity) with similarity of left[i] and right[j] at least `least` (above 0), i ascending."""
    seen = Counter(word for bags in (left, right) for one in bags for word in one)
    postings: defaultdict[str, list[int]] = defaultdict(list)
    for j, one in enumerate(right):
        for word in _rarest(one, seen, least):
            postings[word].append(j)
    for i, one in enumerate(left):
        for j in sorted({j for word in _rarest(one, seen, least) for j in postings.get(word, ())}):
            if (alike := jaccard(one, right[j])) >= least:
                yield i, j, alike


def _rarest(one: Bag, seen: Counter[str], least: float) -> list[str]:
    ordered = sorted(one, key=lambda word: (seen[word], word))
    return ordered[: len(ordered) - math.ceil(least * len(ordered) - 1e-9) + 1]


def nearest(left: Sequence[Bag], right: Sequence[Bag]) -> list[tuple[int, float]]:
    """For each of `left` the most similar of `right` (the first of equals) and its similarity; (-1, 0.0) when none."""
    import numpy

    postings: defaultdict[str, list[int]] = defaultdict(list)
    for j, one in enumerate(right):
        for word in one:
            postings[word].append(j)
    where = {word: numpy.array(there, dtype=numpy.int32) for word, there in postings.items()}
    sizes = numpy.array([len(one) for one in right], dtype=numpy.int32)
    found: list[tuple[int, float]] = []
    for one in left:
        there = [where[word] for word in one if word in where]
        if not there:
            found.append((-1, 0.0))
            continue
        shared = numpy.bincount(numpy.concatenate(there), minlength=len(right))
        alike = shared / (len(one) + sizes - shared)
        best = int(alike.argmax())
        found.append((best, float(alike[best])))
    return found
