"""A number above, below, between, or exactly so."""

from __future__ import annotations

import random
import re

from sqlkit.data.english import figure
from sqlkit.data.filters.base import Filter, nice
from sqlkit.data.scope import Scope
from sqlkit.data.world import Role, World

VERBS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("price|fee|fare|cost", ("costing {}", "that cost {}", "priced {}")),
    ("salary|wage|pay|earnings|income", ("earning {}", "who earn {}", "making {}")),
    ("weight", ("weighing {}", "that weigh {}")),
    ("duration|runtime|length", ("lasting {}", "that last {}")),
    ("rating|score|stars", ("rated {}", "with a rating {}")),
    ("capacity", ("holding {}", "with room for {}")),
    ("amount|value|total", ("worth {}", "amounting to {}")),
)


ABOVE = (
    "above",
    "over",
    "more than",
    "greater than",
    "higher than",
    "exceeding",
    "larger than",
    "more than",
    "over",
    "beyond",
    "bigger than",
    ">",
)


BELOW = ("below", "under", "less than", "lower than", "smaller than", "under", "less than", "<", "fewer than")


FROM = ("of at least", "of no less than", "of a minimum of", ">=", "at or above", "of not less than", "of minimum")


UP_TO = ("of at most", "of no more than", "of a maximum of", "<=", "up to", "of not more than")


def measure(world: World, scope: Scope, role: Role, rng: random.Random) -> Filter | None:
    """A number above, below, between, or exactly so."""
    spread = [q for q in world.profile.column(*role.place).quantiles if isinstance(q, int | float)]
    if len(spread) < 11:
        return None
    target, said, unit = scope.col(*role.place), world.said(*role.place, rng), world.unit(*role.place)
    place = f"{role.table}.{role.column.name}"
    low, high = sorted((nice(spread[rng.randint(2, 5)], rng), nice(spread[rng.randint(5, 8)], rng)))

    def of(value: int | float) -> str:
        return f"{figure(value, rng)} {unit}" if unit and unit != "percent" and rng.random() < 0.4 else figure(value, rng)

    style = rng.random()
    if style < 0.76:
        up, strict = style < 0.38, rng.random() < 0.7
        if not spread[0] < high < spread[10]:
            return None
        how = (ABOVE if up else BELOW) if strict else (FROM if up else UP_TO)
        sign = (">" if up else "<") + ("" if strict else "=")
        return Filter(f"{target} {sign} {high}", (), _compared(said, rng.choice(how), of(high), rng), place)
    if style < 0.9 and low < high:
        a, b = figure(low, rng), of(high)
        after: tuple[str, ...] = (
            f"with {said} between {a} and {b}",
            f"with a {said} from {a} to {b}",
            f"whose {said} is between {a} and {b}",
            f"with a {said} of {a} to {b}",
            f"where {said} lies between {a} and {b}",
            f"with {said} in the range {a} to {b}",
            f"with {said} from {a} up to {b}",
        )
        return Filter(f"{target} BETWEEN {low} AND {high}", (), after, place)
    value = nice(spread[5], rng)
    amount = of(value)
    after = (
        f"with {said} {amount}",
        f"whose {said} is exactly {amount}",
        f"with a {said} of {amount}",
        f"where {said} is {amount}",
        f"with {said} equal to {amount}",
    )
    return Filter(f"{target} = {value}", (), after, place)


def _compared(said: str, word: str, amount: str, rng: random.Random) -> tuple[str, ...]:
    """The ways to hold a measure against an amount."""
    bare = word.removeprefix("of ")
    bare = bare if not bare.startswith("a m") else bare.replace("a minimum of", "at least").replace("a maximum of", "at most")
    found = [
        f"with {said} {word} {amount}",
        f"with a {said} {word} {amount}",
        f"whose {said} is {bare} {amount}",
        f"where {said} {'is ' if word[0].isalpha() else ''}{bare} {amount}",
        f"having {said} {word} {amount}",
        f"that have a {said} {word} {amount}",
        f"where the {said} is {bare} {amount}",
        f"with a {said} that is {bare} {amount}",
    ]
    last = said.split()[-1]
    if not word[0].isalpha():
        return (
            f"with {said} {word} {amount}",
            f"where {said} {word} {amount}",
            f"having {said} {word} {amount}",
            f"({said} {word} {amount})",
        )
    plural_ = last.endswith("s") and not last.endswith(("ss", "us"))
    if plural_ and bare not in {"above", "below", "exceeding", "at or above", "higher than", "lower than"}:
        more = (
            bare.replace("greater", "more")
            .replace("larger", "more")
            .replace("bigger", "more")
            .replace("smaller", "fewer")
            .replace("beyond", "over")
        )
        found += [
            f"with {more} {amount} {said}",
            f"that have {more} {amount} {said}",
            f"with {more} {amount} {said}",
            f"having {more} {amount} {said}",
        ]
    for key, verbs in VERBS:
        if last in key.split("|") or last.rstrip("s") in key.split("|"):
            more = re.sub(r"^(?:greater|larger|bigger|higher)", "more", re.sub(r"^(?:smaller|lower|fewer)", "less", bare))
            found += [verb.format(f"{more} {amount}") for verb in verbs]
    if "percent" not in said and rng.random() < 0.2:
        found.append(f"with {bare} {amount} {said}")
    return tuple(found)
