"""Reading and transpiling SQL text: the one place that calls sqlglot's parser."""

from __future__ import annotations

import logging

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, SqlglotError, TokenError

logging.getLogger("sqlglot").setLevel(logging.ERROR)

DIALECTS = {"postgresql": "postgres", "mariadb": "mysql", "mssql": "tsql"}  # SQLAlchemy's names that sqlglot has otherwise

__all__ = ["DIALECTS", "ParseError", "SqlglotError", "TokenError", "is_dialect", "parse_all", "parse_one", "transpile"]


def is_dialect(name: str) -> bool:
    """Whether sqlglot knows a dialect by this name."""
    try:
        return bool(sqlglot.Dialect.get_or_raise(name))
    except ValueError:
        return False


def parse_all(sql: str, dialect: str = "duckdb") -> list[exp.Expression]:
    """The statements of a text, comments between them left out. Raises SqlglotError."""
    found = sqlglot.parse(sql, read=dialect)
    return [s for s in found if isinstance(s, exp.Expression) and not isinstance(s, exp.Semicolon)]


def parse_one(sql: str, dialect: str = "duckdb") -> exp.Expression:
    """The one statement of a text. Raises ParseError when there is none, several, or broken SQL."""
    statements = parse_all(sql, dialect)
    if len(statements) != 1:
        raise ParseError(f"expected one statement, found {len(statements)}")
    return statements[0]


def transpile(sql: str, read: str, write: str = "duckdb") -> str:
    """SQL of one dialect as SQL of another. Raises SqlglotError."""
    return parse_one(sql, read).sql(dialect=write)
