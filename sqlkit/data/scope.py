"""One SELECT over a world: FROM and joins grow as columns are asked for."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlkit.data.world import World
from sqlkit.schema.expressions import Link
from sqlkit.sql.grammar import identifier


class Scope:
    """One SELECT: its FROM and joins grow as columns are asked for; columns are qualified when tables are several."""

    def __init__(self, world: World, root: str) -> None:
        self.world, self.root = world, root
        self.joins: list[Link] = []
        self.qualified = False
        self.avoid: frozenset[str] = frozenset()  # parents of which nothing more is said
        self.used: set[str] = set()  # columns ('table.column') that are spoken of already: a condition on them would say nothing new

    def col(self, table: str, column: str) -> str:
        self.reach(table)
        return f"\x01{table}\x03{column}\x02"

    def reach(self, table: str) -> None:
        """Join the tables on the way up to `table`. Raises LookupError when there is no way."""
        if table == self.root or table in {j[2] for j in self.joins}:
            return
        path = self.world.up(self.root).get(table)
        if path is None:
            raise LookupError(table)
        for link in path:
            if link[2] not in {j[2] for j in self.joins}:
                self.joins.append(link)

    def use(self, sql: str) -> None:
        """Take the columns of an expression of this scope as spoken of."""
        self.used |= {f"{m[1]}.{m[2]}" for m in _PLACE.finditer(sql)}

    def expression(self, sql: str) -> str:
        """Glossary SQL ('table.column' text) as an expression of this scope."""
        names = {t.name.lower(): t.name for t in self.world.schema.tables}

        def replace(match: re.Match[str]) -> str:
            first, second = ((match[n] or match[n + 1].replace('""', '"')) for n in (1, 3))
            table = names.get(first.lower())
            return self.col(table, second) if table else match[0]

        name = r'([A-Za-z_]\w*)|"((?:[^"]|"")+)"'
        pattern = re.compile(rf"(?<![\w\"])(?:{name})\.(?:{name})(?![\w\"])")
        return "".join(text if nested else pattern.sub(replace, text) for text, nested in _subqueries(sql))

    def sql(self, select: str, where: Sequence[str] = (), tail: str = "") -> str:
        text = f"SELECT {select} FROM {self.world.named(self.root)}"
        for child, columns, parent, keys in self.joins:
            on = " AND ".join(f"{self._column(child, a)} = {self._column(parent, b)}" for a, b in zip(columns, keys, strict=True))
            text += f" JOIN {self.world.named(parent)} ON {on}"
        if where:
            text += f" WHERE {' AND '.join(where)}"
        text += f" {tail}" if tail else ""
        return self.plain(text)

    def _column(self, table: str, column: str) -> str:
        return f"{self.world.named(table)}.{identifier(column)}"

    def plain(self, text: str) -> str:
        """The text with its columns written out: qualified where several tables are read."""
        several = bool(self.joins) or self.qualified
        return _PLACE.sub(lambda m: self._column(m[1], m[2]) if several else identifier(m[2]), text)


_PLACE = re.compile("\x01([^\x03]+)\x03([^\x02]+)\x02")


def _subqueries(sql: str) -> list[tuple[str, bool]]:
    """The text cut into what stands outside and inside '(SELECT ...)'; a subquery speaks of its own tables."""
    parts: list[tuple[str, bool]] = []
    at = 0
    for match in re.finditer(r"\(\s*SELECT\b", sql, re.I):
        if match.start() < at:
            continue
        depth, end = 0, match.start()
        for end in range(match.start(), len(sql)):
            depth += {"(": 1, ")": -1}.get(sql[end], 0)
            if depth == 0:
                break
        parts += [(sql[at : match.start()], False), (sql[match.start() : end + 1], True)]
        at = end + 1
    return [*parts, (sql[at:], False)]
