"""SQL as public sets publish it, mended where only one reading is possible.

Strings in double quotes, columns that the context forgot, values into which names of columns were pasted, names of two
words taken for a column and its alias ("Regular season" as `Regular AS season`), numbers cut at their comma.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence

from sqlglot import exp

from sqlkit.sql.parse import SqlglotError, of_kind, parse_all
from sqlkit.sql.resolve import Names
from sqlkit.sql.text import write

STRINGS, FORGOTTEN, PASTED, SPLIT, COMMA, SUM = (
    "strings in double quotes", "columns that the context forgot", "names pasted into values", "column names that were split",
    "numbers cut at their comma", "scores read as sums",
)  # fmt: skip
_WIKI_TABLE = re.compile(r"table_(name_)?\d+(_\d+)*", re.I)  # WikiSQL's: one table a query and no alias, as it was made


class Hopeless(ValueError):
    """A query that makes no example; the text is the reason, a phrase that is counted."""


@dataclasses.dataclass(frozen=True, slots=True)
class Mended:
    """The tree of the query in its own dialect. added: (table, column) that the schema lacks; removed: those it has by mistake."""

    tree: exp.Expr
    repairs: tuple[str, ...]
    added: tuple[tuple[str, str], ...] = ()
    removed: tuple[tuple[str, str], ...] = ()


def mend(sql: str, dialect: str, tables: Mapping[str, Sequence[str]], question: str = "", *, narrow: bool = False) -> Mended:
    """One published query over `tables` (lower-case names to lower-case columns).

    narrow: the context was made from the query, so that it may lack columns and hold halves of names. Raises Hopeless.
    """
    try:
        found = parse_all(sql, dialect)
    except (SqlglotError, RecursionError, ValueError):
        raise Hopeless("SQL that cannot be parsed") from None
    if len(found) != 1 or not isinstance(found[0], exp.Select | exp.SetOperation | exp.Subquery):
        raise Hopeless("not a SELECT" if len(found) == 1 else "not one statement")
    tree = found[0]
    if of_kind(tree, exp.Rand, exp.Uuid, exp.TableSample):
        raise Hopeless("depends on chance")
    repairs: list[str] = []
    added, removed = _wiki(tree, tables, question, repairs) if narrow else ([], [])
    new = {name for _, name in added}
    names = Names(tree, tables)
    unknown = {t.name for scope in names.scopes for t in _unread(scope.select, names)}
    if unknown:
        raise Hopeless("tables that the context lacks")
    forgotten: list[tuple[str, str]] = []
    for column in of_kind(tree, exp.Column):
        if isinstance(column.this, exp.Star) or _known(column, names) or column.name in new:
            continue
        if not column.table and column.this.args.get("quoted"):
            column.replace(exp.Literal.string(column.name))
            repairs.append(STRINGS)
        elif narrow:
            forgotten.append(_owner(column, names))
        else:
            scope = names.scope(column)
            several = scope is not None and sum(column.name.lower() in s.columns for s in scope.sources) > 1 and not column.table
            raise Hopeless("columns that several tables have" if several else "columns that the context lacks")
    repairs += [FORGOTTEN] if forgotten else []
    repairs += _pasted(tree, question)
    return Mended(tree, tuple(dict.fromkeys(repairs)), tuple(dict.fromkeys([*added, *forgotten])), tuple(removed))


def _wiki(tree: exp.Expr, tables: Mapping[str, Sequence[str]], question: str, repairs: list[str]) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """WikiSQL's queries have one table, one output, conditions of a column and a value, and neither alias nor OFFSET.

    So `Regular AS season` is the column Regular_season, `3 AS _dart_average` is "3_dart_average", `2012 = 'x'` speaks of a
    column "2012", and `crowd > 41 OFFSET 451` of 41,451 where the question does. Columns to add and to remove.
    """
    source = tree.args.get("from_") if isinstance(tree, exp.Select) else None
    table = source.this.name.lower() if source is not None else ""
    if not isinstance(tree, exp.Select) or len(tree.expressions) != 1 or not _WIKI_TABLE.fullmatch(table) or table not in tables:
        return [], []
    added, removed = [], []
    shown = tree.expressions[0]
    if isinstance(shown, exp.Alias):
        call, tail = shown.this, shown.alias
        head = call.this if isinstance(call, exp.AggFunc) else call
        number = isinstance(head, exp.Literal) and not head.is_string
        if not (isinstance(head, exp.Column) or number) or not re.fullmatch(r"\w+" if head is call else r"[A-Za-z]\w*", tail):
            raise Hopeless("a column name that was cut up")
        name = f"{head.name}{'' if tail.startswith('_') else '_'}{tail}"
        head.replace(exp.column(exp.to_identifier(name, quoted=number or None)))
        shown.replace(shown.this)
        added.append((table, name))
        used = {c.name.lower() for c in of_kind(tree, exp.Column)}
        removed += [] if number or head.name.lower() in used else [(table, head.name.lower())]
    shown = tree.expressions[0]
    inner = shown.this if isinstance(shown, exp.AggFunc) else shown
    sides = [inner, *(c.this for c in of_kind(tree, exp.EQ, exp.GT, exp.LT))]
    for literal in [s for s in sides if isinstance(s, exp.Literal) and not s.is_string]:
        literal.replace(exp.column(exp.to_identifier(literal.name, quoted=True)))
        added.append((table, literal.name))
    repairs += [SPLIT] if added else []
    repairs += _sums(tree, question)
    if offset := tree.args.get("offset"):
        last = [c.expression for c in of_kind(tree, exp.EQ, exp.GT, exp.LT) if isinstance(c.expression, exp.Literal)]
        whole = next((v for v in last if f"{v.name},{offset.expression.name}" in question), None)
        if whole is None or tree.args.get("limit"):
            raise Hopeless("a number that was cut up")
        whole.set("this", f"{whole.name}{offset.expression.name}")
        tree.set("offset", None)
        repairs.append(COMMA)
    return added, removed


def _sums(tree: exp.Select, question: str) -> list[str]:
    """`score = 67 - 67 - 66 = 200` is a golfer's score, 67-67-66=200, where the question has it so. Raises Hopeless."""
    where = tree.args.get("where")
    found = [c for c in of_kind(tree, exp.EQ, exp.GT, exp.LT) if c.expression.find(exp.Binary, exp.Func) or not isinstance(c.this, exp.Column)]
    condition = where.this if found and where is not None else None
    for part in condition.flatten() if isinstance(condition, exp.And) else [condition] if condition is not None else []:
        column = part
        while isinstance(column, exp.Binary):
            column = column.this
        said = write(part, "").removeprefix(f"{write(column, '')} = ").replace(" ", "")
        if isinstance(part, exp.EQ) and (part.expression.find(exp.Binary) or part.this is not column):
            if not isinstance(column, exp.Column) or said not in question.replace(" ", ""):
                raise Hopeless("a value that was cut up")
            part.replace(exp.EQ(this=column.copy(), expression=exp.Literal.string(said)))
    if any(c.expression.find(exp.Binary, exp.Func) for c in of_kind(tree, exp.EQ, exp.GT, exp.LT)):
        raise Hopeless("a value that was cut up")
    return [SUM] if found else []


