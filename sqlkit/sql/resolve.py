"""Which source and which table's column each name in a query means: through aliases, CTEs and derived tables.

Only names are resolved here, never types or values. What cannot be resolved (a table function, a lateral, a column that
two sources own) is None, and callers leave it alone.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqlglot import exp

Origin = tuple[str, str]  # a table's and a column's name in lower case
Tables = Mapping[str, Sequence[str]]  # lower-case table name -> lower-case column names


@dataclasses.dataclass(eq=False, slots=True)
class Source:
    """One member of a FROM. `table` is a table of the schema, else ''; `query` what a CTE or subquery runs.

    `outer`: an outer join may fill the source's columns with NULL.
    """

    name: str
    node: exp.Expr
    table: str = ""
    query: exp.Expr | None = None
    columns: tuple[str, ...] = ()
    outer: bool = False


@dataclasses.dataclass(eq=False, slots=True)
class Scope:
    """One SELECT, what it reads, and the SELECT around it. `whole` False: something in its FROM could not be read."""

    select: exp.Select
    sources: list[Source]
    parent: Scope | None = None
    whole: bool = True


class Names:
    """The names of one query resolved against tables."""

    def __init__(self, tree: exp.Expr, tables: Tables) -> None:
        self.tree, self.tables = tree, tables
        self.scopes: list[Scope] = []
        self._of: dict[int, Scope] = {}
        for select in tree.find_all(exp.Select, bfs=False):
            self._scope(select)

    @functools.cached_property
    def inside(self) -> list[exp.Expr]:
        """The nodes of the tree in the order of the text, as it was when they were first asked for."""
        return list(self.tree.dfs())

    def scope(self, node: exp.Expr) -> Scope | None:
        """The innermost SELECT around a node."""
        select = node if isinstance(node, exp.Select) else node.find_ancestor(exp.Select)
        return self._scope(select) if isinstance(select, exp.Select) else None

    def source(self, column: exp.Column) -> Source | None:
        """The source a column reads, in its own SELECT or one around it."""
        name, wanted = column.name.lower(), column.table.lower()
        scope = self.scope(column)
        while scope is not None:
            found = [s for s in scope.sources if (s.name == wanted if wanted else name in s.columns)]
            if found:
                return found[0] if len(found) == 1 or wanted else None
            if not scope.whole and not wanted:
                return None
            scope = scope.parent
        return None

    def local(self, column: exp.Column, scope: Scope) -> tuple[Source, str] | None:
        """The source and name of a column when it belongs to this very SELECT."""
        source = self.source(column)
        return (source, column.name.lower()) if source is not None and source in scope.sources else None

    def origin(self, node: exp.Expr | None) -> Origin | None:
        """The table's column that an expression shows unchanged."""
        while isinstance(node, exp.Paren | exp.Alias):
            node = node.this
        if not isinstance(node, exp.Column):
            return None
        source = self.source(node)
        if source is None:
            scope = self.scope(node)  # an output's alias, as HAVING and ORDER BY may use
            named = self._output(scope.select, node.name.lower()) if scope and not node.table else None
            return self.origin(named) if named is not None and named is not node and not self._inside(node, named) else None
        return self.source_origin(source, node.name.lower())

    def shown(self, node: exp.Expr) -> exp.Expr:
        """What stands behind a name: the output of the derived table or the SELECT that an alias refers to."""
        for _ in range(8):
            if not isinstance(node, exp.Column):
                return node
            source, name = self.source(node), node.name.lower()
            scope = self.scope(node)
            if source is not None:
                behind = self._output(source.query, name) if source.query is not None else None
            else:
                behind = self._output(scope.select, name) if scope and not node.table else None
            if behind is None or behind is node or self._inside(node, behind):
                return node
            node = behind
        return node

    def source_origin(self, source: Source, name: str) -> Origin | None:
        """The table's column behind one column of a source."""
        if source.table:
            return (source.table, name) if name in source.columns else None
        if source.query is None:
            return None
        shown = self._output(source.query, name)
        if shown is not None:
            return self.origin(shown)
        select = _leftmost(source.query)  # through SELECT *
        for inner in self._scope(select).sources if select is not None else ():
            if name in inner.columns:
                return self.source_origin(inner, name)
        return None

    @staticmethod
    def _inside(node: exp.Expr, other: exp.Expr) -> bool:
        while node is not None:
            if node is other:
                return True
            node = node.parent  # type: ignore[assignment]
        return False

    def _output(self, query: exp.Expr, name: str) -> exp.Expr | None:
        select = _leftmost(query)
        for shown in select.expressions if select is not None else ():
            if shown.alias_or_name.lower() == name:
                return shown.unalias() if isinstance(shown, exp.Alias) else shown
        return None

    def _scope(self, select: exp.Select) -> Scope:
        known = self._of.get(id(select))
        if known is not None:
            return known
        self._of[id(select)] = scope = Scope(select, [])
        self.scopes.append(scope)
        around = select.parent_select
        if isinstance(around, exp.Select) and not _in_from(select, around):
            scope.parent = self._scope(around)
        for node, outer in _members(select):
            source = self._source(node, select)
            if source is None:
                scope.whole = False
            else:
                source.outer = outer
                scope.sources.append(source)
        return scope

    def _source(self, node: exp.Expr, select: exp.Select) -> Source | None:
        name = node.alias_or_name.lower()
        if isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
            body = _common(node.name.lower(), select) if not node.db else None
            if body is not None:
                return Source(name, node, query=body.this, columns=_renamed(body, self._columns(body.this)))
            table, placed = node.name.lower(), f"{node.db}.{node.name}".lower()
            table = placed if node.db and placed in self.tables else table  # tables of several schemas are named with theirs
            return Source(name, node, table, columns=tuple(self.tables[table])) if table in self.tables else None
        if isinstance(node, exp.Subquery) and isinstance(node.this, exp.Query):
            return Source(name, node, query=node.this, columns=_renamed(node, self._columns(node.this)))
        return None

    def _columns(self, query: exp.Expr) -> tuple[str, ...]:
        select = _leftmost(query)
        if select is None:
            return ()
        found: list[str] = []
        for shown in select.expressions:
            if shown.is_star:
                wanted = shown.table.lower() if isinstance(shown, exp.Column) else ""
                for inner in self._scope(select).sources:
                    found += inner.columns if not wanted or inner.name == wanted else ()
            else:
                found.append(shown.alias_or_name.lower())
        return tuple(found)


