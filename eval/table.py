"""Print the README's table from a run's report: python eval/table.py runs/demo"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from sqlkit.evaluate.report import ARMS

run = Path(sys.argv[1] if len(sys.argv) > 1 else "runs/demo")
report = json.loads((run / "report.json").read_text(encoding="utf-8"))
print("| | execution accuracy | 95% interval | SQL that runs | unanswerable refused | answerable refused | s per question |")
print("|---|---|---|---|---|---|---|")
for arm, name in ARMS.items():
    if arm in report:
        r, ex = report[arm], report[arm]["ex"]
        print(
            f"| {name} | {ex['value']:.1%} (n = {ex['n']}) | {ex['low']:.1%} to {ex['high']:.1%} | {r['valid_sql']:.1%} | "
            f"{r['refused_right']:.0%} | {r['refused_wrong']:.0%} | {r['seconds_per_question']:.2f} |"
        )
if report.get("gain"):
    g = report["gain"]
    print(f"\nGain of tuned over base + retrieval, paired: {100 * g['value']:+.1f} points (95% {100 * g['low']:+.1f} to {100 * g['high']:+.1f}).")
