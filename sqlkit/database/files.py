"""A folder of data files as a DuckDB database: a table for each file, by its name."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path

from sqlkit.errors import InputError

_READERS = {
    ".csv": "read_csv('{}')", ".tsv": "read_csv('{}', delim = '\t')", ".parquet": "read_parquet('{}')", ".json": "read_json('{}')",
    ".jsonl": "read_json('{}')", ".ndjson": "read_json('{}')",
}  # fmt: skip


def load_files(folder: str | Path, path: str | Path) -> list[str]:
    """Make the database at `path`, whole or not at all; returns its tables.

    Raises InputError when the folder has no such file or one of them cannot be read.
    """
    import duckdb

    folder, path = Path(folder), Path(path)
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder")
    found = sorted(f for f in folder.iterdir() if f.suffix.lower() in _READERS)
    if not found:
        raise InputError(f"{folder} holds no file that is {', '.join(_READERS)}")
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    partial.unlink(missing_ok=True)
    names: list[str] = []
    try:
        with duckdb.connect(str(partial)) as connection:
            for file in found:
                name = re.sub(r"\W+", "_", file.stem).strip("_") or "table"
                while name.lower() in map(str.lower, names):
                    name += "_2"
                reader = _READERS[file.suffix.lower()].format(str(file).replace("'", "''"))
                try:
                    connection.execute(f'CREATE TABLE "{name}" AS SELECT * FROM {reader}')
                except duckdb.Error as error:
                    raise InputError(f"cannot read {file}: {' '.join(str(error).split())[:200]}") from None
                names.append(name)
        os.replace(partial, path)
    finally:
        for leftover in (partial, partial.with_name(partial.name + ".wal")):
            with contextlib.suppress(OSError):
                leftover.unlink(missing_ok=True)
    return names
