"""What a condition is, and how its values are written."""

from __future__ import annotations

import dataclasses
import random


@dataclasses.dataclass(frozen=True, slots=True)
class Filter:
    """`before` stands before the noun ("shipped orders"), `after` behind it ("orders from Lyon"); one is used."""

    sql: str
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    key: str = ""
    name: str = ""  # the row's own name, where the condition names one row
    front: tuple[str, ...] = ()  # the forms that may also open a question: "in 2024, how many ..."


def quote(value: object) -> str:
    if isinstance(value, int | float):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"


def case(value: str, rng: random.Random) -> str:
    """A value as people type it: mostly as it stands, at times in lower case."""
    return value.lower() if rng.random() < 0.25 else value


def nice(number: float, rng: random.Random) -> int | float:
    """A round number near the given one."""
    if abs(number) < 1:
        return round(number, 2)
    if abs(number) < 20:
        return round(number)
    digits = len(str(int(abs(number))))
    return int(round(number, -(digits - rng.choice((1, 2)))))
