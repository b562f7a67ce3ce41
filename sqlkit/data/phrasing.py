"""Templates with choices: "[how many|what number of] {rows} [are there|do we have]?" drawn into one text.

Square brackets hold alternatives, which may nest and may be empty; braces hold slots, filled last, so that a value with a
bracket in it stays as it is. A slot with several texts takes one of them.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

Part = str | tuple["Choice", ...]
Choice = tuple[Part, ...]
Slot = str | Sequence[str]

_TOKEN = re.compile(r"[\[\]|]|\{\w+\}|[^\[\]|{}]+")


@lru_cache(maxsize=5_000)
def _parse(template: str) -> Choice:
    stack: list[list[list[Part]]] = [[[]]]
    for token in _TOKEN.findall(template):
        if token == "[":
            stack.append([[]])
        elif token == "]":
            choices = tuple(tuple(c) for c in stack.pop())
            stack[-1][-1].append(choices)
        elif token == "|" and len(stack) > 1:
            stack[-1].append([])
        else:
            stack[-1][-1].append(token)
    return tuple(stack[0][0])


def expand(template: str, rng: random.Random, slots: Mapping[str, Slot]) -> str:
    """One text of a template. Raises KeyError for a slot that is not given."""
    return re.sub(r"\s+([?,.])", r"\1", re.sub(r"\s{2,}", " ", _draw(_parse(template), rng, slots))).strip()


def _draw(parts: Choice, rng: random.Random, slots: Mapping[str, Slot]) -> str:
    made = []
    for part in parts:
        if isinstance(part, tuple):
            made.append(_draw(rng.choice(part), rng, slots))
        elif part.startswith("{"):
            value = slots[part[1:-1]]
            made.append(value if isinstance(value, str) else rng.choice(value))
        else:
            made.append(part)
    return "".join(made)
