"""`make bench-grade`: the grader's figures, one line of JSON at the end.

The folder of public data is an argument (`spider/` and `sql_create_context/` in it); without it the embedded company is used,
for the figures of populated databases alone.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import populated  # beside this file
import spider

if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    figures: dict[str, Any] = {}
    if folder is not None:
        figures |= spider.transpiled_and_agreeing(folder / "spider")
        for failing in figures.pop("failing"):
            print(f"{failing['db_id']}: {failing['reason']}\n  SQLite  {failing['gold']}\n  DuckDB  {failing['duckdb']}")
    figures |= populated.figures(folder)
    print(json.dumps(figures))
