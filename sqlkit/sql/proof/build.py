"""SQL to algebra: names resolved, stars written out, derived tables and CTEs put in the place of their names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

from sqlglot import exp

from sqlkit.sql.proof.algebra import Query, Scope, SetOperation, Source, Term, Unprovable, own, walk, width
from sqlkit.sql.proof.simplify import conditions, output_column, settle, simplify
from sqlkit.sql.proof.terms import comparison, term, truth
from sqlkit.sql.tables import Table, Tables

_SELECT = {"with_", "kind", "expressions", "distinct", "from_", "joins", "where", "group", "having", "order", "limit", "offset"}
_SET = {"with_", "this", "expression", "distinct", "order", "limit", "offset"}
_SETS: dict[type[exp.Expr], str] = {exp.Union: "union", exp.Intersect: "intersect", exp.Except: "except"}


def build(tree: exp.Expr, schema: Tables) -> Query:
    """The algebra of a whole query, simplified. Raises Unprovable."""
    tables = {table.name.lower(): table for table in schema.tables}
    return _Reader(tables, {}, None).read(tree, outermost=True)


class _Reader:
    """One SELECT with its names. `around` is the reader of the SELECT that a correlated subquery stands in."""

    def __init__(self, tables: Mapping[str, Table], ctes: Mapping[str, tuple[exp.Expr, _Reader]], around: _Reader | None) -> None:
        self.tables, self.ctes, self.around = tables, dict(ctes), around
        self.scope = Scope([], [], [], [])
        self.names: dict[str, dict[str, Term]] = {}  # alias -> column -> term
        self.merged: dict[str, Term] = {}  # columns of USING
        self.aliases: dict[str, Term] = {}
        self.columns_first = True  # in outputs and WHERE a column hides an output of its name; elsewhere it is not decided
        self.shown: list[str] = []  # the names of the outputs

    # queries

    def read(self, tree: exp.Expr, outermost: bool = False) -> Query:
        while isinstance(tree, exp.Subquery | exp.Paren):
            if isinstance(tree, exp.Subquery):
                _only(tree, {"this", "alias"})
            tree = tree.this
        allowed = _SELECT if isinstance(tree, exp.Select) else _SET if type(tree) in _SETS else set()
        _only(tree, allowed)
        self._read_ctes(tree.args.get("with_"))
        if not isinstance(tree, exp.Select):
            return self._set_operation(cast(exp.SetOperation, tree), outermost)
        self._from(tree)
        self._select(tree)
        simplify(self.scope, outermost)
        return self.scope

    def _inner(self, correlated: bool) -> _Reader:
        return _Reader(self.tables, self.ctes, self if correlated else None)

    def query(self, node: exp.Expr) -> Query:
        """A subquery inside an expression."""
        return self._inner(True).read(node)

    def _read_ctes(self, node: exp.Expr | None) -> None:
        if node is None:
            return
        if node.args.get("recursive"):
            raise Unprovable("WITH RECURSIVE")
        for cte in node.expressions:
            _only(cte, {"this", "alias", "materialized"})
            if cte.args["alias"].args.get("columns"):
                raise Unprovable("a CTE that names its columns")
            self.ctes[cte.alias.lower()] = (cte.this, self._inner(False))

    def _set_operation(self, tree: exp.SetOperation, outermost: bool) -> SetOperation:
        readers = self._inner(True), self._inner(True)
        left, right = (reader.read(side) for reader, side in zip(readers, (tree.left, tree.right), strict=True))
        self.shown = names = readers[0].shown
        if width(left) != width(right):
            raise Unprovable("branches of different width")
        made = SetOperation(_SETS[type(tree)], not tree.args.get("distinct"), left, right)
        for key in tree.args["order"].expressions if tree.args.get("order") else []:
            of, wanted = key.this, key.this.name.lower()
            if isinstance(of, exp.Literal) and not of.is_string:
                place = int(of.name) - 1
            elif isinstance(of, exp.Column) and not of.table and names.count(wanted) == 1:
                place = names.index(wanted)
            else:
                raise Unprovable("ORDER BY of a set operation")
            made.order.append((("out", place), bool(key.args.get("desc")), bool(key.args.get("nulls_first"))))
        made.limit, made.offset = _limit(tree)
        settle(made, outermost)
        return made

    # FROM

    def _from(self, tree: exp.Select) -> None:
        if tree.args.get("from_") is not None:
            self._add(tree.args["from_"].this, "", [])
        for join in tree.args.get("joins") or []:
            _only(join, {"this", "on", "side", "kind", "using"})
            side, how = join.side.upper(), join.kind.upper()
            if side not in ("", "LEFT", "RIGHT") or how not in ("", "INNER", "CROSS", "OUTER"):
                raise Unprovable(f"{side} {how} JOIN")
            if side == "RIGHT":
                self._turn_round(join)
                continue
            self._add(join.this, side, [i.name.lower() for i in join.args.get("using") or []], join.args.get("on"))

    def _turn_round(self, join: exp.Join) -> None:
        """The first table RIGHT JOIN the second is the second LEFT JOIN the first."""
        if len(self.names) != 1 or self.scope.left or self.scope.where or len(self.scope.inner) != 1 or join.args.get("using"):
            raise Unprovable("RIGHT JOIN")
        first = self.scope.inner[0]
        if any(term != ("col", first, name) for columns in self.names.values() for name, term in columns.items()):
            raise Unprovable("RIGHT JOIN")
        self.scope.inner.remove(first)
        self._add(join.this, "", [])
        first.optional = True
        self.scope.left.append((first, conditions(truth(join.args["on"], self))))

    def _add(self, node: exp.Expr, side: str, using: list[str], on: exp.Expr | None = None) -> None:
        alias, columns, inner = self._source(node, side)
        alias = alias or f"#{len(self.names)}"
        if alias in self.names:
            raise Unprovable("two sources of one name")
        shared = [(self._unqualified(name), columns.get(name), name) for name in using]
        self.names[alias] = columns
        where: list[Term] = []
        for before, mine, name in shared:
            if before is None or mine is None:
                raise Unprovable("USING")
            self.merged[name] = before
            where.append(comparison("=", before, mine))
        where += conditions(truth(on, self)) if on is not None else []
        if side == "LEFT":
            assert isinstance(inner, Source)
            self.scope.left.append((inner, where))
        else:
            if isinstance(inner, Source):
                self.scope.inner.append(inner)
            self.scope.where += where

    def _source(self, node: exp.Expr, side: str) -> tuple[str, dict[str, Term], Source | None]:
        """Alias, columns and, unless its parts went into this scope, the source."""
        alias_node = node.args.get("alias")
        if alias_node is not None and alias_node.args.get("columns"):
            raise Unprovable("a source that names its columns")
        alias = node.alias_or_name.lower()
        if isinstance(node, exp.Table):
            _only(node, {"this", "alias"})
            if not isinstance(node.this, exp.Identifier):
                raise Unprovable("a table function")
            if node.name.lower() not in self.ctes:
                return alias, *self._table(node.name.lower(), side)
            tree, around = self.ctes[node.name.lower()]
            reader = _Reader(self.tables, {k: v for k, v in around.ctes.items() if k != node.name.lower()}, None)
            inner = reader.read(tree)
        elif isinstance(node, exp.Subquery):
            reader = self._inner(False)
            inner = reader.read(node)
        else:
            raise Unprovable(f"FROM {type(node).__name__}")
        return alias, *self._derived(inner, reader.shown, side)

    def _table(self, name: str, side: str) -> tuple[dict[str, Term], Source]:
        if name not in self.tables:
            raise Unprovable(f"no table {name}")
        table = self.tables[name]
        key = frozenset(c.lower() for c in table.primary_key)
        columns = {c.name.lower(): (c.type, c.nullable and c.name.lower() not in key) for c in table.columns}
        source = Source(columns, [key] if key else [], name, optional=side == "LEFT")
        return {column: ("col", source, column) for column in columns}, source

    def _derived(self, inner: Query, names: list[str], side: str) -> tuple[dict[str, Term], Source | None]:
        """A query in FROM: taken apart where only rows of a join come out of it, else a source of its own."""
        if len(set(names)) != len(names) or len(names) != width(inner) or "" in names:
            raise Unprovable("columns of a derived table of one name or none")
        if isinstance(inner, Scope) and inner.plain and side == "":
            self.scope.inner += inner.inner
            self.scope.left += inner.left
            self.scope.where += inner.where
            return dict(zip(names, inner.outputs, strict=True)), None
        columns = {name: output_column(inner, i) for i, name in enumerate(names)}
        keys = [frozenset(names[i] for i in key) for key in _keys(inner)]
        source = Source(columns, keys, query=inner, optional=side == "LEFT")
        return {name: ("col", source, name) for name in names}, source

    # names

    def _unqualified(self, name: str) -> Term | None:
        if name in self.merged:
            return self.merged[name]
        found = [columns[name] for columns in self.names.values() if name in columns]
        if len(found) > 1:
            raise Unprovable(f"{name} is ambiguous")
        return found[0] if found else None

    def column(self, node: exp.Column) -> Term:
        """What a name means. Where an output and a column share it and differ, it is not decided here."""
        name, table = node.name.lower(), node.table.lower()
        if node.args.get("db") or isinstance(node.this, exp.Star):
            raise Unprovable("a qualified name")
        if table:
            found = self.names.get(table, {}).get(name)
            if found is None and table in self.names:
                raise Unprovable(f"no column {table}.{name}")
        else:
            found = self._unqualified(name)
            alias = self.aliases.get(name)
            if found is not None and alias is not None and alias != found and not self.columns_first:
                raise Unprovable(f"{name} is a column and an output")
            if found is None and alias is not None and self.around is not None:
                raise Unprovable(f"{name} is an output and may be a column around")
            found = found if found is not None else alias
        if found is not None:
            return found
        if self.around is None:
            raise Unprovable(f"no column {name}")
        return self.around.column(node)

    # SELECT

    def _select(self, tree: exp.Select) -> None:
        scope = self.scope
        if tree.args.get("kind"):
            raise Unprovable("SELECT AS")
        own_names = [e.alias.lower() for e in tree.expressions if isinstance(e, exp.Alias)]
        for output in tree.expressions:
            if isinstance(output, exp.Star) or (isinstance(output, exp.Column) and isinstance(output.this, exp.Star)):
                self._star(output)
                continue
            scope.outputs.append(term(output, self))
            self.shown.append(output.alias_or_name.lower() or f"#{len(self.shown)}")
            if isinstance(output, exp.Alias) and own_names.count(output.alias.lower()) == 1:
                self.aliases[output.alias.lower()] = scope.outputs[-1]
        if tree.args.get("where") is not None:
            scope.where += conditions(truth(tree.args["where"].this, self))
        self.columns_first = False
        group = tree.args.get("group")
        if group is not None:
            _only(group, {"expressions", "all"})
            scope.group = [self._place(key) for key in group.expressions]
            if group.args.get("all"):
                scope.group = [output for output in scope.outputs if not any(t[0] == "agg" for t in own(output))]
        having = tree.args.get("having")
        scope.having = conditions(truth(having.this, self)) if having is not None else []
        for key in tree.args["order"].expressions if tree.args.get("order") else []:
            _only(key, {"this", "desc", "nulls_first"})
            of = self.aliases.get(key.this.name.lower()) if isinstance(key.this, exp.Column) and not key.this.table else None
            scope.order.append((of or self._place(key.this), bool(key.args.get("desc")), bool(key.args.get("nulls_first"))))
        if scope.group is None and (having is not None or any(t[0] == "agg" for part in self._after() for t in own(part))):
            scope.group = []
        if tree.args.get("distinct") is not None:
            _only(tree.args["distinct"], set())
            scope.distinct = True
        scope.limit, scope.offset = _limit(tree)
        if any(t[0] == "agg" for part in (*scope.where, *(scope.group or [])) for t in own(part)):
            raise Unprovable("an aggregate before the grouping")
        if scope.group is not None:
            _grouped(scope, self._after())

    def _after(self) -> Iterator[Term]:
        yield from self.scope.outputs
        yield from self.scope.having
        yield from (key for key, _, _ in self.scope.order)

    def _place(self, node: exp.Expr) -> Term:
        """A key of GROUP BY or ORDER BY: a position among the outputs, or an expression."""
        if isinstance(node, exp.Literal):
            if node.is_string or not node.name.isdigit() or not 0 < int(node.name) <= len(self.scope.outputs):
                raise Unprovable("a constant key")
            return self.scope.outputs[int(node.name) - 1]
        made = term(node, self)
        if made[0] == "lit":
            raise Unprovable("a constant key")
        return made

    def _star(self, node: exp.Expr) -> None:
        _only(node.this if isinstance(node, exp.Column) else node, set())
        if self.merged or (isinstance(node, exp.Column) and node.table.lower() not in self.names):
            raise Unprovable("a star after USING, or of no source")
        for alias, columns in self.names.items():
            if not isinstance(node, exp.Column) or alias == node.table.lower():
                self.scope.outputs += columns.values()
                self.shown += columns


def _only(node: exp.Expr, allowed: set[str]) -> None:
    """Raise Unprovable when a node holds anything that is not modelled."""
    odd = [name for name, value in node.args.items() if name not in allowed and value not in (None, False, [], "")]
    if odd or not (allowed or isinstance(node, exp.Star | exp.Distinct)):
        raise Unprovable(f"{type(node).__name__} with {', '.join(odd)}")


def _limit(tree: exp.Expr) -> tuple[int | None, int]:
    found: list[int | None] = []
    for part in ("limit", "offset"):
        node = tree.args.get(part)
        if node is None:
            found.append(None)
            continue
        _only(node, {"expression"})
        value = node.expression
        if not (isinstance(value, exp.Literal) and not value.is_string and value.name.isdigit()):
            raise Unprovable("a LIMIT that is no number")
        found.append(int(value.name))
    return found[0], found[1] or 0


def _grouped(scope: Scope, parts: Iterator[Term]) -> None:
    """Whether what comes after the grouping reads keys and aggregates only."""
    mine = {id(source) for source in scope.sources}

    def check(part: object) -> None:
        if isinstance(part, tuple):
            if part in (scope.group or []) or (part and part[0] == "agg"):
                return
            if part and part[0] == "col" and id(part[1]) in mine:
                raise Unprovable("a column that is not grouped")
            for inner in part:
                check(inner)
        elif isinstance(part, Scope | SetOperation):
            for inner_term in walk(part):
                if inner_term[0] == "col" and id(inner_term[1]) in mine and inner_term not in (scope.group or []):
                    raise Unprovable("a column that is not grouped")

    for part in parts:
        check(part)


def _keys(query: Query) -> list[frozenset[int]]:
    """Sets of output positions that no two rows share."""
    everything = frozenset(range(width(query)))
    if isinstance(query, SetOperation):
        return [] if query.bag else [everything]
    keys = [everything] if query.distinct else []
    if query.group is not None and all(key in query.outputs for key in query.group):
        keys.append(frozenset(query.outputs.index(key) for key in query.group))
    return keys
