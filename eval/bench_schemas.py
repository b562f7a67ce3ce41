"""`make bench-schemas`: builds on five schemas that are nowhere else in the repo; one line of JSON for each, then one for all.

    python eval/bench_schemas.py [PAIRS] [NAME ...]

Each is DDL in another dialect (`eval/schemas`), so the rows are those of the grader's populator. Every gold of the examples is run
again here, in a sandbox of its own. Seconds are of the whole build, DDL to data card; `load` is the system's load average before and
`cpu_seconds` what this process and those below it used, which says what a machine with nothing else to do would need.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from sqlkit.commands_data import build
from sqlkit.database import Sandbox
from sqlkit.recipe import Recipe
from sqlkit.records import Example, read_records

SCHEMAS = Path(__file__).with_name("schemas")
NAMES = ("adventureworks", "hospital", "airline", "erp", "star")


def script(name: str, folder: Path) -> Path:
    """The DDL file of a schema; that of the ERP system is made by its script."""
    if name != "erp":
        return SCHEMAS / f"{name}.sql"
    sys.path.insert(0, str(SCHEMAS))
    from erp import ddl

    path = folder / "erp.sql"
    path.write_text(ddl(), encoding="utf-8")
    return path


def measure(name: str, pairs: int, folder: Path) -> dict[str, Any]:
    out, load, began, used = folder / name, os.getloadavg()[0], time.perf_counter(), _cpu()
    manifest = build(Recipe(ddl=str(script(name, folder)), pairs=pairs), out, quiet=True)
    seconds, cpu = time.perf_counter() - began, _cpu() - used
    golds = [e.sql for e in read_records(Example, out / "examples.jsonl") if e.sql is not None]
    with Sandbox(out / "database.duckdb") as sandbox:
        ran = sum(r.ok for r in sandbox.run_many(golds))
    coverage, context = manifest["coverage"], json.loads((out / "context.json").read_text(encoding="utf-8"))
    return {
        "schema": name, "tables": len(context["schema"]["tables"]), "pairs": manifest["pairs"], "seconds": round(seconds, 1),
        "cpu_seconds": round(cpu, 1), "load": round(load, 1), "cores": os.cpu_count(), "covered_tables": coverage["tables"],
        "covered_foreign_keys": coverage["foreign_keys"], "covered_columns": coverage["columns"],
        "unreached": {kind: len(names) for kind, names in manifest["unreached"].items()}, "golds": len(golds), "golds_run": round(ran / len(golds), 4),
        "near_duplicates": manifest["near_duplicates"]["share"], "neighbours_told_apart": manifest["neighbours"]["share"],
        "difficulty": manifest["difficulty"], "shapes": len(manifest["shapes"]), "dropped": manifest["dropped"],
    }  # fmt: skip


def _cpu() -> float:
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def main() -> None:
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    found = []
    with tempfile.TemporaryDirectory() as name:
        for schema in sys.argv[2:] or NAMES:
            found.append(measure(schema, pairs, Path(name)))
            print(json.dumps(found[-1]), flush=True)
    keys = ("covered_tables", "covered_foreign_keys", "covered_columns", "golds_run", "neighbours_told_apart")
    worst = {f"least_{key}": min(row[key] for row in found) for key in keys}
    worst |= {f"most_{key}": max(row[key] for row in found) for key in ("seconds", "cpu_seconds", "near_duplicates")}
    print(json.dumps({"schemas": len(found), "pairs": sum(row["pairs"] for row in found), **worst}))


if __name__ == "__main__":
    main()
