"""What a join's conditions and keys imply: which columns are never NULL, which columns fix which others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlkit.sql.proof.algebra import Query, Scope, SetOperation, Source, Term, kind, own, width

Known = set[tuple[Source, str]]
# functions that return NULL when any argument is
_STRICT = frozenset({"+", "-", "*", "/", "%", "//", "neg", "extract", "cast", "Lower", "Upper", "Length", "Like", "ILike"})


def nonnull(term: Term, where: Sequence[Term]) -> bool:
    """Whether a term is never NULL in the rows that `where` keeps."""
    if term[0] == "col":
        source, name = term[1], term[2]
        fixed: bool = not source.optional and not source.columns[name][1]
        return bool(fixed or (source, name) in rejected(where))
    return bool((term[0] == "lit" and term[1] != "null") or (term[0] == "agg" and term[1] == "COUNT") or term[0] == "exists")


def rejected(where: Iterable[Term]) -> Known:
    """The columns that cannot be NULL where all the conditions are true."""
    found: Known = set()
    for condition in where:
        found |= _rejected(condition)
    return found


def _rejected(condition: Term) -> Known:
    head = condition[0]
    if head == "or":
        return set.intersection(*(_rejected(part) for part in condition[1:]))
    if head == "and":
        return rejected(condition[1:])
    if head == "cmp":
        return _strict(condition[2]) | _strict(condition[3])
    if head in ("in", "insub"):
        return _strict(condition[1])
    if head == "not" and condition[1][0] in ("null", "in"):
        return _strict(condition[1][1])
    if head == "not" and condition[1][0] in ("fn", "col"):
        return _strict(condition[1])
    return _strict(condition)


def _strict(term: Term) -> Known:
    """The columns that make a term NULL when one of them is."""
    if term[0] == "col":
        return {(term[1], term[2])}
    if term[0] == "fn" and term[1] in _STRICT:
        return {pair for part in _arguments(term) for pair in _strict(part)}
    return set()


def _arguments(term: Term) -> list[Term]:
    parts = [part[1] if isinstance(part, tuple) and part and part[0] in ("this", "expression") else part for part in term[3:]]
    return [part for part in parts if isinstance(part, tuple) and part and isinstance(part[0], str)]


def closure(known: Known, where: Sequence[Term], sources: Sequence[Source], around: bool = False) -> Known:
    """All columns of `sources` that the known ones fix. `around`: columns of other sources are fixed too.

    By equalities of one kind, numbers in floating point aside (0.0 = -0.0), and by keys. A key that is never NULL holds on
    the right of a LEFT JOIN as well: where it is NULL there, the whole row is.
    """
    known, mine = set(known), set(sources)

    def fixed(term: Term) -> bool:
        inner = list(own(term))
        if any(part[0] in ("scalar", "exists", "insub", "agg") for part in inner):
            return False
        return all((part[1], part[2]) in known or (around and part[1] not in mine) for part in inner if part[0] == "col")

    before = -1
    while before != len(known):
        before = len(known)
        for condition in where:
            if condition[:2] != ("cmp", "="):
                continue
            for a, b in ((condition[2], condition[3]), (condition[3], condition[2])):
                if a[0] == "col" and a[1] in mine and kind(a) == kind(b) != "real" and kind(a) and fixed(b):
                    known.add((a[1], a[2]))
        for source in sources:
            keys = [key for key in source.keys if not source.optional or (key and not any(source.columns[c][1] for c in key))]
            if any(all((source, column) in known for column in key) for key in keys):
                known |= {(source, column) for column in source.columns}
    return known


def columns_of(terms: Iterable[Term]) -> Known:
    """The plain columns among terms."""
    return {(term[1], term[2]) for term in terms if term[0] == "col"}


def each_row_once(known: Known, where: Sequence[Term], sources: Sequence[Source], around: bool = False) -> bool:
    """Whether no two rows of the join agree in all known columns."""
    fixed = closure(known, where, sources, around)
    return all(any(all((source, column) in fixed for column in key) for key in source.keys) for source in sources)


def scope_rows_once(scope: Scope, terms: Iterable[Term]) -> bool:
    """Whether no two rows of a scope's join agree in all of `terms`."""
    return each_row_once(columns_of(terms), scope.where, scope.sources)


def unique_outputs(query: Query) -> list[frozenset[int]]:
    """Sets of output positions that no two rows share."""
    everything = frozenset(range(width(query)))
    if isinstance(query, SetOperation):
        return [] if query.bag else [everything]
    keys = [everything] if query.distinct else []
    if query.group is not None and all(key in query.outputs for key in query.group):
        keys.append(frozenset(query.outputs.index(key) for key in query.group))
    return keys
