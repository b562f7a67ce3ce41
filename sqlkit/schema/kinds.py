"""Types of other databases in DuckDB's words."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from sqlkit.sql.parse import SqlglotError
from sqlkit.sql.style import spell
from sqlkit.sql.text import write

# what DuckDB calls its types; a type that it does not have (INET, TSVECTOR, a type that the user made) is text to it
_KNOWN = set(
    "BIGINT BIGNUM BIT BLOB BOOLEAN DATE DECIMAL DOUBLE ENUM FLOAT GEOMETRY HUGEINT INT INTEGER INTERVAL JSON MAP NUMERIC REAL SMALLINT "
    "STRUCT TEXT TIME TIMESTAMP TIMESTAMPTZ TIMESTAMP_MS TIMESTAMP_NS TIMESTAMP_S TIMETZ TINYINT UBIGINT UHUGEINT UINTEGER UNION "
    "USMALLINT UTINYINT UUID VARCHAR".split()
)
_ALSO = {"YEAR": "SMALLINT", "UDECIMAL": "DECIMAL", "MONEY": "DECIMAL(19, 4)", "SMALLMONEY": "DECIMAL(10, 4)", "UDOUBLE": "DOUBLE"}
_PRECISE = {"DECIMAL", "NUMERIC"}
_PARTS = {"ENUM", "STRUCT", "MAP", "UNION"}


def duckdb_type(text: str, dialect: str) -> str:
    """A type of another dialect in DuckDB's words; VARCHAR when it is unknown."""
    try:
        return type_of(exp.DataType.build(text, dialect=dialect, udt=False), dialect)
    except (SqlglotError, ValueError, AttributeError):
        return "VARCHAR"


def type_of(kind: exp.Expression | None, dialect: str = "", made: Mapping[str, str] = {}) -> str:
    """A parsed type in DuckDB's words; `made` are types that the script makes, by lower-case name."""
    if not isinstance(kind, exp.DataType) or kind.this == exp.DataType.Type.NULL:
        return made.get(_named(kind), "VARCHAR")
    if kind.this == exp.DataType.Type.USERDEFINED:
        return made.get(_named(kind), "VARCHAR")
    sizes = kind.expressions
    if kind.this == exp.DataType.Type.TINYINT and sizes and sizes[0].name == "1":
        return "BOOLEAN"  # what MySQL makes of BOOLEAN
    if kind.this == exp.DataType.Type.BIT and dialect == "tsql":
        return "BOOLEAN"
    if kind.this == exp.DataType.Type.TIMESTAMPTZ and dialect == "mysql":
        return "TIMESTAMP"  # what its drivers give has no zone
    if kind.this == exp.DataType.Type.ARRAY:
        return f"{type_of(sizes[0], dialect, made)}[]" if sizes else "VARCHAR"
    if kind.this == exp.DataType.Type.ENUM and not sizes:
        return "VARCHAR"
    text = spell(kind)
    base = text.partition("(")[0].strip().removesuffix(" WITH TIME ZONE")
    if base in _PRECISE or text.startswith("UDECIMAL"):
        return _decimal([size.name for size in sizes])
    if base in _ALSO:
        return _ALSO[base]
    if base == "TEXT":
        return "VARCHAR"
    if base in _PARTS or text.endswith("]"):
        return text
    return text.partition("(")[0].strip() if base in _KNOWN else "VARCHAR"  # INT(11), TIMESTAMP(3): no use for the size


def _decimal(sizes: list[str]) -> str:
    """DuckDB's DECIMAL has 38 digits at most."""
    if not all(size.isdigit() for size in sizes):
        return "DECIMAL(38, 0)" if sizes else "DECIMAL"
    return "DOUBLE" if sizes and int(sizes[0]) > 38 else f"DECIMAL({', '.join(sizes)})" if sizes else "DECIMAL"


def _named(kind: exp.Expression | None) -> str:
    """The name of a type that the user made, without its schema."""
    if kind is None:
        return ""
    said = str(kind.args.get("kind") or kind.name or write(kind, ""))
    return said.rpartition(".")[2].strip('"[]`').lower()