def tables_of(schema_tables: Iterable[tuple[str, Sequence[str]]]) -> dict[str, tuple[str, ...]]:
    """Table and column names in the lower case that Names wants."""
    return {name.lower(): tuple(c.lower() for c in columns) for name, columns in schema_tables}


def shows_all(tree: exp.Expr) -> bool:
    """Whether a query shows columns that it does not name: * or t.*."""
    return any(not isinstance(star.parent, exp.Count) for star in tree.find_all(exp.Star))


def _members(select: exp.Select) -> Iterator[tuple[exp.Expr, bool]]:
    """The members of a FROM, and whether an outer join may fill them with NULL."""
    start = select.args.get("from_") or select.args.get("from")
    joins = [*(select.args.get("joins") or [])]
    if start is None:
        return
    first = start.this
    members = [(first, "")] + [(j.this, "") for j in (first.args.get("joins") or [])] + [(j.this, j.side) for j in joins]
    for i, (node, side) in enumerate(members):
        later = {s for _, s in members[i + 1 :]}
        yield node, side in {"LEFT", "FULL"} or bool(later & {"RIGHT", "FULL"})
    for lateral in select.args.get("laterals") or []:
        yield lateral, False


def _leftmost(query: exp.Expr | None) -> exp.Select | None:
    while isinstance(query, exp.SetOperation | exp.Subquery):
        query = query.this
    return query if isinstance(query, exp.Select) else None


def _in_from(select: exp.Select, around: exp.Select) -> bool:
    """Whether a SELECT is a source of the one around it, which it then cannot see into."""
    node: exp.Expr | None = select
    while node is not None and node.parent is not around:
        if isinstance(node, exp.From | exp.With):
            return True
        if isinstance(node.parent, exp.Join) and node.arg_key == "this":
            return True
        node = node.parent
    return node is None or isinstance(node, exp.From | exp.With)


def _common(name: str, node: exp.Expr) -> exp.CTE | None:
    """The CTE of this name that a SELECT sees."""
    at: exp.Expr | None = node
    while at is not None:
        with_ = at.args.get("with_") or at.args.get("with")
        for cte in with_.expressions if isinstance(with_, exp.With) else ():
            if cte.alias.lower() == name and not Names._inside(node, cte):
                return cte  # type: ignore[no-any-return]
        at = at.parent
    return None


def _renamed(node: exp.Expr, columns: tuple[str, ...]) -> tuple[str, ...]:
    alias = node.args.get("alias")
    given = tuple(c.name.lower() for c in alias.args.get("columns") or ()) if isinstance(alias, exp.TableAlias) else ()
    return given + columns[len(given) :]