def _unread(select: exp.Select, names: Names) -> list[exp.Table]:
    """Tables of a FROM that are neither in the schema nor named by WITH."""
    source, joins = select.args.get("from_"), select.args.get("joins") or []
    members = [part.this for part in (source, *joins) if part is not None]
    read = {id(s.node) for scope in names.scopes for s in scope.sources}
    return [m for m in members if isinstance(m, exp.Table) and isinstance(m.this, exp.Identifier) and id(m) not in read]


def _known(column: exp.Column, names: Names) -> bool:
    source = names.source(column)
    if source is not None:
        return not source.table or column.name.lower() in source.columns
    scope = names.scope(column)
    while scope is not None:  # a name that the SELECT gives to an output, or one around it
        if not column.table and any(isinstance(e, exp.Alias) and e.alias.lower() == column.name.lower() for e in scope.select.expressions):
            return True
        if not scope.whole:
            return True
        scope = scope.parent
    return names.scope(column) is None


def _owner(column: exp.Column, names: Names) -> tuple[str, str]:
    """Whose column it must be: the table it is qualified with, or the only one there is. Raises Hopeless."""
    source, scope = names.source(column), names.scope(column)
    if source is None and scope is not None and len(scope.sources) == 1 and not column.table:
        source = scope.sources[0]
    if source is None or not source.table:
        raise Hopeless("columns whose table the context does not tell")
    return source.table, column.name


def _pasted(tree: exp.Expr, question: str) -> list[str]:
    """'Spanish grand_prix' beside a column grand_prix, where the question says Spanish Grand Prix."""
    asked, repairs = " ".join(question.lower().split()), []
    for literal in of_kind(tree, exp.Literal):
        if literal.is_string and "_" in literal.name and literal.name.lower() not in asked:
            plain = literal.name.replace("_", " ")
            at = asked.find(plain.lower())
            if at >= 0:
                literal.set("this", " ".join(question.split())[at : at + len(plain)])
                repairs.append(PASTED)
    return repairs
