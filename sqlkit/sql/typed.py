"""A parsed SQLite query whose expressions have a kind: int, decimal, real, text, date, moment, bool, or '' for unknown."""

from __future__ import annotations

from sqlglot import exp
from sqlglot.optimizer.scope import Scope, traverse_scope

from sqlkit.sql.parse import nodes, parse_one
from sqlkit.sql.tables import Tables, kind
from sqlkit.sql.text import write

NUMBERS = ("int", "decimal", "real")
ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod)
_SAME = (exp.Alias, exp.Paren, exp.Neg, exp.Min, exp.Max, exp.AnyValue, exp.First, exp.Distinct, exp.Ordered, exp.Subquery)
_TEXTS = (exp.Lower, exp.Upper, exp.Substring, exp.Trim, exp.DPipe, exp.TimeToStr, exp.GroupConcat, exp.Replace)
_TRUTHS = (exp.Connector, exp.Predicate, exp.Not, exp.Boolean)
# the number at the beginning of a text
_PREFIX = r"^\s*[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?"


def expression(text: str) -> exp.Expr:
    """One DuckDB expression, parsed."""
    return next(parse_one(f"SELECT {text}").find_all(exp.Select)).selects[0].copy()


def _selects(query: exp.Expr) -> list[exp.Expr]:
    return list(query.selects) if isinstance(query, exp.Query) else []


