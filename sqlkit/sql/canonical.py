"""One SQL style: what a model is trained to write. Meaning is never changed; doubt returns the text as it came."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from sqlglot import exp

from sqlkit.sql.parse import SqlglotError, parse_one

_CAST = re.compile(r"CAST\(('\d{4}-\d\d-\d\d(?: [\d:]+)?') AS (?:DATE|TIMESTAMP)\)")
_NOT_NULL = re.compile(r"\bNOT ([\w.\"]+) IS NULL")
_NOT_IN = re.compile(r"\bNOT ([\w.\"]+) (IN|LIKE|ILIKE|BETWEEN) ")


def canonical(sql: str, tables: Mapping[str, Sequence[str]], dialect: str = "duckdb") -> str:
    """The query in the kit's style.

    DuckDB SQL on one line; names as in the schema; aliases of tables replaced by the table's name where each table
    stands once in its SELECT; columns qualified only where there are several tables; aliases of outputs dropped where
    nothing refers to them.
    """
    folded = " ".join(sql.strip().rstrip(";").split())
    try:
        tree = parse_one(folded, dialect).copy()
    except SqlglotError:
        return folded
    names = {t.lower(): t for t in tables}
    columns = {t.lower(): {c.lower(): c for c in cols} for t, cols in tables.items()}
    for select in list(tree.find_all(exp.Select)):
        _names(select, names, columns)
    for select in list(tree.find_all(exp.Select)):
        _qualify(select, columns)
        _outputs(select, tree)
    for node in tree.find_all(exp.Ordered):
        if node.args.get("desc") is False:
            node.set("desc", None)
    text = tree.sql(dialect="duckdb", normalize_functions="upper")
    text = _CAST.sub(r"\1", text).replace(" INNER JOIN ", " JOIN ").replace("!=", "<>")
    text = _NOT_NULL.sub(r"\1 IS NOT NULL", text)
    return _NOT_IN.sub(r"\1 NOT \2 ", text).replace("FILTER(WHERE", "FILTER (WHERE")


def _sources(select: exp.Select) -> list[exp.Expression]:
    found = [select.args.get("from_") or select.args.get("from")] + list(select.args.get("joins") or [])
    return [node.this for node in found if node is not None]


def _own(select: exp.Select, kind: type[exp.Expression]) -> list[exp.Expression]:
    """Nodes of a kind that belong to this SELECT or to subqueries inside it (which may refer to it)."""
    return list(select.find_all(kind))


def _names(select: exp.Select, names: Mapping[str, str], columns: Mapping[str, Mapping[str, str]]) -> None:
    sources = _sources(select)
    counted = Counter(s.name.lower() for s in sources if isinstance(s, exp.Table))
    inner = Counter(
        t.name.lower() for nested in select.find_all(exp.Select) if nested is not select for t in nested.find_all(exp.Table)
    )
    for source in sources:
        if not isinstance(source, exp.Table) or source.name.lower() not in names:
            continue
        real = names[source.name.lower()]
        source.set("this", exp.to_identifier(real))
        alias = source.alias
        simple = counted[source.name.lower()] == 1 and not inner[source.name.lower()]
        if alias and simple and _outer_free(select, real):
            for column in select.find_all(exp.Column):
                if column.table.lower() == alias.lower():
                    column.set("table", exp.to_identifier(real))
            source.set("alias", None)


def _outer_free(select: exp.Select, name: str) -> bool:
    """Whether no SELECT around this one uses the table, so that its bare name stays unambiguous."""
    above = select.parent_select
    while above is not None:
        if any(isinstance(s, exp.Table) and s.name.lower() == name.lower() for s in _sources(above)):
            return False
        above = above.parent_select
    return True


def _qualify(select: exp.Select, columns: Mapping[str, Mapping[str, str]]) -> None:
    sources = _sources(select)
    tables = [s for s in sources if isinstance(s, exp.Table)]
    correlated = select.parent_select is not None and any(
        c.table and c.table.lower() not in {(t.alias or t.name).lower() for t in tables} for c in select.find_all(exp.Column)
    )
    nested = any(s is not select for s in select.find_all(exp.Select))
    for column in select.find_all(exp.Column):
        if column.parent_select is not select:
            continue
        if len(sources) == 1 and len(tables) == 1 and not correlated:
            own = (tables[0].alias or tables[0].name).lower()
            if column.table.lower() == own and not (nested and _referred(select, own)):
                column.set("table", None)
        elif not column.table and len(tables) == len(sources):
            owners = [t for t in tables if column.name.lower() in columns.get(t.name.lower(), {})]
            aliased = {e.alias.lower() for e in select.expressions if isinstance(e, exp.Alias)}
            if len(owners) == 1 and column.name.lower() not in aliased:
                column.set("table", exp.to_identifier(owners[0].alias or owners[0].name))
        owner = next((t for t in tables if (t.alias or t.name).lower() == column.table.lower()), tables[0] if len(tables) == 1 else None)
        if owner is not None and (real := columns.get(owner.name.lower(), {}).get(column.name.lower())):
            column.set("this", exp.to_identifier(real, quoted=bool(column.this.args.get("quoted")) or None))


def _referred(select: exp.Select, own: str) -> bool:
    return any(c.table.lower() == own and c.parent_select is not select for c in select.find_all(exp.Column))


def _outputs(select: exp.Select, tree: exp.Expression) -> None:
    """Drop output aliases that nothing refers to: only at the top, where no other query reads them."""
    if select is not tree:
        return
    used = {c.name.lower() for c in select.find_all(exp.Column) if not c.table}
    plain = []
    for expression in select.expressions:
        if isinstance(expression, exp.Alias) and expression.alias.lower() not in used:
            plain.append(expression.this)
        else:
            plain.append(expression)
    select.set("expressions", plain)
