"""Questions that say nearly the same: every pair is found, and none that is not there."""

from __future__ import annotations

import itertools
import random

from sqlkit.schema.similar import bag, fold, jaccard, near, nearest


def random_bags(seed: int, count: int) -> list[frozenset[str]]:
    chance = random.Random(seed)
    return [frozenset(chance.choices("abcdefghij", k=chance.randint(1, 9))) for _ in range(count)]


def test_near_finds_what_comparing_all_finds() -> None:
    left, right = random_bags(1, 60), random_bags(2, 60)
    for least in (0.5, 0.75, 0.9, 1.0):
        wanted = [(i, j) for i, j in itertools.product(range(60), range(60)) if jaccard(left[i], right[j]) >= least]
        assert [(i, j) for i, j, _ in near(left, right, least)] == wanted


def test_nearest_is_the_most_similar() -> None:
    left, right = random_bags(3, 40), random_bags(4, 40)
    for one, (j, alike) in zip(left, nearest(left, right), strict=True):
        scores = [jaccard(one, other) for other in right]
        assert (alike, j) == (max(scores), scores.index(max(scores))) if max(scores) else (0.0, -1)
    assert nearest([frozenset({"x"})], [frozenset({"y"})]) == [(-1, 0.0)]


def test_words_and_folding() -> None:
    assert fold("  What's -- the\tname? ") == "what s the name"
    assert bag("東京の人口") == frozenset("東京の人口")
