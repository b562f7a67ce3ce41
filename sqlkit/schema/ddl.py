"""A schema from CREATE TABLE text, in any dialect that sqlglot reads, and back to text."""

from __future__ import annotations

from sqlglot import exp

from sqlkit.errors import SchemaError
from sqlkit.schema.types import Column, ForeignKey, Schema, Table
from sqlkit.sql.parse import SqlglotError, parse_all


def parse_ddl(text: str, dialect: str = "duckdb", name: str = "main") -> Schema:
    """Read the CREATE TABLE statements of a text; other statements are passed over.

    Raises SchemaError when the text cannot be parsed or holds no table.
    """
    try:
        statements = parse_all(text, dialect)
    except SqlglotError as error:
        raise SchemaError(f"DDL cannot be read: {str(error).splitlines()[0]}") from None
    tables = [
        _table(s.this) for s in statements if isinstance(s, exp.Create) and s.kind == "TABLE" and isinstance(s.this, exp.Schema)
    ]
    if not tables:
        raise SchemaError("DDL holds no CREATE TABLE statement")
    return Schema(tuple(tables), name)


def _table(schema: exp.Schema) -> Table:
    columns: list[Column] = []
    primary: tuple[str, ...] = ()
    keys: list[ForeignKey] = []
    for part in schema.expressions:
        while isinstance(part, exp.Constraint):
            part = part.expressions[0]
        if isinstance(part, exp.ColumnDef):
            kinds = [c.kind for c in part.constraints]
            if any(isinstance(k, exp.PrimaryKeyColumnConstraint) for k in kinds):
                primary = (part.name,)
            keys += [_key((part.name,), k) for k in kinds if isinstance(k, exp.Reference)]
            fixed = any(isinstance(k, exp.NotNullColumnConstraint | exp.PrimaryKeyColumnConstraint) for k in kinds)
            kind = part.args.get("kind")
            columns.append(Column(part.name, kind.sql(dialect="duckdb") if kind else "VARCHAR", not fixed))
        elif isinstance(part, exp.PrimaryKey):
            primary = tuple(e.name for e in part.expressions)
        elif isinstance(part, exp.ForeignKey):
            keys.append(_key(tuple(e.name for e in part.expressions), part.args["reference"]))
    named = tuple(Column(c.name, _plain(c.type), c.nullable and c.name not in primary) for c in columns)
    return Table(schema.this.name, named, primary, tuple(keys))


def _plain(kind: str) -> str:
    return "VARCHAR" if kind.upper() == "TEXT" else kind


def _key(columns: tuple[str, ...], reference: exp.Expression) -> ForeignKey:
    target = reference.this
    if isinstance(target, exp.Schema):
        return ForeignKey(columns, target.this.name, tuple(e.name for e in target.expressions))
    return ForeignKey(columns, target.name, columns)


def _quoted(name: str) -> str:
    return exp.to_identifier(name).sql(dialect="duckdb", identify=not name.isidentifier())


def to_ddl(schema: Schema) -> str:
    """CREATE TABLE statements for DuckDB, tables in the schema's order."""
    made = []
    for table in schema.tables:
        lines = [f"  {_quoted(c.name)} {c.type}{'' if c.nullable else ' NOT NULL'}" for c in table.columns]
        if table.primary_key:
            lines.append(f"  PRIMARY KEY ({', '.join(map(_quoted, table.primary_key))})")
        lines += [
            f"  FOREIGN KEY ({', '.join(map(_quoted, k.columns))}) REFERENCES {_quoted(k.ref_table)} "
            f"({', '.join(map(_quoted, k.ref_columns))})"
            for k in table.foreign_keys
        ]
        made.append(f"CREATE TABLE {_quoted(table.name)} (\n" + ",\n".join(lines) + "\n);")
    return "\n\n".join(made) + "\n"
