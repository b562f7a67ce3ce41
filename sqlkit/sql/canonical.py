"""One SQL style: what a model is trained to write. Meaning is never changed; doubt leaves a part as it came.

select c.nm as n from cust as c inner join ord o on c.id=o.cust_id where o.st != 'X' order by c.nm asc
SELECT cust.nm FROM cust JOIN ord ON cust.id = ord.cust_id WHERE ord.st <> 'X' ORDER BY cust.nm
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlglot import exp

from sqlkit.sql.parse import SqlglotError, of_kind, tree_of
from sqlkit.sql.style import fold, spell
from sqlkit.sql.text import write


def canonical(sql: str | exp.Expr, tables: Mapping[str, Sequence[str]], dialect: str = "duckdb") -> str:
    """The query in the kit's style: DuckDB SQL on one line, names as in `tables` (table name to its columns).

    A table goes by its own name, or by t1, t2, ... where that name would be ambiguous. Columns are qualified where a
    SELECT reads several tables or refers to a SELECT around it. Output aliases that nothing refers to are dropped. A
    text that cannot be parsed comes back on one line, otherwise as it was.
    """
    try:
        tree: Any = tree_of(sql, dialect).copy()
        _Query(tree, tables).restyle()
        return spell(tree, own=True)
    except (SqlglotError, RecursionError):
        return fold(sql if isinstance(sql, str) else write(sql, dialect))


@dataclasses.dataclass(eq=False)
class _Source:
    """One table, CTE or subquery in a FROM. `columns`, lower case to real name, is None where they are not known."""

    node: exp.Expression
    name: str
    select: exp.Select
    table: str = ""
    columns: dict[str, str] | None = None


class _Query:
    """A parsed query with every column resolved to the source it reads, as far as the schema tells."""

    def __init__(self, tree: exp.Expression, tables: Mapping[str, Sequence[str]]) -> None:
        self.tree = tree
        self.real = {name.lower(): name for name in tables}
        self.columns = {name.lower(): {c.lower(): c for c in columns} for name, columns in tables.items()}
        self.ctes = {cte.alias.lower() for cte in of_kind(tree, exp.CTE)}
        self.selects = of_kind(tree, exp.Select)
        self.sources = {id(select): [self._source(n, select) for n in _from(select)] for select in self.selects}
        listed = {id(s.node) for sources in self.sources.values() for s in sources}
        # a table elsewhere (joins in brackets, PIVOT, a bare FROM) would escape the renaming: then nothing is renamed
        self.whole = all(id(t) in listed for t in of_kind(tree, exp.Table)) and not of_kind(tree, exp.Pivot)
        self.resolved = {id(c): (c, self._resolve(c)) for c in of_kind(tree, exp.Column)}

    def restyle(self) -> None:
        if self.whole:
            self._rename()
        for select in self.selects:
            if select is self.tree:
                _drop_aliases(select)
            if self.whole:
                self._qualify(select)
        for column, source in self.resolved.values():
            real = (source.columns or {}).get(column.name.lower()) if source else None
            if real:
                column.set("this", exp.to_identifier(real))

    def _source(self, node: exp.Expression, select: exp.Select) -> _Source:
        source = _Source(node, node.alias_or_name.lower(), select)
        key = node.name.lower()
        plain = isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier) and not node.db
        alias = node.args.get("alias")
        if plain and key in self.real and key not in self.ctes and not (alias and alias.args.get("columns")):
            source.table, source.columns = self.real[key], self.columns[key]
        return source

    def _resolve(self, column: exp.Column) -> _Source | None:
        """The source a column reads: by its qualifier, or as the one owner of the name in the nearest SELECT."""
        wanted = column.table.lower()
        for select in _around(column):
            sources = self.sources[id(select)]
            if wanted:
                found = [s for s in sources if s.name == wanted]
            else:
                found = [s for s in sources if s.columns is None or column.name.lower() in s.columns]
            if found:
                return found[0] if len(found) == 1 and (wanted or found[0].columns is not None) else None
        return None

    def _rename(self) -> None:
        """Tables under their own names where that is clear, under t1, t2, ... where it is not."""
        everything = [s for sources in self.sources.values() for s in sources]
        spoken = {c.name.lower() for c in of_kind(self.tree, exp.Column) if not c.table}
        # `SELECT t FROM x AS t` reads a row by its alias: such an alias stays
        mine = [s for s in everything if s.table and not (s.name in spoken and s.name not in self._column_names())]
        taken = {*self.real, *self.ctes, *self._column_names(), *(s.name for s in everything if s not in mine)}
        fresh = (name for n in range(1, 1000) if (name := f"t{n}") not in taken)
        for source in sorted(mine, key=lambda s: self._position(s)):
            new = source.table if self._clear(source, everything) else next(fresh)
            for column, owner in self.resolved.values():
                if owner is source and column.table:
                    column.set("table", exp.to_identifier(new))
            source.node.set("this", exp.to_identifier(source.table))
            source.node.set("alias", None if new == source.table else exp.TableAlias(this=exp.to_identifier(new)))

    def _column_names(self) -> set[str]:
        return {c for columns in self.columns.values() for c in columns}

    def _position(self, source: _Source) -> int:
        return next(i for i, node in enumerate(self.tree.walk(bfs=False)) if node is source.node)

    def _clear(self, source: _Source, everything: Sequence[_Source]) -> bool:
        """Whether the table's own name can mean only this source wherever one of its columns is used."""
        name = source.table.lower()
        rivals = [s for s in everything if s is not source and name in (s.name, s.table.lower())]
        if any(r.select is source.select for r in rivals):
            return False
        inside = {id(select) for column, owner in self.resolved.values() if owner is source for select in _up_to(column, source.select)}
        return not any(id(r.select) in inside for r in rivals)

    def _qualify(self, select: exp.Select) -> None:
        sources = self.sources[id(select)]
        own = [(c, s) for c, s in self.resolved.values() if next(_around(c), None) is select]
        aliases = {e.alias.lower(): e.this for e in select.expressions if isinstance(e, exp.Alias)}
        alone = len(sources) == 1 and all(s is None or s.select is select for _, s in own)
        for column, source in own:
            if source is None or source.columns is None or column.name.lower() not in source.columns:
                continue
            shadowed = column.name.lower() in aliases
            if alone and column.table and not shadowed:
                column.set("table", None)
            elif not alone and not column.table and not shadowed and all(s.columns is not None for s in sources):
                column.set("table", exp.to_identifier(source.node.alias_or_name))


def _from(select: exp.Select) -> list[exp.Expression]:
    parts = [select.args.get("from_"), *(select.args.get("joins") or []), *(select.args.get("laterals") or [])]
    return [part if isinstance(part, exp.Lateral) else part.this for part in parts if part is not None]


def _around(node: exp.Expression) -> Iterator[exp.Select]:
    """The SELECTs around a node, nearest first. The ORDER BY of a set operation belongs to none of them."""
    parent = node.parent
    while parent is not None:
        if isinstance(parent, exp.SetOperation) and isinstance(node, exp.Column):
            return
        if isinstance(parent, exp.Select):
            yield parent
            node = parent
        parent = parent.parent


def _up_to(column: exp.Column, last: exp.Select) -> Iterator[exp.Select]:
    """The SELECTs between a column and the one that holds its source, that one left out."""
    for select in _around(column):
        if select is last:
            return
        yield select


def _drop_aliases(select: exp.Select) -> None:
    """Output aliases that nothing refers to; called for the outermost SELECT only, whose names no query reads."""
    used = {c.name.lower() for c in of_kind(select, exp.Column) if not c.table}
    plain = [e.this if isinstance(e, exp.Alias) and e.alias.lower() not in used else e for e in select.expressions]
    select.set("expressions", plain)
