"""`make forgetting`: EX on questions over other databases (Spider's) before and after tuning on one company.

    python eval/forgetting.py SPIDER ADAPTER --questions 200

SPIDER: a folder with duckdb_gold_train.jsonl ({"db_id", "question", "duckdb_sql"}) and database/DB/DB.sqlite. A seeded sample of its questions is answered by the
adapter's base and by the adapter, greedily, one database after the other; answers are kept as they come, so the same command goes on where it stopped.
A base that read these questions when it was pretrained (the embedded one did) shows forgetting all the more. One line of JSON at the end.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import random
from collections import defaultdict
from pathlib import Path

from sqlkit.database import Sandbox
from sqlkit.evaluate.grade import grade_all
from sqlkit.evaluate.metrics import counts, paired_gain, share
from sqlkit.evaluate.predict import predict
from sqlkit.model.adapter import read_manifest, sha256_files
from sqlkit.model.huggingface import load_model
from sqlkit.prompt import Context
from sqlkit.records import Example, read_jsonl

arguments = argparse.ArgumentParser()
arguments.add_argument("spider", type=Path)
arguments.add_argument("adapter", type=Path)
arguments.add_argument("--questions", type=int, default=200)
arguments.add_argument("--seed", type=int, default=0)
arguments.add_argument("--out", type=Path, default=Path("runs/forgetting"))
given = arguments.parse_args()

manifest = read_manifest(given.adapter)
every = [
    Example(f"spider-{i}", row["question"], row["duckdb_sql"], row["db_id"], source="spider")
    for i, row in enumerate(read_jsonl(given.spider / "duckdb_gold_train.jsonl"))
    if (given.spider / "database" / row["db_id"] / f"{row['db_id']}.sqlite").exists()
]
sample = random.Random(given.seed).sample(every, min(given.questions, len(every)))
by_database: defaultdict[str, list[Example]] = defaultdict(list)
for example in sample:
    by_database[example.db_id].append(example)
given.out.mkdir(parents=True, exist_ok=True)
marks: dict[str, dict[str, bool]] = {}
for arm, adapter in (("before", None), ("after", given.adapter)):
    weights = sha256_files(adapter, "*.safetensors") if adapter else manifest.base_sha256
    path = given.out / f"{arm}-{weights}-{given.seed}.jsonl"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    kept = text[: text.rfind("\n") + 1]  # a line that a kill tore is answered again
    path.write_text(kept, encoding="utf-8")
    found = {row["id"]: row for row in map(json.loads, kept.splitlines())}
    model = None
    for number, (name, asked) in enumerate(sorted(by_database.items()), 1):
        left = [e for e in asked if e.id not in found]
        if not left:
            continue
        model = model or load_model(manifest.base, adapter)
        database = given.spider / "database" / name / f"{name}.sqlite"
        told = predict(model, left, Context.load(database), max_new_tokens=int(manifest.recipe.get("max_new_tokens", 160)))
        with Sandbox(database) as sandbox, path.open("a", encoding="utf-8") as file:
            for grade in grade_all(left, told, sandbox):
                found[grade.example_id] = {"id": grade.example_id, "correct": grade.correct, "counted": counts(grade)}
                file.write(json.dumps(found[grade.example_id]) + "\n")
        print(f"{arm}: {number}/{len(by_database)} databases", flush=True)
    if model is not None:
        model.close()
    marks[arm] = {e.id: found[e.id]["correct"] for e in sample if found[e.id]["counted"]}
shared = [e.id for e in sample if all(e.id in held for held in marks.values())]
before, after = ([marks[arm][i] for i in shared] for arm in ("before", "after"))
told = {"databases": len(by_database), "before": share(before), "after": share(after), "change": paired_gain(after, before)}
print(f"before {told['before']}; after {told['after']}; change {told['change']}")
print(json.dumps({key: dataclasses.asdict(v) if dataclasses.is_dataclass(v) and not isinstance(v, type) else v for key, v in told.items()}))
