"""A value that is there or not; a yes or a no."""

from __future__ import annotations

import random
import re

from sqlkit.data.filters.base import Filter
from sqlkit.data.scope import Scope
from sqlkit.data.world import Role, World


def missing(world: World, scope: Scope, role: Role, rng: random.Random) -> Filter | None:
    """A value that is absent or present."""
    share = world.profile.column(*role.place).null_share
    if not 0.0 < share < 1.0:
        return None
    target, said = scope.col(*role.place), world.said(*role.place, rng)
    place, verbs = f"{role.table}.{role.column.name}", world.verbs(*role.place) if role.role == "date" else []
    verbs = [v for v in verbs if not v.endswith("ing")]
    if rng.random() < 0.6:
        after: tuple[str, ...] = (
            f"without {said}",
            f"with no {said}",
            f"without a {said}",
            f"that have no {said}",
            f"where {said} is missing",
            f"with missing {said}",
            f"that do not have a {said}",
            f"where the {said} is not known",
            f"with unknown {said}",
            f"lacking a {said}",
            f"whose {said} is empty",
            *(
                form
                for v in verbs
                for form in (f"not yet {v}", f"that were never {v}", f"that have not been {v} yet", f"not {v} yet", f"still not {v}")
            ),
        )
        return Filter(f"{target} IS NULL", (), after, place)
    after = (
        f"with a {said}",
        f"that have a {said}",
        f"where {said} is known",
        f"with {said} on record",
        f"that do have a {said}",
        f"with a known {said}",
        f"where the {said} is given",
        *(form for v in verbs for form in (f"already {v}", f"that have already been {v}")),
    )
    return Filter(f"{target} IS NOT NULL", (), after, place)


def flag(world: World, scope: Scope, role: Role, rng: random.Random) -> Filter | None:
    """A yes or no."""
    target, said = scope.col(*role.place), world.said(*role.place, rng)
    place = f"{role.table}.{role.column.name}"
    bare = re.sub(r"^(?:is|has|was|are) ", "", said)
    adjective = len(bare.split()) == 1
    if rng.random() < 0.7:
        plain: tuple[str, ...] = (
            (f"that are {bare}", f"which are {bare}", f"flagged as {bare}", f"marked {bare}")
            if adjective
            else (f"with a {bare}", f"that have a {bare}")
        )
        return Filter(
            target,
            (bare, bare) if adjective else (),
            (f"with {bare}", *plain, f"where {said} is true", f"with {bare} set", f"where {said} is yes"),
            place,
        )
    plain = (
        (f"that are not {bare}", f"that aren't {bare}", f"which are not {bare}")
        if adjective
        else (f"without a {bare}", f"that have no {bare}")
    )
    return Filter(
        f"NOT {target}",
        (f"non-{bare}", f"not {bare}") if adjective else (),
        (f"without {bare}", *plain, f"with no {bare}", f"where {said} is false", f"where {said} is no"),
        place,
    )