class TypedTree:
    """`owners` holds for each column that reads a source of its own SELECT the source's name and its table's, lower case.

    Kinds are kept by identity, so every node that was ever part of the tree is kept alive.
    """

    def __init__(self, tree: exp.Expr, schema: Tables) -> None:
        self.tree = tree
        self.keys = {t.name.lower(): {c.lower() for c in t.primary_key} for t in schema.tables}
        self.owners: dict[int, tuple[str, str]] = {}
        self.scopes = list(traverse_scope(tree))
        self._types = {t.name.lower(): {c.name.lower(): kind(c.type) for c in t.columns} for t in schema.tables}
        self._kinds: dict[int, str] = {}
        self._alive: list[exp.Expr] = nodes(tree)
        for scope in self.scopes:
            self._resolve(scope)

    def of(self, node: exp.Expr | None) -> str:
        """The kind of an expression, worked out when it is first asked for."""
        if node is None:
            return ""
        if id(node) not in self._kinds:
            self._kinds[id(node)] = ""  # an alias that refers to itself
            self._alive.append(node)
            self._kinds[id(node)] = self._kind(node)
        return self._kinds[id(node)]

    def copy(self, node: exp.Expr) -> exp.Expr:
        """A copy with the kinds and owners of the original."""
        made = node.copy()
        for old, new in zip(node.walk(), made.walk(), strict=True):
            self._alive.append(new)
            self._kinds[id(new)] = self.of(old)
            if id(old) in self.owners:
                self.owners[id(new)] = self.owners[id(old)]
        return made

    def put(self, old: exp.Expr, new: exp.Expr, kind_of: str) -> exp.Expr:
        """Replace a node."""
        self._kinds[id(new)] = kind_of
        self._alive.append(new)
        if old is self.tree:
            self.tree = new
        else:
            old.replace(new)
        return new

    def wrap(self, node: exp.Expr, kind_of: str, template: str, value: exp.Expr | None = None) -> exp.Expr:
        """Put `template`, DuckDB SQL over the name x, in the place of a node; x is the node, or `value`."""
        made = expression(template)
        value = value if value is not None else node
        filler = exp.Paren(this=value.copy()) if isinstance(value, (exp.Binary, exp.Unary, exp.Predicate)) else value.copy()
        marker = self.put(node, exp.Placeholder(), "")
        for hole in [c for c in made.find_all(exp.Column) if c.name == "x"]:
            hole.replace(filler.copy())
        return self.put(marker, made, kind_of)

    def text(self, node: exp.Expr) -> exp.Expr:
        """The node as text."""
        if self.of(node) in ("text", ""):
            return node
        if isinstance(node, exp.Literal):
            return self.put(node, exp.Literal.string(node.name), "text")
        return self.wrap(node, "text", "CAST(x AS VARCHAR)")

    def number(self, node: exp.Expr) -> exp.Expr:
        """The node as a number: that at the beginning of a text, 0 where there is none; a date is a text."""
        if self.of(node) == "bool":
            return self.wrap(node, "int", "CAST(x AS INTEGER)")
        if self.of(node) in ("text", "date", "moment"):
            template = f"CASE WHEN NOT x IS NULL THEN COALESCE(TRY_CAST(REGEXP_EXTRACT(x, '{_PREFIX}') AS DOUBLE), 0) END"
            return self.wrap(self.text(node), "real", template)
        return node

    def truth(self, node: exp.Expr) -> None:
        """The node as a condition: a number that is not 0."""
        if self.of(node) not in ("bool", ""):
            self.wrap(self.number(node), "bool", "x <> 0")

    # names

    def all_columns(self, select: exp.Select) -> list[exp.Expr]:
        """The columns that a star in a SELECT stands for, new."""
        scope = next(s for s in self.scopes if s.expression is select)
        made: list[exp.Expr] = []
        for name, (_, source) in scope.selected_sources.items():
            for column, kind_of in self._columns(source).items():
                made.append(exp.column(column, table=name, quoted=True))
                self._alive.append(made[-1])
                self._kinds[id(made[-1])] = kind_of
                self.owners[id(made[-1])] = (name.lower(), source.name.lower() if isinstance(source, exp.Table) else "")
        return made

    def _resolve(self, scope: Scope) -> None:
        """Each column gets its kind; "text" that names no column and no output is a string."""
        outputs = {e.alias.lower() for e in _selects(scope.expression) if isinstance(e, exp.Alias)}
        for column in list(scope.find_all(exp.Column)):
            if isinstance(column.this, exp.Star):
                continue
            name = column.name.lower()
            if not column.table and name in outputs and column.find_ancestor(exp.Order, exp.Select) is scope.expression.args.get("order"):
                continue  # ORDER BY means the output first
            found, own = self._find(scope, column)
            if found is not None:
                self._kinds[id(column)] = found[0]
                if own:
                    self.owners[id(column)] = found[1:]
            elif not column.table and column.this.args.get("quoted") and name not in outputs:
                self.put(column, exp.Literal.string(column.name), "text")

    def _find(self, scope: Scope, column: exp.Column) -> tuple[tuple[str, str, str] | None, bool]:
        """Kind, source and table of a column, and whether the source belongs to the column's own SELECT."""
        around: Scope | None = scope
        while around is not None:
            for name, source in around.selected_sources.items():
                columns = self._columns(source[1])
                if column.table.lower() in ("", name.lower()) and column.name.lower() in columns:
                    table = source[1].name.lower() if isinstance(source[1], exp.Table) else ""
                    return (columns[column.name.lower()], name.lower(), table), around is scope
            around = around.parent
        return None, False

    def _columns(self, source: object) -> dict[str, str]:
        if isinstance(source, exp.Table):
            return self._types.get(source.name.lower(), {})
        if not isinstance(source, Scope):
            return {}
        found: dict[str, str] = {}
        for output in _selects(source.expression):
            if output.is_star:
                for _, inner in source.selected_sources.values():
                    found |= self._columns(inner)
            else:
                found[output.alias_or_name.lower()] = self.of(output)
        return found

    # kinds

    def _kind(self, node: exp.Expr) -> str:
        if isinstance(node, exp.Column):
            return self._alias(node)
        if isinstance(node, exp.Literal):
            return "text" if node.is_string else "int" if node.name.isdigit() else "real"
        if isinstance(node, _SAME):
            return self.of(node.this if node.this is not None else next(iter(node.expressions), None))
        if isinstance(node, exp.Sum | exp.Abs | exp.Greatest | exp.Least):
            return self.of(node.this)
        if isinstance(node, exp.Select):
            return self.of(next(iter(node.selects), None))
        if isinstance(node, exp.SetOperation):
            return self.of(node.left)
        if isinstance(node, ARITHMETIC):
            both = {self.of(node.this), self.of(node.expression)}
            return "int" if both <= {"int", "bool"} else "real" if "" not in both else ""
        if isinstance(node, exp.Count | exp.Length | exp.StrPosition):
            return "int"
        if isinstance(node, exp.Avg | exp.Round):
            return "real"
        if isinstance(node, exp.Cast):
            return kind(write(node.to))
        if isinstance(node, exp.Case):
            return self.of(node.args["ifs"][0].args["true"])
        if isinstance(node, exp.If):
            return self.of(node.args["true"])
        if isinstance(node, exp.Coalesce):
            return self.of(node.this)
        if isinstance(node, _TEXTS):
            return "text"
        return "bool" if isinstance(node, _TRUTHS) else ""

    def _alias(self, column: exp.Column) -> str:
        """The kind of an output of the same SELECT that a clause refers to by its alias."""
        select = column.find_ancestor(exp.Select, exp.SetOperation)
        named = (e for e in (_selects(select) if select else []) if isinstance(e, exp.Alias) and e.alias.lower() == column.name.lower())
        return self.of(next(named, None)) if not column.table else ""
