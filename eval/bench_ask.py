"""`make bench-ask`: seconds a question takes through the query engine, warm, one at a time; one line of JSON at the end."""

from __future__ import annotations

import json
import statistics
import time
from pathlib import Path

from sqlkit.data import company
from sqlkit.query.engine import QueryEngine

database = company.database("runs/demo/data/retail.duckdb")
adapter = Path("runs/demo/adapter")
figures = {}
for constrained in (False, True):
    engine = QueryEngine(database, adapter if adapter.exists() else None, constrained=constrained)
    questions = [e.question for e in company.questions("dev")]
    for question in questions[:3]:
        engine.ask(question)
    spent = []
    for question in questions:
        began = time.perf_counter()
        engine.ask(question)
        spent.append(time.perf_counter() - began)
    engine.close()
    name = "constrained" if constrained else "free"
    figures[f"seconds_per_question_{name}_median"] = round(statistics.median(spent), 4)
    figures[f"seconds_per_question_{name}_p95"] = round(sorted(spent)[int(0.95 * len(spent))], 4)
print(json.dumps(figures))
