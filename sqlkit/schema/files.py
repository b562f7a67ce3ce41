"""A folder of CSV and Parquet files as a DuckDB database: one table for each file, or for each folder of parts."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from sqlkit.errors import SchemaError

READERS = {"csv": "read_csv", "tsv": "read_csv", "parquet": "read_parquet", "json": "read_json", "jsonl": "read_json", "ndjson": "read_json"}
SCRIPTS = {".sql", ".ddl", ".dump"}
_NOT_DATA = {"manifest.json", "catalog.json", "context.json"}
_PACKED = {".gz", ".zst"}


def is_folder_of_files(folder: str | Path) -> bool:
    """Whether a folder holds files that can be tables."""
    return Path(folder).is_dir() and next(_tables(Path(folder)), None) is not None


def files_to_database(folder: str | Path, path: str | Path, *, load: bool = True) -> tuple[str, ...]:
    """Make a DuckDB file at `path` from the files of a folder; returns a note for each file that cannot be read.

    With `load` off the tables are views of the files: quick for any size, but no sandbox opens them. Raises SchemaError when
    the folder is missing or none of its files can be read; then nothing is left behind.
    """
    import duckdb

    folder, path = Path(folder), Path(path)
    if not folder.is_dir():
        raise SchemaError(f"folder {folder} does not exist")
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    notes: list[str] = []
    made = 0
    try:
        with duckdb.connect(str(partial)) as connection:
            for name, reader, pattern in _tables(folder):
                what = "TABLE" if load else "VIEW"
                error = _make(connection, f"CREATE {what} {_quoted(name)} AS SELECT * FROM", reader, pattern)
                made += not error
                notes += [f"{Path(pattern).relative_to(folder.absolute())}: left out, {error}"] if error else []
        if made:
            os.replace(partial, path)
    finally:
        for leftover in (partial, partial.with_name(partial.name + ".wal")):
            with contextlib.suppress(OSError):
                leftover.unlink(missing_ok=True)
    if not made:
        raise SchemaError(f"folder {folder} holds no CSV, Parquet or JSON files that can be read" + (f": {notes[0]}" if notes else ""))
    return tuple(notes)


def _make(connection: object, start: str, reader: str, pattern: str) -> str:
    """Make a table or view; what DuckDB says when it cannot. A CSV is guessed from its head first, then from the whole of it."""
    import duckdb

    text = "'" + pattern.replace("'", "''") + "'"
    more = ", union_by_name = true" if "*" in pattern else ""
    said = ""
    for options in ("", ", sample_size = -1") if reader == "read_csv" else ("",):
        try:
            connection.execute(f"{start} {reader}({text}{more}{options})")  # type: ignore[attr-defined]
            return ""
        except duckdb.Error as error:
            said = " ".join(str(error).partition("\n\nLINE ")[0].split())[:160]
    return said


def _tables(folder: Path) -> Iterator[tuple[str, str, str]]:
    """(table, DuckDB's reader, absolute path or pattern), a folder of parts being one table."""
    taken: set[str] = set()
    for entry in sorted(folder.absolute().iterdir()):
        if entry.name.startswith((".", "_")):
            continue
        files = [entry] if entry.is_file() else sorted(p for p in entry.rglob("*") if p.is_file() and not p.name.startswith((".", "_")))
        kinds = [kind for file in files if (kind := _kind(file))]
        if not kinds:
            continue
        kind = max(set(kinds), key=kinds.count)
        name = entry.name if entry.is_dir() else re.sub(rf"\.{kind}(\.\w+)?$", "", entry.name, flags=re.I)
        name = re.sub(r"\W+", "_", name).strip("_") or "table"
        while name.lower() in taken:
            name = f"{name}_{kind}"
        taken.add(name.lower())
        pattern = str(entry) if entry.is_file() else f"{entry}/**/*.{kind}{'*' if kind != 'parquet' else ''}"
        yield name, READERS[kind], pattern


def _kind(file: Path) -> str:
    if file.name in _NOT_DATA:
        return ""
    suffixes = [s.lower() for s in file.suffixes if s.lower() not in _PACKED]
    kind = suffixes[-1].removeprefix(".") if suffixes else ""
    return kind if kind in READERS else ""


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
