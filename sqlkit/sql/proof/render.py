"""One text for all queries that differ only in order and names: of sources, conditions, outputs, aliases.

Two queries of one text are the same but for the numbers of their sources, so the text may be compared in the place of the
queries. Among the numberings of sources of the same table the one whose text comes first is taken.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlkit.sql.proof.algebra import Query, Scope, SetOperation, Source, Term, Unprovable, kind, width
from sqlkit.sql.proof.keys import closure, columns_of

MOST = 2000  # SELECTs written before it is given up
_COMMUTING = frozenset({"+", "*"})
_PERMUTED = 4  # columns of a set operation of which every order is tried
Order = tuple[int, ...]  # for each position in a text the output that stands there
Seen = Mapping[Any, Any]  # id of a source -> its name and positions; (id of a source, column) -> the column it equals


def form(query: Query, outputs: Sequence[int] | None = None) -> tuple[str, Order]:
    """The text, and for each position in it the output that stands there: `outputs`, else sorted. Raises Unprovable."""
    return _Writer().query(query, {}, outputs)


class _Writer:
    """`left`: SELECTs that may still be written."""

    def __init__(self) -> None:
        self.left = MOST

    def query(self, query: Query, seen: Seen, outputs: Sequence[int] | None = None) -> tuple[str, Order]:
        if isinstance(query, SetOperation):
            return min(self._set_operation(query, seen, order) for order in _orders(width(query), outputs))
        return min(self._scope(query, named, outputs) for named in self._numbered(query, seen))

    def _set_operation(self, query: SetOperation, seen: Seen, order: Order) -> tuple[str, Order]:
        """Branches share their columns' order."""
        branches = [self.query(branch, seen, order)[0] for branch in (query.left, query.right)]
        if query.kind != "except":
            branches.sort()
        keys = [(order.index(term[1]), falling, first) for term, falling, first in query.order]
        return repr((query.kind, query.bag, branches, keys, query.limit, query.offset)), order

    def _numbered(self, scope: Scope, seen: Seen) -> Iterator[dict[Any, Any]]:
        """Names for the sources: by what they are, and where several are the same, in every order."""
        depth = sum(isinstance(key, int) for key in seen)
        described: list[tuple[str, Source, Order]] = []
        for source in scope.sources:
            text, places = (source.table, ()) if source.query is None else self.query(source.query, {})
            described.append((f"{'left' if source.optional else 'inner'} {text}", source, places))
        described.sort(key=lambda entry: entry[0])
        groups = [list(entries) for _, entries in itertools.groupby(described, key=lambda entry: entry[0])]
        if math.prod(math.factorial(len(entries)) for entries in groups) > self.left:
            raise Unprovable("too many sources of the same table")
        for arrangement in itertools.product(*(itertools.permutations(entries) for entries in groups)):
            named = dict(seen)
            for number, (text, source, places) in enumerate(itertools.chain.from_iterable(arrangement)):
                positions = {name: places.index(i) for i, name in enumerate(source.columns)} if source.query is not None else {}
                named[id(source)] = (depth + number, positions, text)
            yield named

    def _scope(self, scope: Scope, named: dict[Any, Any], outputs: Sequence[int] | None) -> tuple[str, Order]:
        self.left -= 1
        if self.left < 0:
            raise Unprovable("too many ways to write it")
        classes = self._equal_columns(scope, named)
        seen = {**named, **{member: texts[0] for texts, members in classes for member in members}}
        where = {self.term(c, seen) for c in scope.where if not _equates_columns(c)} | {repr(("equal", texts)) for texts, _ in classes}
        shown = [self.term(output, seen) for output in scope.outputs]
        order = tuple(outputs) if outputs is not None else tuple(sorted(range(len(shown)), key=lambda i: (shown[i], i)))
        parts = (
            scope.distinct,
            sorted((named[id(source)][0], named[id(source)][2]) for source in scope.sources),
            sorted((named[id(source)][0], sorted({self.term(c, seen) for c in on})) for source, on in scope.left),
            sorted(where),
            self._group(scope, seen),
            sorted({self.term(c, seen) for c in scope.having}),
            [shown[i] for i in order],
            [(self.term(term, seen), falling, first) for term, falling, first in scope.order],
            scope.limit,
            scope.offset,
        )
        return repr(parts), order

    def _group(self, scope: Scope, seen: Seen) -> list[str] | None:
        """What rows of one group share: the keys and all that they fix. Key sets that fix the same make the same groups."""
        if not scope.group:
            return None if scope.group is None else []  # one group, even of no rows
        fixed = closure(columns_of(scope.group), scope.where, scope.sources)
        others = {self.term(key, seen) for key in scope.group if key[0] != "col"}
        return ["by", *sorted({self.term(("col", source, column), seen) for source, column in fixed} | others)]

    def _equal_columns(self, scope: Scope, named: dict[Any, Any]) -> list[tuple[list[str], set[tuple[int, str]]]]:
        """The classes of columns that the conditions make equal: their texts, sorted, and their keys in Seen."""
        classes: list[tuple[list[str], set[tuple[int, str]]]] = []
        for condition in scope.where:
            if not _equates_columns(condition):
                continue
            texts = {self.term(side, named) for side in condition[2:]}
            members = {(id(side[1]), side[2]) for side in condition[2:]}
            for other in [c for c in classes if c[1] & members or set(c[0]) & texts]:
                classes.remove(other)
                texts |= set(other[0])
                members |= other[1]
            classes.append((sorted(texts), members))
        return classes

    def term(self, term: Any, seen: Seen) -> str:
        if isinstance(term, Scope | SetOperation):
            return self.query(term, seen, range(width(term)))[0]
        if not isinstance(term, tuple):
            return repr(term)
        head = term[0] if term else ""
        if head == "col":
            source, column = term[1], term[2]
            if (id(source), column) in seen:
                return str(seen[id(source), column])
            name, positions, _ = seen[id(source)]
            return f"{name}.{positions.get(column, column)!r}"
        if head == "exists":
            return f"(exists {self.query(term[1], seen)[0]})"
        named = isinstance(head, str)
        parts = [self.term(part, seen) for part in (term[1:] if named else term)]
        if head in ("and", "or"):
            parts = sorted(set(parts))
        elif head == "same" or (head == "cmp" and term[1] in ("=", "<>")) or (head == "fn" and term[1] in _COMMUTING):
            parts = [*parts[:-2], *sorted(parts[-2:])]
        return f"({head if named else ''} {' '.join(parts)})"


def _orders(n: int, outputs: Sequence[int] | None) -> list[Order]:
    if outputs is not None:
        return [tuple(outputs)]
    return list(itertools.permutations(range(n))) if n <= _PERMUTED else [tuple(range(n))]


def _equates_columns(condition: Term) -> bool:
    """a.x = b.y of one type: the two are the same value in every row that is kept."""
    if condition[:2] != ("cmp", "=") or condition[2][0] != "col" or condition[3][0] != "col":
        return False
    types = [side[1].columns[side[2]][0].upper() for side in condition[2:]]
    return types[0] == types[1] != "" and kind(condition[2]) in ("int", "decimal", "text", "date", "moment", "bool")
