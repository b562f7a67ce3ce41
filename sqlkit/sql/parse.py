"""Reading SQL text: the one place that calls sqlglot's parser."""

from __future__ import annotations

import contextlib
import functools
import logging
from collections.abc import Iterator
from typing import TypeVar

import sqlglot
from sqlglot import TokenType, exp
from sqlglot.errors import ParseError, SqlglotError, TokenError

logging.getLogger("sqlglot").setLevel(logging.ERROR)

DEEPEST = 200  # brackets inside brackets; the parser calls itself for each, and a stack ends (a compiled one's with the process)
DOUBTFUL = 10  # brackets behind a word, and joins without a condition, of which the parser tries two readings, so twice as long for each
KEPT = 1_500  # characters of the longest text whose tree is kept
_PLACE = frozenset({"line", "col", "start", "end"})  # of a name in the text: nobody asks, and copying it is half of copying a tree
_OPENING = frozenset({TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE})
_CLOSING = frozenset({TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE})
_WORDS = sqlglot.Parser.TYPE_TOKENS | {TokenType.LATERAL, TokenType.LIMIT, TokenType.OFFSET, TokenType.FETCH}
_NAMED = frozenset({"IF", "SORT_ARRAY"})
_JOINS = frozenset({TokenType.JOIN, TokenType.STRAIGHT_JOIN})
_WITHOUT = frozenset({TokenType.CROSS, TokenType.NATURAL})  # of a condition
_CONDITIONS = frozenset({TokenType.ON, TokenType.USING})
Node = TypeVar("Node", bound=exp.Expr)
DIALECTS = {"postgresql": "postgres", "mariadb": "mysql", "mssql": "tsql"}  # SQLAlchemy's names that sqlglot has otherwise

__all__ = ["DIALECTS", "ParseError", "SqlglotError", "TokenError", "is_dialect", "nodes", "of_kind", "own_mistakes", "parse_all", "parse_one", "read_tables", "tree_of", "view_all", "view_one"]


def is_dialect(name: str) -> bool:
    """Whether sqlglot knows a dialect by this name."""
    try:
        return bool(sqlglot.Dialect.get_or_raise(name))
    except ValueError:
        return False


def view_all(sql: str, dialect: str = "duckdb") -> tuple[exp.Expression, ...]:
    """As `parse_all`, for callers that only look: the trees are shared, and must not be changed."""
    return _kept(sql, dialect) if len(sql) <= KEPT else _parse(sql, dialect)


def view_one(sql: str, dialect: str = "duckdb") -> exp.Expression:
    """As `parse_one`, for callers that only look: the tree is shared, and must not be changed."""
    statements = view_all(sql, dialect)
    if len(statements) != 1:
        raise ParseError(f"expected one statement, found {len(statements)}")
    return statements[0]


def parse_all(sql: str, dialect: str = "duckdb") -> list[exp.Expression]:
    """The statements of a text, comments between them left out. Raises SqlglotError."""
    return [statement.copy() for statement in view_all(sql, dialect)] if len(sql) <= KEPT else list(_parse(sql, dialect))


def parse_one(sql: str, dialect: str = "duckdb") -> exp.Expression:
    """The one statement of a text. Raises ParseError when there is none, several, or broken SQL."""
    return view_one(sql, dialect).copy()


def _parse(sql: str, dialect: str) -> tuple[exp.Expression, ...]:
    speaker = sqlglot.Dialect.get_or_raise(dialect)
    with own_mistakes():
        tokens = speaker.tokenize(sql)
        _check_depth(tokens)
        parsed = speaker.parser().parse(tokens, sql)
    found = tuple(s for s in parsed if isinstance(s, exp.Expression) and not isinstance(s, exp.Semicolon))
    for statement in found:
        for node in nodes(statement):
            if node._meta is not None and node._meta.keys() <= _PLACE:
                node._meta = None
    return found


@contextlib.contextmanager
def own_mistakes() -> Iterator[None]:
    """sqlglot's own exceptions, on nesting and arguments that nobody writes, as the ParseError that callers look for."""
    try:
        yield
    except SqlglotError:
        raise
    except RecursionError:
        raise ParseError("nested too deeply") from None
    except Exception as error:
        raise ParseError(f"neither read nor written ({type(error).__name__}: {error})") from None


def _check_depth(tokens: list[sqlglot.Token]) -> None:
    """Raises ParseError for brackets nested deeper, or more joins without a condition, than people and programs write."""
    doubtful = [False]  # at each depth, whether a word of two readings has been there
    joins = [0]  # at each depth, those whose condition has not come
    last = None
    for token in tokens:
        kind = token.token_type
        if kind in _OPENING:
            if len(doubtful) > DEEPEST or sum(doubtful) + sum(joins) > DOUBTFUL:
                raise ParseError(f"nested too deeply at line {token.line}, column {token.col}")
            doubtful.append(False)
            joins.append(0)
        elif kind in _CLOSING and len(doubtful) > 1:
            doubtful.pop()
            joins.pop()
        elif kind in _JOINS and last not in _WITHOUT:
            joins[-1] += 1
            if sum(doubtful[:-1]) + sum(joins) > DOUBTFUL:
                raise ParseError(f"too many joins without ON or USING at line {token.line}, column {token.col}")
        elif kind in _CONDITIONS:
            joins[-1] = max(0, joins[-1] - 1)
        elif kind in _WORDS or token.text.upper() in _NAMED:
            doubtful[-1] = True
        last = kind


_kept = functools.lru_cache(1024)(_parse)  # a query is looked at by the gate, the probe, the taxonomy, ...


def read_tables(sql: str, dialect: str = "duckdb") -> list[str]:
    """The names of the tables that a query reads, CTEs left out; none where it does not parse."""
    try:
        inside = nodes(view_one(sql, dialect))
    except (SqlglotError, RecursionError):
        return []
    common = {node.alias_or_name.lower() for node in inside if isinstance(node, exp.CTE)}
    tables = [node for node in inside if isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier)]
    return list(dict.fromkeys(table.name for table in tables if table.name.lower() not in common))


def nodes(tree: exp.Expr) -> list[exp.Expr]:
    """All nodes of a tree, each before what is in it, as `tree.walk()` has them and several times as fast."""
    found = [tree]
    for node in found:
        for value in node.args.values():
            if isinstance(value, exp.Expr):
                found.append(value)
            elif type(value) is list:
                found.extend([item for item in value if isinstance(item, exp.Expr)])
    return found


def of_kind(tree: exp.Expr, *kinds: type[Node]) -> list[Node]:
    """The nodes of some kinds, in the order of `nodes`: `tree.find_all` several times as fast."""
    return [node for node in nodes(tree) if isinstance(node, kinds)]


def tree_of(sql: str | exp.Expr, dialect: str = "duckdb") -> exp.Expr:
    """The tree of a text, or the tree itself, which is not to be changed. Raises as `parse_one`."""
    return view_one(sql, dialect) if isinstance(sql, str) else sql
