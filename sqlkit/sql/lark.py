"""Lark text for llguidance: literals, alternatives, and rules that can match something."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterable, Iterator, Sequence

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|/(?:[^/\\]|\\.)*/|[()|]|(\w+)(\??)')  # literals, brackets, bars, names


def lexeme(text: str) -> str:
    """A text as it stands."""
    return json.dumps(text, ensure_ascii=False)


def any_of(texts: Iterable[str]) -> str:
    """One of these texts."""
    return " | ".join(map(lexeme, dict.fromkeys(texts)))


def defined(rules: Sequence[str]) -> Iterator[str]:
    """The rules that can match something: one that has no alternative falls out, and with it every use of it."""
    kept = {name.strip(): _alternatives(body) for name, _, body in (r.partition(":") for r in rules)}
    while empty := {name for name, parts in kept.items() if not parts}:
        for name in empty:
            del kept[name]
        for name, parts in kept.items():
            kept[name] = [left for part in parts if (left := _without(empty, part))]
    for name, parts in kept.items():
        yield f"{name}: {' | '.join(part.text for part in parts)}"


@dataclasses.dataclass(frozen=True, slots=True)
class _Part:
    """An alternative, and the names in it; `spare` are those with a question mark."""

    text: str
    names: frozenset[str]
    spare: frozenset[str]


def _alternatives(body: str) -> list[_Part]:
    """A rule's body cut at its outermost bars."""
    found: list[_Part] = []
    depth, start = 0, 0
    needed: set[str] = set()
    spare: set[str] = set()

    def cut(end: int) -> None:
        if text := body[start:end].strip():
            found.append(_Part(text, frozenset(needed | spare), frozenset(spare - needed)))

    for token in _TOKEN.finditer(body):
        if token[1]:
            (spare if token[2] else needed).add(token[1])
        elif token[0] == "|" and not depth:
            cut(token.start())
            start = token.end()
            needed, spare = set(), set()
        elif token[0] in "()":
            depth += 1 if token[0] == "(" else -1
    cut(len(body))
    return found


def _without(empty: set[str], part: _Part) -> _Part | None:
    """The alternative without names that match nothing; None where it cannot be without them."""
    gone = part.names & empty
    if not gone <= part.spare:
        return None
    if not gone:
        return part
    text = _TOKEN.sub(lambda token: "" if token[1] in gone else token[0], part.text).strip()
    return _Part(text, part.names - gone, part.spare - gone) if text else None
