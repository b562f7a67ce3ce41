"""Weights of shapes after what the people of a database ask for, as their query logs show it."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Mapping

from sqlkit.data.shapes import SHAPES
from sqlkit.data.world import World
from sqlkit.sql.skeleton import outline

FOLLOWED = 0.7  # share of the weight that goes by the logs; the rest stays as it is, so that nothing is unlearnt
DRAWN = 12  # drafts of each shape, to see which outlines it has
MOST = 10.0  # times its own weight that a shape may have


def follow(calls: Mapping[str, int], world: World, seed: int) -> dict[str, float]:
    """The weight of each shape when queries are to have the outlines ('join, group, top') of logged ones.

    calls: how often each skeleton (`mine.skeletons`) was called. A shape's weight is multiplied by the mean, over its own outlines, of how much
    more often the logs have them than the sampler would; an outline that no shape has counts for nothing. Without calls weights stay.
    """
    own = {name: weight for name, (_, weight) in SHAPES.items()}
    drawn = {name: _outlines(name, world, random.Random(f"{seed} {name}")) for name in own}
    mixed: defaultdict[str, float] = defaultdict(float)
    total = sum(weight for name, weight in own.items() if drawn[name])
    for name, found in drawn.items():
        for kind, share in found.items():
            mixed[kind] += own[name] / total * share
    logged: Counter[str] = Counter()
    for skeleton, n in calls.items():
        kind = outline(skeleton)
        logged[kind] += n if kind in mixed else 0
    asked = sum(logged.values())
    if not asked:
        return own
    wanted = {kind: (1 - FOLLOWED) * share + FOLLOWED * logged[kind] / asked for kind, share in mixed.items()}
    return {name: own[name] * min(MOST, sum(share * wanted[kind] / mixed[kind] for kind, share in drawn[name].items())) or own[name] for name in own}


def _outlines(name: str, world: World, rng: random.Random) -> dict[str, float]:
    """Shares of the outlines of a shape's drafts over this schema; none where it has nothing for the shape."""
    found: Counter[str] = Counter()
    for _ in range(DRAWN):
        try:
            draft = SHAPES[name][0](world, rng)
        except LookupError:
            continue
        if draft is not None:
            found[outline(draft.sql)] += 1
    return {kind: n / found.total() for kind, n in found.items()}
