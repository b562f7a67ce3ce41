"""The ways between tables along their keys."""

from __future__ import annotations

from collections import deque

from sqlkit.schema.types import Schema


class Ways:
    """The key graph of a schema; `near` are the tables one key away, whichever way the key points."""

    def __init__(self, schema: Schema) -> None:
        graph: dict[str, set[str]] = {t.name: set() for t in schema.tables}
        for table, key in schema.joins():
            if key.ref_table in graph and key.ref_table != table.name:
                graph[table.name].add(key.ref_table)
                graph[key.ref_table].add(table.name)
        self.near = {table: sorted(others) for table, others in graph.items()}
        self._up = {t.name: sorted({k.ref_table for k in t.foreign_keys} - {t.name}) for t in schema.tables}

    def between(self, start: str, end: str) -> list[str]:
        """A shortest way, from its end to its start; none where there is none."""
        came: dict[str, str] = {start: start}
        queue = deque([start])
        while queue:
            here = queue.popleft()
            if here == end:
                path = [here]
                while came[path[-1]] != path[-1]:
                    path.append(came[path[-1]])
                return path
            for there in self.near.get(here, ()):
                if there not in came:
                    came[there] = here
                    queue.append(there)
        return []

    def around(self, start: str) -> dict[str, list[str]]:
        """Ways as `between` has them to the tables up to two keys away."""
        near = {there: [there, start] for there in self.near.get(start, ())}
        found = {start: [start], **near}
        for here in near:
            for there in self.near[here]:
                found.setdefault(there, [there, *near[here]])
        return found

    def upward(self, start: str, end: str) -> list[str]:
        """The tables on every shortest way of at most three keys from rows to what they refer to; none where there is none."""
        ways = [[start]]
        for _ in range(3):
            ways = [[*way, there] for way in ways for there in self._up.get(way[-1], ()) if there not in way]
            if found := [way for way in ways if way[-1] == end]:
                return list(dict.fromkeys(t for way in found for t in way))
        return []
