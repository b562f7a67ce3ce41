"""Rewritings of a whole SELECT. Each keeps the bag of rows that comes out, for every database that holds the keys and NOT NULLs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, cast

from sqlkit.sql.proof.algebra import Query, Scope, SetOperation, Term, Unprovable, inexact, kind, output_kind, own, walk
from sqlkit.sql.proof.keys import closure, columns_of, each_row_once, nonnull, rejected, scope_rows_once
from sqlkit.sql.proof.logic import TRUE, comparison, junction

_TYPES = {
    "int": "HUGEINT", "decimal": "DECIMAL", "real": "DOUBLE", "text": "VARCHAR", "date": "DATE", "moment": "TIMESTAMP", "bool": "BOOLEAN",
}  # fmt: skip


def conditions(term: Term) -> list[Term]:
    """The parts of a condition that must all be true."""
    return [part for part in (term[1:] if term[0] == "and" else [term]) if part != TRUE]


def output_column(query: Query, position: int) -> tuple[str, bool]:
    """Type and nullability of an output."""
    if isinstance(query, SetOperation):
        return _TYPES.get(output_kind(query, position), ""), True
    term = query.outputs[position]
    type_name = term[1].columns[term[2]][0] if term[0] == "col" else _TYPES.get(kind(term), "")
    return type_name, not nonnull(term, query.where)


def simplify(scope: Scope, outermost: bool) -> None:
    """Bring a scope into its simplest form, in place. Raises Unprovable when what it returns is not fixed."""
    if scope.distinct and not all(key in scope.outputs for key, _, _ in scope.order):
        raise Unprovable("DISTINCT ordered by what it does not show")
    _unwrap(scope)
    _having_to_where(scope)
    _group_to_distinct(scope)
    if scope.group is None and not scope.distinct:
        scope.distinct = _distinct_is_idle(scope)  # it says nothing then, and lets EXISTS become a join
    while _left_to_inner(scope) or _left_to_not_exists(scope) or _exists_to_join(scope):
        pass
    scope.where = _without_idle([_positive(condition) for condition in dict.fromkeys(scope.where)])
    if scope.distinct and _distinct_is_idle(scope):
        scope.distinct = False
    _aggregates(scope)
    _order(scope)
    _check_sums(scope, outermost)
    if not outermost:
        _inside(scope)


def settle(made: SetOperation, outermost: bool) -> None:
    """Branches of a set operation without ALL return their rows once anyway; a LIMIT inside must be fixed."""
    if not made.bag:
        for branch in (made.left, made.right):
            if isinstance(branch, Scope) and branch.limit is None and not branch.offset and branch.group != []:
                branch.distinct = True
                while _exists_to_join(branch):
                    pass
                branch.distinct = not _distinct_is_idle(branch)
    if not outermost:
        if made.limit is not None or made.offset:
            raise Unprovable("LIMIT of a set operation")
        made.order = []


def _unwrap(scope: Scope) -> None:
    """A SELECT of nothing but a grouped or DISTINCT query: its conditions become HAVING or WHERE of that."""
    query = scope.inner[0].query if len(scope.sources) == 1 and scope.inner else None
    if not isinstance(query, Scope) or query.limit is not None or query.offset or scope.group is not None:
        return
    source = scope.inner[0]
    if any(isinstance(part, Scope | SetOperation) for term in scope.terms() for t in own(term) for part in t):
        return
    places = dict(zip(source.columns, query.outputs, strict=True))
    shown = {output[2] for output in scope.outputs if output[0] == "col"}
    if query.distinct and not scope.distinct and not shown >= places.keys():
        return

    def put(term: Term) -> Term:
        return places[term[2]] if term[0] == "col" and term[1] is source else term

    scope.distinct |= query.distinct
    scope.inner, scope.left, scope.group = query.inner, query.left, query.group
    late = [_mapped(term, put) for term in scope.where]
    scope.where, scope.having = ([*query.where, *late], []) if query.group is None else (list(query.where), [*query.having, *late])
    scope.outputs = [_mapped(term, put) for term in scope.outputs]
    scope.order = [(_mapped(term, put), falling, first) for term, falling, first in scope.order]


def _having_to_where(scope: Scope) -> None:
    """A condition on keys alone keeps or drops whole groups."""
    if scope.group:
        early = [c for c in scope.having if not any(t[0] == "agg" for t in own(c))]
        scope.where += early
        scope.having = [c for c in scope.having if c not in early]


def _group_to_distinct(scope: Scope) -> None:
    if scope.group and not any(t[0] == "agg" for t in _after(scope)) and all(key in scope.outputs for key in scope.group):
        scope.group, scope.distinct = None, True


def _after(scope: Scope) -> Iterator[Term]:
    for part in (*scope.outputs, *scope.having, *(key for key, _, _ in scope.order)):
        yield from own(part)


def _left_to_inner(scope: Scope) -> bool:
    """A condition that is not true for NULLs drops the rows that a LEFT JOIN adds."""
    solid = {source for source, _ in rejected(scope.where)}
    for pair in scope.left:
        if pair[0] in solid:
            scope.left.remove(pair)
            pair[0].optional = False
            scope.inner.append(pair[0])
            scope.where += pair[1]
            return True
    return False


def _left_to_not_exists(scope: Scope) -> bool:
    """LEFT JOIN b ON c WHERE b.key IS NULL, nothing else of b used: NOT EXISTS (b with c)."""
    for pair in scope.left:
        source, on = pair
        tests = [c for c in scope.where if c[0] == "null" and c[1][0] == "col" and c[1][1] is source and not source.columns[c[1][2]][1]]
        if not tests:
            continue
        others = [t for t in scope.terms() if t not in tests and not any(t is c for c in on)]
        if any(t[0] == "col" and t[1] is source for other in others for t in walk(other)):
            continue
        scope.left.remove(pair)
        source.optional = False
        scope.where = [c for c in scope.where if c not in tests]
        scope.where.append(("not", ("exists", Scope([source], [], on, []))))
        return True
    return False


def _exists_to_join(scope: Scope) -> bool:
    """EXISTS as a join: where at most one row matches, or where DISTINCT follows."""
    for condition in scope.where:
        inner = _positive(condition)
        if inner[0] != "exists" or not isinstance(inner[1], Scope) or not inner[1].plain:
            continue
        query = inner[1]
        once = not query.left and each_row_once(set(), query.where, query.inner, around=True)
        if once or (scope.distinct and scope.group is None):
            scope.where = [c for c in scope.where if c is not condition] + query.where
            scope.inner += query.inner
            scope.left += query.left
            return True
    return False


def _positive(condition: Term) -> Term:
    """A condition of which only TRUE counts: IN a subquery is EXISTS."""
    if condition[0] in ("and", "or"):
        return junction(condition[0], [_positive(part) for part in condition[1:]])
    if condition[0] == "insub":
        return _as_exists(condition) or condition
    if condition[0] == "not" and condition[1][0] == "insub":  # with NULL nowhere, NOT IN is NOT EXISTS
        _, value, query = condition[1]
        if isinstance(query, Scope) and query.plain and nonnull(value, []) and nonnull(query.outputs[0], query.where):
            made = _as_exists(condition[1])
            return ("not", made) if made is not None else condition
    return condition


def _as_exists(condition: Term) -> Term | None:
    _, value, query = condition
    if not isinstance(query, Scope) or query.group is not None or query.limit is not None or query.offset:
        return None
    if kind(value) != kind(query.outputs[0]) or kind(value) not in ("int", "text", "date", "bool"):
        return None
    where = _without_idle([*query.where, comparison("=", value, query.outputs[0])])
    return ("exists", Scope(query.inner, query.left, where, []))


def _without_idle(where: list[Term]) -> list[Term]:
    """Conditions without those that are always true or that another one implies."""
    kept = list(dict.fromkeys(where))
    for condition in where:
        others = [other for other in kept if other != condition]
        if _idle(condition, others):
            kept = others
    return kept


def _idle(condition: Term, others: list[Term]) -> bool:
    return condition == TRUE or (condition[0] == "not" and condition[1][0] == "null" and nonnull(condition[1][1], others))


def _distinct_is_idle(scope: Scope) -> bool:
    if scope.group is not None:
        return all(key in scope.outputs for key in scope.group)
    return scope_rows_once(scope, scope.outputs)


def _aggregates(scope: Scope) -> None:
    """COUNT of what is never NULL counts rows; DISTINCT of what no two rows of a group share says nothing."""
    if scope.group is None:
        return
    group = columns_of(scope.group)
    same = closure(group, scope.where, scope.sources)

    def simpler(term: Term) -> Term:
        if term[0] != "agg" or term[3] is None:
            return term
        _, name, distinct, of, keep = term
        if name in ("ANY", "MIN", "MAX") and keep is None and scope.group and of[0] == "col" and (of[1], of[2]) in same:
            return cast(Term, of)  # the same in all rows of the group
        if name == "ANY":
            raise Unprovable("any value of several")
        if distinct and of[0] == "col" and each_row_once(group | {(of[1], of[2])}, scope.where, scope.sources):
            distinct = False
        if name == "COUNT" and not distinct and nonnull(of, scope.where):
            of = None
        return ("agg", name, distinct, of, keep)

    scope.outputs = [_mapped(term, simpler) for term in scope.outputs]
    scope.having = [_mapped(term, simpler) for term in scope.having]
    scope.order = [(_mapped(term, simpler), falling, first) for term, falling, first in scope.order]


def _mapped(term: Any, change: Callable[[Term], Term]) -> Any:
    if not isinstance(term, tuple):
        return term
    made = tuple(_mapped(part, change) for part in term)
    return change(made) if made and isinstance(made[0], str) else made


def _order(scope: Scope) -> None:
    """Keys that the keys before them fix are dropped; where NULLs go matters only where there are some."""
    kept: list[tuple[Term, bool, bool]] = []
    for term, falling, nulls_first in scope.order:
        before = [key for key, _, _ in kept]
        inner = list(own(term))
        if scope.group is None:
            fixed = closure(columns_of(before), scope.where, scope.sources)
            simple = not any(t[0] in ("scalar", "exists", "insub", "agg") for t in inner)
            idle = simple and all((t[1], t[2]) in fixed for t in inner if t[0] == "col")
        else:
            idle = all(key in before for key in scope.group)
        if not idle and term not in before and term[0] != "lit":
            kept.append((term, falling, nulls_first and not nonnull(term, scope.where)))
    scope.order = kept


def _check_sums(scope: Scope, outermost: bool) -> None:
    """A sum of floating point numbers may stand in the result alone: elsewhere its last digit decides something."""
    loose = any(inexact(t) for part in (*scope.having, *(key for key, _, _ in scope.order)) for t in own(part))
    for output in scope.outputs:
        alone = outermost and not scope.distinct and inexact(output)
        loose |= not alone and any(inexact(t) for t in own(output))
    if loose:
        raise Unprovable("something depends on the last digit of a floating point sum")


def _inside(scope: Scope) -> None:
    """A query inside another: its order counts only with a LIMIT, and that must leave nothing open."""
    if scope.limit is None and not scope.offset:
        scope.order = []
        return
    if scope.group == [] and scope.limit and not scope.offset:  # one row at most
        scope.order, scope.limit = [], None
        return
    keys = [key for key, _, _ in scope.order]
    by_values = all(output in keys for output in scope.outputs)
    by_group = scope.group is not None and all(key in keys for key in scope.group)
    by_rows = scope.group is None and scope_rows_once(scope, keys)
    if not (by_values or by_group or by_rows):
        raise Unprovable("a LIMIT inside the query may cut a tie")
