"""A schema from CREATE TABLE text, in any dialect that sqlglot reads, and back to text."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from sqlglot import exp

from sqlkit.errors import SchemaError
from sqlkit.schema.types import Column, ForeignKey, Schema, Table
from sqlkit.sql.parse import SqlglotError, parse_all
from sqlkit.sql.style import spell

# what DuckDB calls its types; a type that it does not have (INET, TSVECTOR, a type that the user made) is text to it
_KNOWN = set(
    "BIGINT BIGNUM BIT BLOB BOOLEAN DATE DECIMAL DOUBLE ENUM FLOAT GEOMETRY HUGEINT INT INTEGER INTERVAL JSON MAP NUMERIC REAL SMALLINT "
    "STRUCT TEXT TIME TIMESTAMP TIMESTAMPTZ TIMESTAMP_MS TIMESTAMP_NS TIMESTAMP_S TIMETZ TINYINT UBIGINT UHUGEINT UINTEGER UNION "
    "USMALLINT UTINYINT UUID VARCHAR".split()
)
_ALSO = {"YEAR": "SMALLINT", "UDECIMAL": "DECIMAL", "MONEY": "DECIMAL(19, 4)", "SMALLMONEY": "DECIMAL(10, 4)", "UDOUBLE": "DOUBLE"}
_SIZED = (*exp.DataType.TEXT_TYPES, *exp.DataType.INTEGER_TYPES)  # INT(11), VARCHAR(20): DuckDB has no use for the size


@dataclasses.dataclass
class _Parts:
    """A table while its statements are read; keys may come later, in ALTER TABLE, as dumps write them."""

    columns: dict[str, Column] = dataclasses.field(default_factory=dict)
    primary: tuple[str, ...] = ()
    keys: list[ForeignKey] = dataclasses.field(default_factory=list)
    unique: list[tuple[str, ...]] = dataclasses.field(default_factory=list)
    checks: list[str] = dataclasses.field(default_factory=list)
    comment: str = ""


def parse_ddl(text: str, dialect: str = "duckdb", name: str = "main") -> Schema:
    """Read CREATE TABLE, ALTER TABLE ... ADD key and COMMENT ON; other statements are passed over.

    Raises SchemaError when the text cannot be parsed or holds no table.
    """
    try:
        statements = parse_all(text, dialect)
    except (SqlglotError, RecursionError, ValueError) as error:
        raise SchemaError(f"DDL cannot be read: {(str(error) or type(error).__name__).splitlines()[0]}") from None
    tables: dict[str, _Parts] = {}
    for statement in statements:
        if isinstance(statement, exp.Create) and statement.kind == "TABLE" and isinstance(statement.this, exp.Schema):
            parts = tables.setdefault(statement.this.this.name, _Parts())
            for part in statement.this.expressions:
                _read(part, parts)
        elif isinstance(statement, exp.Alter) and statement.this.name in tables:
            for action in statement.args.get("actions") or []:
                for part in action.expressions if isinstance(action, exp.AddConstraint) else [action]:
                    _read(part, tables[statement.this.name])
        elif isinstance(statement, exp.Comment):
            _comment(statement, tables)
    if not tables:
        raise SchemaError(f"DDL holds no CREATE TABLE statement that can be read as {dialect}")
    return Schema(tuple(_finish(title, parts, tables) for title, parts in tables.items()), name)


def _read(part: exp.Expression, parts: _Parts) -> None:
    if isinstance(part, exp.Constraint):
        for inner in part.expressions:
            _read(inner, parts)
    elif isinstance(part, exp.PrimaryKey):
        parts.primary = tuple(e.name for e in part.expressions)
    elif isinstance(part, exp.ForeignKey):
        parts.keys.append(_key(tuple(e.name for e in part.expressions), part.args["reference"]))
    elif isinstance(part, exp.UniqueColumnConstraint):
        named = part.this.expressions if isinstance(part.this, exp.Schema) else []
        parts.unique += [tuple(e.name for e in named)] if named else []
    elif isinstance(part, exp.CheckColumnConstraint):
        parts.checks.append(spell(part.this))
    elif isinstance(part, exp.ColumnDef):
        kinds: dict[type, Any] = {type(c.kind): c.kind for c in part.constraints}
        reference, comment = kinds.get(exp.Reference), kinds.get(exp.CommentColumnConstraint)
        if exp.PrimaryKeyColumnConstraint in kinds:
            parts.primary = (part.name,)
        if exp.UniqueColumnConstraint in kinds:
            parts.unique.append((part.name,))
        if exp.CheckColumnConstraint in kinds:
            parts.checks.append(spell(kinds[exp.CheckColumnConstraint].this))
        if reference is not None:
            parts.keys.append(_key((part.name,), reference))
        fixed = kinds.get(exp.NotNullColumnConstraint)
        nullable = fixed is None or bool(fixed.args.get("allow_null"))
        parts.columns[part.name] = Column(part.name, _type(part.args.get("kind")), nullable, comment.this.name if comment else "")
    elif isinstance(part, exp.Identifier | exp.Column):  # SQLite's columns without a type
        parts.columns[part.name] = Column(part.name)


def duckdb_type(text: str, dialect: str) -> str:
    """A type of another dialect in DuckDB's words; VARCHAR when it is unknown."""
    try:
        return _type(exp.DataType.build(text, dialect=dialect, udt=False))
    except (SqlglotError, ValueError):
        return "VARCHAR"


