"""How varied questions are: self-BLEU (Zhu et al. 2018, https://arxiv.org/abs/1802.01886) and the wordings left when names go."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from sqlkit.schema.words import stem, words

_WORD = re.compile(r"\w+|[^\w\s]")


def self_bleu(texts: Sequence[str], order: int = 4, most: int = 200) -> float:
    """The mean BLEU of each text against all others, from 0 (nothing shared) to 1 (all alike); 0 for fewer than two.

    n-grams up to `order`, missing ones counted as a half (Lin and Och 2004), no brevity penalty: a short question is not a copy.
    Of more than `most` texts every k-th is taken, evenly.
    """
    step = max(1, len(texts) // most)
    tokens = [_WORD.findall(t.lower()) for t in texts[::step]]
    grams = [[_grams(t, n) for n in range(1, order + 1)] for t in tokens]
    return sum(_bleu(grams, i) for i in range(len(grams))) / len(grams) if len(grams) > 1 else 0.0


def _grams(tokens: Sequence[str], n: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1))


def _bleu(grams: Sequence[Sequence[Counter[tuple[str, ...]]]], i: int) -> float:
    logs = []
    for n, own in enumerate(grams[i]):
        total = own.total()
        if not total:
            continue
        best: Counter[tuple[str, ...]] = Counter()
        for j, other in enumerate(grams):
            if j != i:
                best |= other[n] & own
        logs.append(math.log(max(best.total(), 0.5) / total))
    return math.exp(sum(logs) / len(logs)) if logs else 0.0


def frame(question: str, known: Collection[str]) -> str:
    """A question without what it is about: runs of names, values and numbers become one mark. `known`: stems of these."""
    parts = ["_" if any(c.isdigit() for c in w) or stem(w) in known else w for w in _WORD.findall(question.lower())]
    return re.sub(r"_(?: _)+", "_", " ".join(parts))


def stems_of(names: Iterable[str]) -> set[str]:
    """The stems of all words of some names."""
    return {stem(w) for name in names for w in words(name)}
