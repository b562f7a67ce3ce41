"""Lark text for llguidance: literals, alternatives, and rules that can match something."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence

_LITERAL = re.compile(r'"(?:[^"\\]|\\.)*"|/(?:[^/\\]|\\.)*/')


def lexeme(text: str) -> str:
    """A text as it stands."""
    return json.dumps(text, ensure_ascii=False)


def any_of(texts: Iterable[str]) -> str:
    """One of these texts."""
    return " | ".join(map(lexeme, dict.fromkeys(texts)))


def defined(rules: Sequence[str]) -> Iterator[str]:
    """The rules that can match something: one that has no alternative falls out, and with it every use of it."""
    kept = {name.strip(): body.strip() for name, _, body in (r.partition(":") for r in rules)}
    while empty := {name for name, body in kept.items() if not body}:
        for name in empty:
            del kept[name]
        gone = "|".join(map(re.escape, empty))
        for name, body in kept.items():
            parts = _alternatives(re.sub(rf"({_LITERAL.pattern})|(?<!\w)(?:{gone})\?", r"\1", body))
            kept[name] = " | ".join(p for p in parts if not re.search(rf"(?<!\w)(?:{gone})(?!\w)", _LITERAL.sub('""', p)))
    for name, body in kept.items():
        yield f"{name}: {body}"


def _alternatives(body: str) -> list[str]:
    """A rule's body cut at its outermost bars."""
    found, depth, start, quoted = [], 0, 0, ""
    for i, char in enumerate(body):
        if quoted:
            quoted = "" if char == quoted and body[i - 1] != "\\" else quoted
        elif char in "\"/":
            quoted = char
        elif char in "()":
            depth += 1 if char == "(" else -1
        elif char == "|" and not depth:
            found.append(body[start:i].strip())
            start = i + 1
    return [part for part in (*found, body[start:].strip()) if part]
