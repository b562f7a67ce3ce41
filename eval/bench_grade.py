"""`make bench-grade`: the grader's figures, one line of JSON at the end.

The folder of public data is an argument (`spider/` and `sql_create_context/` in it); without it the embedded company is used,
for the figures of populated databases alone.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import populated  # these are beside this file
import speed
import spider


def data(arguments: list[str]) -> Path | None:
    """The folder that holds `spider/`; that folder itself will do."""
    given = Path(arguments[0]) if arguments else None
    if given is None or not given.exists():
        return None
    return given if (given / "spider").exists() else given.parent


if __name__ == "__main__":
    folder = data(sys.argv[1:])
    figures: dict[str, Any] = {}
    if folder is not None:
        figures |= spider.transpiled_and_agreeing(folder / "spider")
        for failing in figures.pop("failing"):
            print(f"{failing['db_id']}: {failing['reason']}\n  SQLite  {failing['gold']}\n  DuckDB  {failing['duckdb']}")
        figures |= speed.questions_per_second_single(folder / "spider")
    figures |= populated.figures(folder)
    print(json.dumps(figures))
