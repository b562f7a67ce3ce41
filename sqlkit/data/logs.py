"""Query logs: pg_stat_statements, MySQL's general log, histories of Snowflake and BigQuery, plain SQL.

What a log looks like stands in its descriptor (data/sources/); which log a file is, is seen from the file.
"""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from sqlkit.data.sources import Row, Source, folded, read_table, sources, value, wanted
from sqlkit.errors import InputError
from sqlkit.sql.logged import statements

# '2024-05-01T10:00:00.123456Z    12 Query  SELECT ...', before 5.7 '240501 10:00:00   12 Query  SELECT ...' or without a time
_ENTRY = re.compile(
    r"^(?:\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)|\d{6}\s+\d{1,2}:\d\d:\d\d)?\s+\d+\s+"
    r"(Query|Execute|Prepare|Connect|Quit|Init DB|Field List|Statistics|Close stmt|Reset stmt|Ping|Change user|Long Data|Daemon|Sleep)"
    r"(?:\s(.*))?$", re.S,
)
_HEADER = re.compile(r"^\S*(mysqld|mariadbd).*Version:|^Tcp port:|^Time\s+Id\s+Command\s+Argument", re.I)
_TABLES = {".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet"}


@dataclasses.dataclass(frozen=True, slots=True)
class Logged:
    """A statement as logged, how often it ran, in which dialect, and the name of the log."""

    sql: str
    calls: int
    dialect: str
    log: str


def read_log(path: str | Path, dropped: Counter[str], dialect: str = "") -> Iterator[Logged]:
    """The statements of a log; `dialect` is that of plain SQL files, and otherwise what the log says.

    Lines that cannot be read are counted in `dropped`. Raises InputError when the file is no log that is known.
    """
    path = Path(path)
    if path.suffix.lower() in _TABLES:
        yield from _from_table(path, dropped)
        return
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from None
    lines = text.splitlines()
    general = _HEADER.match(lines[0]) if lines else None
    if general or any(_ENTRY.match(line) for line in lines[:20]):
        yield from (Logged(sql, 1, dialect or "mysql", "mysql_general_log") for sql in _general_log(lines))
    elif path.suffix.lower() == ".sql" or re.match(r"\s*(--|/\*|SELECT\b|WITH\b)", text, re.I):
        yield from (Logged(sql, 1, dialect or "duckdb", "sql_file") for sql in statements(text))
    else:
        raise InputError(f"{path} is no query log: neither a table with a column of queries, nor a MySQL general log, nor SQL")


def _from_table(path: Path, dropped: Counter[str]) -> Iterator[Logged]:
    of: Source | None = None
    for row in read_table(str(path), dropped):
        of = of or _which(row, path)
        row = folded(row)
        sql = value(of, row, "sql")
        if not sql:
            dropped["no query in the row"] += 1
        elif not wanted(of, row):
            dropped["failed, or not a SELECT by the log's own word"] += 1
        else:
            yield Logged(str(sql), _count(value(of, row, "calls")), of.dialect, of.name)


def _which(row: Row, path: Path) -> Source:
    there = {column.lower() for column in row}
    logs = [log for log in sources("log") if log.marks]
    for log in sorted(logs, key=lambda log: -len(log.marks)):
        if there.issuperset(log.marks):
            return log
    needed = "; ".join(f"{log.name}: {', '.join(log.marks)}" for log in logs)
    raise InputError(f"{path} is no query log: it has the columns {', '.join(map(str, row))[:160]}; needed are ({needed})")


def _count(calls: object) -> int:
    try:
        return max(1, int(float(str(calls))))
    except ValueError:
        return 1


def _general_log(lines: list[str]) -> Iterator[str]:
    """The arguments of Query and Execute; lines that begin no entry go on the one before."""
    command, argument = "", [""]
    for line in [*lines, "\t0 Quit"]:
        entry = _ENTRY.match(line)
        if entry is None:
            if not _HEADER.match(line):
                argument.append(line)
            continue
        if command in {"Query", "Execute"} and (sql := "\n".join(argument).strip()):
            yield sql.rstrip(";")
        command, argument = entry[1], [entry[2] or ""]
