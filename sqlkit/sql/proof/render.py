"""One text for all queries that differ only in order and names: of sources, conditions, outputs, aliases."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlkit.sql.proof.algebra import Query, Scope, SetOperation, Source, Term, Unprovable, kind, width
from sqlkit.sql.proof.keys import closure, columns_of

_ARRANGEMENTS = 720  # ways to number sources of the same table before it is given up
_COMMUTING = frozenset({"+", "*"})
Seen = Mapping[Any, Any]  # id of a source -> its name and positions; (id of a source, column) -> the column it equals


def form(query: Query, seen: Seen | None = None, outputs: Sequence[int] | None = None, free: bool = True) -> tuple[str, tuple[int, ...]]:
    """The text, and for each position in it the output that stands there.

    `outputs` fixes these, else they are sorted; `free` False leaves them as they are.
    """
    if isinstance(query, SetOperation):
        return _set_operation(query, seen or {}, outputs, free)
    best: tuple[str, tuple[int, ...]] | None = None
    for named in _numbered(query, seen or {}):
        made = _scope(query, named, outputs, free)
        best = made if best is None or made < best else best
    assert best is not None
    return best


def _set_operation(query: SetOperation, seen: Seen, outputs: Sequence[int] | None, free: bool) -> tuple[str, tuple[int, ...]]:
    """Branches share their columns' order; of few columns every order is tried."""
    n = width(query)
    asked = [tuple(outputs)] if outputs is not None else list(itertools.permutations(range(n))) if free and n <= 4 else [tuple(range(n))]
    best: tuple[str, tuple[int, ...]] | None = None
    for order in asked:
        branches = [form(branch, seen, order)[0] for branch in (query.left, query.right)]
        if query.kind != "except":
            branches.sort()
        keys = [(order.index(term[1]), falling, first) for term, falling, first in query.order]
        made = (repr((query.kind, query.bag, branches, keys, query.limit, query.offset)), order)
        best = made if best is None or made < best else best
    assert best is not None
    return best


def _numbered(scope: Scope, seen: Seen) -> Iterator[dict[Any, Any]]:
    """Names for the sources: by what they are, and where several are the same, in every order."""
    depth = sum(isinstance(key, int) for key in seen)
    described: list[tuple[str, Source, tuple[int, ...]]] = []
    for source in scope.sources:
        text, places = (source.table, ()) if source.query is None else form(source.query)
        described.append((f"{'left' if source.optional else 'inner'} {text}", source, places))
    described.sort(key=lambda entry: entry[0])
    groups = [list(entries) for _, entries in itertools.groupby(described, key=lambda entry: entry[0])]
    if math.prod(math.factorial(len(entries)) for entries in groups) > _ARRANGEMENTS:
        raise Unprovable("too many sources of the same table")
    for arrangement in itertools.product(*(itertools.permutations(entries) for entries in groups)):
        named = dict(seen)
        for number, (text, source, places) in enumerate(itertools.chain.from_iterable(arrangement)):
            positions = {} if source.query is None else {name: str(places.index(i)) for i, name in enumerate(source.columns)}
            named[id(source)] = (f"{depth + number}", positions, text)
        yield named


def _scope(scope: Scope, named: dict[Any, Any], outputs: Sequence[int] | None, free: bool) -> tuple[str, tuple[int, ...]]:
    classes = _equal_columns(scope, named)
    seen = {**named, **{member: classes_text[0] for classes_text, members in classes for member in members}}
    equalities = [c for c in scope.where if _equates_columns(c)]
    where = {_term(c, seen) for c in scope.where if c not in equalities} | {repr(("equal", texts)) for texts, _ in classes}
    shown = [_term(output, seen) for output in scope.outputs]
    order = tuple(outputs) if outputs is not None else tuple(range(len(shown)))
    if outputs is None and free:
        order = tuple(sorted(order, key=lambda i: (shown[i], i)))
    parts = (
        "distinct" if scope.distinct else "all",
        [named[id(source)][0] + " " + named[id(source)][2] for source in sorted(scope.sources, key=lambda s: int(named[id(s)][0]))],
        sorted((named[id(source)][0], sorted({_term(c, seen) for c in on})) for source, on in scope.left),
        sorted(where),
        _group(scope, seen),
        sorted({_term(c, seen) for c in scope.having}),
        [shown[i] for i in order],
        [(_term(term, seen), falling, first) for term, falling, first in scope.order],
        scope.limit,
        scope.offset,
    )
    return repr(parts), order


def _group(scope: Scope, seen: Seen) -> list[str] | None:
    """What rows of one group share: the keys and all that they fix. Key sets that fix the same make the same groups."""
    if scope.group is None:
        return None
    fixed = closure(columns_of(scope.group), scope.where, scope.sources)
    others = {_term(key, seen) for key in scope.group if key[0] != "col"}
    if not scope.group:
        return []
    return sorted({_term(("col", source, column), seen) for source, column in fixed} | others)


def _equates_columns(condition: Term) -> bool:
    """a.x = b.y of one type: the two are the same value in every row that is kept."""
    if condition[:2] != ("cmp", "=") or condition[2][0] != "col" or condition[3][0] != "col":
        return False
    types = [side[1].columns[side[2]][0].upper() for side in condition[2:]]
    return types[0] == types[1] != "" and kind(condition[2]) in ("int", "decimal", "text", "date", "moment", "bool")


def _equal_columns(scope: Scope, named: dict[Any, Any]) -> list[tuple[list[str], set[tuple[int, str]]]]:
    """The classes of columns that the conditions make equal: their texts, sorted, and their keys."""
    classes: list[tuple[list[str], set[tuple[int, str]]]] = []
    for condition in scope.where:
        if not _equates_columns(condition):
            continue
        texts = {_term(side, named) for side in condition[2:]}
        members = {(id(side[1]), side[2]) for side in condition[2:]}
        for other in [c for c in classes if c[1] & members or set(c[0]) & texts]:
            classes.remove(other)
            texts |= set(other[0])
            members |= other[1]
        classes.append((sorted(texts), members))
    return classes


def _term(term: Any, seen: Seen) -> str:
    if isinstance(term, Scope | SetOperation):
        return form(term, seen)[0]
    if not isinstance(term, tuple):
        return repr(term)
    if not term:
        return "()"
    head = term[0]
    if head == "col":
        source, column = term[1], term[2]
        if (id(source), column) in seen:
            return str(seen[id(source), column])
        name, positions, _ = seen[id(source)]
        return f"{name}.{positions.get(column, column)}"
    if head == "exists":
        return f"exists {form(term[1], seen)[0]}"
    parts = [_term(part, seen) for part in term[1:]] if isinstance(head, str) else [_term(part, seen) for part in term]
    if head in ("and", "or"):
        parts = sorted(set(parts))
    elif head == "same" or (head == "cmp" and term[1] in ("=", "<>")):
        parts = [*parts[:-2], *sorted(parts[-2:])]
    elif head == "fn" and term[1] in _COMMUTING:
        parts = [*parts[:-2], *sorted(parts[-2:])]
    return f"({head if isinstance(head, str) else ''} {' '.join(parts)})"
