"""`make bench-grade`: the grader's figures, one line of JSON at the end."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import spider  # beside this file

if __name__ == "__main__":
    figures = spider.transpiled_and_agreeing(Path(sys.argv[1]))
    for failing in figures.pop("failing"):
        print(f"{failing['db_id']}: {failing['reason']}\n  SQLite  {failing['gold']}\n  DuckDB  {failing['duckdb']}")
    print(json.dumps(figures))
