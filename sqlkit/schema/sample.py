"""Rows of a table that stand for all of it, without reading all of it."""

from __future__ import annotations

from typing import Any

from sqlkit.schema.types import Table

PIECES = 20  # places of an ordered table that are read from, where the database cannot sample by itself
MOST_BYTES = 64 * 2**20  # of one table, so that long texts do not fill the memory
_UNREAD = ("BLOB", "GEOMETRY", "BIT")  # nothing in them that a question can be about


def totals(connection: Any) -> dict[tuple[str, str], int]:
    """About how many rows the tables have, by (schema, table), from the catalog: nothing is scanned. Raises what the driver does."""
    name = connection.dialect.name
    if name == "duckdb":
        read = "SELECT schema_name, table_name, estimated_size FROM duckdb_tables() WHERE database_name = current_database()"
    elif name == "postgresql":  # without statistics by the size on disk, at 100 bytes a row
        read = """SELECT n.nspname, c.relname, sum(CASE WHEN l.reltuples > 0 THEN l.reltuples ELSE pg_relation_size(l.oid) / 100 END)::bigint
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            JOIN LATERAL (SELECT c.oid WHERE c.relkind <> 'p' UNION ALL SELECT relid FROM pg_partition_tree(c.oid) WHERE c.relkind = 'p' AND isleaf) t
                ON true
            JOIN pg_class l ON l.oid = t.oid
            WHERE c.relkind IN ('r', 'm', 'p') GROUP BY 1, 2"""
    elif name in {"mysql", "mariadb"}:
        read = "SELECT table_schema, table_name, table_rows FROM information_schema.tables WHERE table_type = 'BASE TABLE'"
    else:
        return {}
    return {(str(schema), str(table)): int(rows or 0) for schema, table, rows in connection.exec_driver_sql(read)}


def sample(connection: Any, table: Table, total: int | None, most: int) -> tuple[list[str], list[Any], int | None]:
    """(columns read, at most `most` rows, rows of the whole table). Small tables come whole; of large ones random pages in
    PostgreSQL and DuckDB, pieces along the key in SQLite and MySQL, and elsewhere the rows that the server gives first.

    `total` is what the catalog says, None when it says nothing. Raises what the driver does.
    """
    import sqlalchemy

    names = [c.name for c in table.columns if not c.type.upper().startswith(_UNREAD)]
    source: Any = sqlalchemy.table(table.bare, *map(sqlalchemy.column, names), schema=table.schema or None)
    columns = [source.c[name] for name in names]
    dialect = connection.dialect.name
    key = _ordered(table, dialect)
    if dialect == "sqlite" and not table.view:
        total = _rowids(connection, source)
    rows: list[Any] = []
    if columns and total is not None and total > most:
        if dialect in {"postgresql", "duckdb"}:
            share = 100.0 * most / total
            quoted = connection.dialect.identifier_preparer.format_table(source)
            clause = f"({share:.6f}) REPEATABLE (0)" if dialect == "postgresql" else f"({share:.6f} PERCENT) REPEATABLE (0)"
            listed = ", ".join(connection.dialect.identifier_preparer.quote(name) for name in names)
            text = f"SELECT {listed} FROM {quoted} TABLESAMPLE SYSTEM {clause}".replace(":", "\\:")
            rows = _read(connection, sqlalchemy.text(text))[0][:most]  # a LIMIT would have DuckDB read the whole table
        elif key is not None:
            rows = _pieces(connection, source, columns, key, most)
    if columns and len(rows) < most // 10:
        rows, ended = _read(connection, sqlalchemy.select(*columns).limit(most))
        if total is not None and ended and len(rows) < most:
            total = len(rows)  # all there is, whatever the catalog guessed
    return names, rows, total if total is None or total > len(rows) else len(rows)


def _ordered(table: Table, dialect: str) -> Any:
    """The column along which a table can be read in pieces by its index; None where there is none."""
    import sqlalchemy

    if dialect == "sqlite":
        return sqlalchemy.literal_column("rowid")
    found = table.column(table.primary_key[0]) if len(table.primary_key) == 1 and dialect in {"mysql", "mariadb"} else None
    return sqlalchemy.column(found.name) if found and "INT" in found.type.upper() else None


def _rowids(connection: Any, source: Any) -> int | None:
    """SQLite's largest rowid: about the number of rows, unless many were deleted. None where a table has none."""
    import sqlalchemy

    try:
        return int(connection.execute(sqlalchemy.select(sqlalchemy.literal_column("max(rowid)")).select_from(source)).scalar() or 0)
    except sqlalchemy.exc.DBAPIError:
        connection.rollback()
        return None


def _pieces(connection: Any, source: Any, columns: list[Any], key: Any, most: int) -> list[Any]:
    """Rows from PIECES places that are as far apart along the key as they can be."""
    import sqlalchemy

    low, high = connection.execute(sqlalchemy.select(sqlalchemy.func.min(key), sqlalchemy.func.max(key)).select_from(source)).one()
    rows: list[Any] = []
    step = (int(high) - int(low)) / PIECES
    for piece in range(PIECES):
        start, end = int(low + piece * step), int(low + (piece + 1) * step)
        inside = (key >= start) & ((key < end) if piece + 1 < PIECES else (key <= int(high)))
        rows += _read(connection, sqlalchemy.select(*columns).where(inside).order_by(key).limit(most // PIECES), PIECES)[0]
    return rows


def _read(connection: Any, statement: Any, pieces: int = 1) -> tuple[list[Any], bool]:
    """(rows, whether these are all): long texts end it early."""
    cursor = connection.execution_options(stream_results=True).execute(statement)
    rows: list[Any] = []
    size = 0
    while batch := cursor.fetchmany(2_000):
        rows += batch
        size += sum(len(cell) for row in batch for cell in row if isinstance(cell, str | bytes))
        if size > MOST_BYTES // pieces:
            break
    cursor.close()
    return rows, size <= MOST_BYTES // pieces
