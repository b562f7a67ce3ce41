"""SQL to algebra: names resolved, stars written out, derived tables and CTEs put in the place of their names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

from sqlglot import exp

from sqlkit.sql.proof.algebra import Query, Scope, SetOperation, Source, Term, Unprovable, check_grouping, own, width
from sqlkit.sql.proof.keys import unique_outputs
from sqlkit.sql.proof.logic import comparison
from sqlkit.sql.proof.simplify import conditions, output_column, settle, simplify
from sqlkit.sql.proof.terms import only, term, truth
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
        self.ambiguous: set[str] = set()  # names that several outputs have
        self.columns_first = True  # in outputs and WHERE a column hides an output of its name; elsewhere it is not decided
        self.shown: list[str] = []  # the names of the outputs
        self.presorted = False  # a source is ordered: a LIMIT takes its first rows then, which SQL leaves open

    # queries

    def read(self, tree: exp.Expr, outermost: bool = False) -> Query:
        while isinstance(tree, exp.Subquery | exp.Paren):
            only(tree, {"this", "alias"})
            tree = tree.this
        only(tree, _SELECT if isinstance(tree, exp.Select) else _SET if type(tree) in _SETS else None)
        self._read_ctes(tree.args.get("with_"))
        if not isinstance(tree, exp.Select):
            return self._set_operation(cast(exp.SetOperation, tree), outermost)
        self._from(tree)
        self._select(tree)
        if self.presorted and (self.scope.limit is not None or self.scope.offset):
            raise Unprovable("a LIMIT of rows that a source has ordered")
        self.presorted |= bool(self.scope.order)
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
            only(cte, {"this", "alias", "materialized"})
            if cte.args["alias"].args.get("columns"):
                raise Unprovable("a CTE that names its columns")
            self.ctes[cte.alias.lower()] = (cte.this, self._inner(False))

    def _set_operation(self, tree: exp.SetOperation, outermost: bool) -> SetOperation:
        if any(side.args.get(part) for side in (tree.left, tree.right) if not isinstance(side, exp.Subquery) for part in ("order", "limit", "offset")):
            raise Unprovable("ORDER BY or LIMIT of a branch")
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
        self.presorted = any(reader.presorted for reader in readers)
        if self.presorted and (made.limit is not None or made.offset):
            raise Unprovable("a LIMIT of rows that a branch has ordered")
        self.presorted |= bool(made.order)
        settle(made, outermost)
        return made

    # FROM

    def _from(self, tree: exp.Select) -> None:
        if tree.args.get("from_") is not None:
            self._add(tree.args["from_"].this, "", [])
        for join in tree.args.get("joins") or []:
            only(join, {"this", "on", "side", "kind", "using"})
            side, how = join.side.upper(), join.kind.upper()
            if side not in ("", "LEFT") or how not in ("", "INNER", "CROSS", "OUTER"):
                raise Unprovable(f"{side} {how} JOIN")
            self._add(join.this, side, [i.name.lower() for i in join.args.get("using") or []], join.args.get("on"))

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
            only(node, {"this", "alias"})
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
        self.presorted |= reader.presorted
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
        keys = [frozenset(names[i] for i in key) for key in unique_outputs(inner)]
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
            if found is None and name in self.ambiguous:
                raise Unprovable("an output's name that several have")
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
        if tree.args.get("kind") or not tree.expressions:
            raise Unprovable("SELECT AS, or of nothing")
        named = [e.alias.lower() for e in tree.expressions if isinstance(e, exp.Alias)]
        self.ambiguous = {name for name in named if named.count(name) > 1}
        for output in tree.expressions:
            if isinstance(output, exp.Star) or (isinstance(output, exp.Column) and isinstance(output.this, exp.Star)):
                self._star(output)
                continue
            scope.outputs.append(term(output.unalias(), self))
            self.shown.append(output.alias_or_name.lower() or f"#{len(self.shown)}")
            if isinstance(output, exp.Alias):
                self.aliases[output.alias.lower()] = scope.outputs[-1]
        if tree.args.get("where") is not None:
            scope.where += conditions(truth(tree.args["where"].this, self))
        self.columns_first = False
        group = tree.args.get("group")
        if group is not None:
            only(group, {"expressions"})
            scope.group = [self._place(key) for key in group.expressions]
        having = tree.args.get("having")
        scope.having = conditions(truth(having.this, self)) if having is not None else []
        for key in tree.args["order"].expressions if tree.args.get("order") else []:
            only(key, {"this", "desc", "nulls_first"})
            scope.order.append((self._key(key.this), bool(key.args.get("desc")), bool(key.args.get("nulls_first"))))
        if scope.group is None and (having is not None or any(t[0] == "agg" for part in self._after() for t in own(part))):
            scope.group = []
        if tree.args.get("distinct") is not None:
            only(tree.args["distinct"], set())
            scope.distinct = True
        scope.limit, scope.offset = _limit(tree)
        check_grouping(scope, list(self._after()))

    def _after(self) -> Iterator[Term]:
        yield from self.scope.outputs
        yield from self.scope.having
        yield from (key for key, _, _ in self.scope.order)

    def _key(self, node: exp.Expr) -> Term:
        """A key of ORDER BY: an output's name, before anything else."""
        if not isinstance(node, exp.Column) or node.table:
            return self._place(node)
        wanted = node.name.lower()
        if wanted in self.ambiguous:
            raise Unprovable("an output's name that several have")
        return self.aliases[wanted] if wanted in self.aliases else self._place(node)

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
        only(node.this if isinstance(node, exp.Column) else node, set())
        if self.merged or (isinstance(node, exp.Column) and node.table.lower() not in self.names):
            raise Unprovable("a star after USING, or of no source")
        for alias, columns in self.names.items():
            if not isinstance(node, exp.Column) or alias == node.table.lower():
                self.scope.outputs += columns.values()
                self.shown += columns


def _limit(tree: exp.Expr) -> tuple[int | None, int]:
    found: list[int | None] = []
    for part in ("limit", "offset"):
        node = tree.args.get(part)
        if node is None:
            found.append(None)
            continue
        only(node, {"expression"})
        value = node.expression
        if not (isinstance(value, exp.Literal) and not value.is_string and value.name.isdigit()):
            raise Unprovable("a LIMIT that is no number")
        found.append(int(value.name))
    return found[0], found[1] or 0