def _type(kind: exp.Expression | None) -> str:
    if not isinstance(kind, exp.DataType) or kind.is_type("null"):
        return "VARCHAR"
    if kind.this == exp.DataType.Type.TINYINT and kind.expressions and kind.expressions[0].name == "1":
        return "BOOLEAN"  # what MySQL makes of BOOLEAN
    if kind.is_type("array") and kind.expressions:
        return f"{_type(kind.expressions[0])}[]"
    if kind.this in _SIZED:
        kind = exp.DataType(this=kind.this)
    if kind.this == exp.DataType.Type.ENUM and not kind.expressions:
        return "VARCHAR"
    text = spell(kind)
    base, _, rest = text.partition("(")
    if base in _ALSO:
        return _ALSO[base] + (f"({rest}" if rest and base == "UDECIMAL" else "")
    return text if text.endswith("]") or base.strip().removesuffix(" WITH TIME ZONE") in _KNOWN else "VARCHAR"


def _key(columns: tuple[str, ...], reference: exp.Expression) -> ForeignKey:
    target = reference.this
    if isinstance(target, exp.Schema):
        return ForeignKey(columns, target.this.name, tuple(e.name for e in target.expressions))
    return ForeignKey(columns, target.name, ())


def _comment(statement: exp.Comment, tables: dict[str, _Parts]) -> None:
    target, text = statement.this, statement.expression
    said = text.name if isinstance(text, exp.Literal) else ""
    if isinstance(target, exp.Table) and target.name in tables:
        tables[target.name].comment = said
    elif isinstance(target, exp.Column) and target.table in tables:
        columns = tables[target.table].columns
        if target.name in columns:
            columns[target.name] = dataclasses.replace(columns[target.name], comment=said)


def _finish(title: str, parts: _Parts, tables: dict[str, _Parts]) -> Table:
    """The table with what needed the others: a reference that names no columns means the other's primary key."""
    primaries = {name.lower(): other.primary for name, other in tables.items()}
    key_columns = {name.lower() for name in parts.primary}
    return Table(
        title,
        tuple(dataclasses.replace(c, nullable=c.nullable and c.name.lower() not in key_columns) for c in parts.columns.values()),
        parts.primary,
        tuple(
            key if key.ref_columns else dataclasses.replace(key, ref_columns=primaries.get(key.ref_table.lower()) or key.columns)
            for key in parts.keys
        ),
        parts.comment,
        tuple(parts.unique),
        tuple(parts.checks),
    )


def to_ddl(schema: Schema) -> str:
    """CREATE TABLE and COMMENT ON statements that DuckDB runs as they stand: a table comes after those it refers to.

    Keys that DuckDB refuses are left out, as `enforced` does.
    """
    made = []
    for table in enforced(schema).tables:
        lines = [f"  {_quoted(c.name)} {c.type}{'' if c.nullable else ' NOT NULL'}" for c in table.columns]
        if table.primary_key:
            lines.append(f"  PRIMARY KEY ({_list(table.primary_key)})")
        lines += [f"  UNIQUE ({_list(columns)})" for columns in table.unique]
        lines += [f"  CHECK ({condition})" for condition in table.checks]
        lines += [
            f"  FOREIGN KEY ({_list(k.columns)}) REFERENCES {_quoted(k.ref_table)} ({_list(k.ref_columns)})"
            for k in table.foreign_keys
        ]
        made.append(f"CREATE TABLE {_quoted(table.name)} (\n" + ",\n".join(lines) + "\n);")
        made += [f"COMMENT ON {what} IS {exp.Literal.string(said).sql()};" for what, said in _comments(table)]
    return "\n".join(made) + "\n"


def enforced(schema: Schema) -> Schema:
    """The schema as DuckDB can keep it: parents before children, without foreign keys that refer to an unknown table or
    column, to columns that are no key, or around in a circle."""
    tables, done = [], set[str]()
    for table in _parents_first(schema):
        done.add(table.name.lower())
        kept = tuple(k for k in table.foreign_keys if k.ref_table.lower() in done and _unique(schema, k) and _typed(schema, table, k))
        tables.append(dataclasses.replace(table, foreign_keys=kept))
    return Schema(tuple(tables), schema.name)


def _parents_first(schema: Schema) -> list[Table]:
    waiting, ordered = list(schema.tables), list[Table]()
    while waiting:
        names = {t.name.lower() for t in waiting}
        free = [t for t in waiting if not any(k.ref_table.lower() in names - {t.name.lower()} for k in t.foreign_keys)]
        chosen = free or waiting[:1]
        ordered += chosen
        waiting = [t for t in waiting if t not in chosen]
    return ordered


def _unique(schema: Schema, key: ForeignKey) -> bool:
    """Whether DuckDB takes the key: it must refer to a primary key or to columns declared unique."""
    other = schema.table(key.ref_table)
    wanted = {c.lower() for c in key.ref_columns}
    return other is not None and any(wanted == {c.lower() for c in columns} for columns in (other.primary_key, *other.unique))


def _typed(schema: Schema, table: Table, key: ForeignKey) -> bool:
    """Whether both sides of a key have the same types, which DuckDB wants."""
    other = schema.table(key.ref_table)
    pairs = [(table.column(a), other.column(b)) for a, b in zip(key.columns, key.ref_columns, strict=False)] if other else []
    return len(key.columns) == len(key.ref_columns) and all(a and b and a.type == b.type for a, b in pairs)


def _comments(table: Table) -> Iterator[tuple[str, str]]:
    if table.comment:
        yield f"TABLE {_quoted(table.name)}", table.comment
    for column in table.columns:
        if column.comment:
            yield f"COLUMN {_quoted(table.name)}.{_quoted(column.name)}", column.comment


def _quoted(name: str) -> str:
    return exp.to_identifier(name).sql(dialect="duckdb")


def _list(names: tuple[str, ...]) -> str:
    return ", ".join(map(_quoted, names))
