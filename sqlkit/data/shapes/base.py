"""What a shape is: a function (world, rng) that draws a query and says what it asks for, and its place in the list."""

from __future__ import annotations

import dataclasses
import functools
import random
from collections.abc import Callable, Sequence

from sqlkit.data.phrasing import Slot, expand
from sqlkit.data.world import World
from sqlkit.schema.expressions import Link


@dataclasses.dataclass(frozen=True, slots=True)
class Draft:
    """A query, noun phrases for what it returns ("the number of open orders") and whole questions."""

    sql: str
    phrases: tuple[str, ...]
    questions: tuple[str, ...] = ()


Maker = Callable[[World, random.Random], Draft | None]
SHAPES: dict[str, tuple[Maker, float]] = {}


def shape(weight: float) -> Callable[[Maker], Maker]:
    """Put a function into SHAPES under its own name; `weight` says how often it is drawn beside the others."""

    def register(maker: Maker) -> Maker:
        @functools.wraps(maker)
        def settled(world: World, rng: random.Random) -> Draft | None:
            world.settle(rng)
            return maker(world, rng)

        SHAPES[maker.__name__] = (settled, weight)
        return maker

    return register


@dataclasses.dataclass(frozen=True, slots=True)
class Subject:
    """The rows meant: as a noun with everything said of it, the conditions, and a form of which one part opens the question."""

    text: str
    where: list[str]
    front: str = ""
    rest: str = ""
    noun: str = ""

    @property
    def tail(self) -> str:
        """What is said behind the noun, '' where something stands before it."""
        return self.text.removeprefix(self.noun).strip() if self.text.startswith(self.noun + " ") else ""


def ask(
    sql: str, rng: random.Random, phrases: Sequence[str], questions: Sequence[str], rows: Subject | None = None, /, **slots: Slot
) -> Draft:
    """A draft of templates. At times the front of `rows` opens the question: 'in 2024, how many ...'."""
    fronted = rows is not None and bool(rows.front) and rng.random() < 0.3
    if fronted and rows is not None:  # a slot that says it already cannot be said again
        fronted = not any(rows.front in text for slot in slots.values() for text in ([slot] if isinstance(slot, str) else slot))
    if rows is not None:
        slots["rows"] = rows.rest if fronted else rows.text
    said = tuple(expand(t, rng, slots) for t in phrases)
    asked = tuple(expand(t, rng, slots) for t in questions)
    if fronted and rows is not None:
        joint = rng.choice((", ", ", ", " "))
        return Draft(sql, (said[0] + f" {rows.front}",) if said else (), tuple(f"{rows.front}{joint}{q}" for q in asked))
    return Draft(sql, said, asked)


def pick_table(world: World, rng: random.Random, *kinds: str) -> str | None:
    """A table that has columns of one of the roles."""
    tables = [t.name for t in world.schema.tables if not kinds or world.of(t.name, *kinds)]
    return rng.choices(tables, [world.weight(t) for t in tables])[0] if tables else None


def pick_link(world: World, rng: random.Random, *kinds: str, label: bool = True) -> Link | None:
    """A key of one column from a child, with columns of one of the roles, to a parent, with a label."""
    links = [x for x in world.links if len(x[1]) == 1 and (not label or world.label(x[2])) and (not kinds or world.of(x[0], *kinds))]
    return rng.choices(links, [world.weight(x[0]) for x in links])[0] if links else None


def years(world: World, table: str, column: str) -> tuple[int, int] | None:
    """The first and last full year that a date column speaks of."""
    spread = world.profile.column(table, column).quantiles
    return (int(str(spread[1])[:4]), int(str(spread[9])[:4])) if len(spread) >= 11 else None
