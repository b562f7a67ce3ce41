"""Writing trees as SQL text: sqlglot's generator within bounds. `style` gives the kit's own spelling by the same bounds; nothing else calls a generator.

Some functions have no counterpart in a dialect and are written with their arguments in several places (GREATEST, XOR, ARRAYS_ZIP); inside each other, their text
doubles, or worse, with each of them: six calls gave a megabyte in 13 seconds, 26 four gigabytes. Nobody writes that; a model that is led astray may.
"""

from __future__ import annotations

import functools
from typing import Any

import sqlglot
from sqlglot import exp

from sqlkit.sql.parse import ParseError, nodes, own_mistakes, view_one

LEAST, EACH = 5_000, 20  # parts that may be written at least, and for each node of the tree
LONGEST = 100  # characters for each of these


class Bounded:
    """Beside a generator of sqlglot's: it ends when it writes many times as much as the tree holds. Raises ParseError."""

    _left = LEAST
    _room = LEAST * LONGEST

    def generate(self, expression: exp.Expr, copy: bool = True) -> str:
        self._left = LEAST + EACH * len(nodes(expression))
        self._room = self._left * LONGEST
        with own_mistakes():
            return str(super().generate(expression, copy))  # type: ignore[misc]

    def sql(self, expression: Any, key: str | None = None, comment: bool = True) -> str:
        text: str = super().sql(expression, key, comment)  # type: ignore[misc]
        self._left -= 1
        if self._left < 0 or len(text) > self._room:
            raise ParseError("functions inside each other whose text would be many times as long as the query")
        return text


@functools.cache
def _writer(dialect: str) -> Any:
    speaker = sqlglot.Dialect.get_or_raise(dialect)
    kind = speaker.generator_class
    return functools.partial(type(f"Bounded{kind.__name__}", (Bounded, kind), {}), dialect=speaker)


def write(tree: exp.Expr, dialect: str = "duckdb", *, copy: bool = True) -> str:
    """The tree as SQL of a dialect; "" is sqlglot's own. copy: False for a tree that is not needed any more; the generator changes it.

    Raises ParseError where the text would be out of proportion.
    """
    return str(_writer(dialect)().generate(tree, copy))


def transpile(sql: str, read: str, target: str = "duckdb") -> str:
    """SQL of one dialect as SQL of another. Raises SqlglotError."""
    return write(view_one(sql, read), target)
