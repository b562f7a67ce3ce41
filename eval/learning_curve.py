"""`make learning-curve`: how many human-written pairs buy how much, on the embedded company's questions to judge by.

For each size, so many human-written training questions (nested: first the 120 of train, then those of more, each in one seeded order) beside generated pairs, the same
steps of training, all answered on dev, dev_others and strangers. The same --out again goes on where it stopped. A point's interval is wide; the paired gain against the first size is
what to look at. Ends with a Markdown table and one line of JSON.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import random
from pathlib import Path

from sqlkit import commands
from sqlkit.data import company
from sqlkit.data.build import build
from sqlkit.evaluate.metrics import paired_gain, share
from sqlkit.recipe import Recipe
from sqlkit.records import write_atomic

arguments = argparse.ArgumentParser()
arguments.add_argument("--sizes", default="0,10,50,120")
arguments.add_argument("--pairs", type=int, default=3000, help="generated pairs beside them")
arguments.add_argument("--steps", type=int, default=400)
arguments.add_argument("--questions", type=int, default=0, help="questions of each split, drawn by the seed; 0 for all")
arguments.add_argument("--seed", type=int, default=0)
arguments.add_argument("--out", type=Path, default=Path("runs/learning_curve"))
arguments.add_argument("--set", action="append", default=[])
given = arguments.parse_args()

given.out.mkdir(parents=True, exist_ok=True)
database = company.database(given.out / "retail.duckdb")
people = []
for split in ("train", "more"):
    part = company.questions(split)
    random.Random(given.seed).shuffle(part)
    people += part
asked = company.drawn(company.JUDGED, given.questions, given.seed)
settings = [f"max_steps={given.steps}", f"pairs={given.pairs}", f"seed={given.seed}", *given.set]
recipe = Recipe.load("embedded", settings).model_copy(update={"database": str(database), "glossary": str(company.glossary())})
marks: dict[int, list[bool]] = {}
for size in sorted(map(int, given.sizes.split(","))):
    folder = given.out / f"human-{size:03d}"
    if not (folder / "data" / "pairs.jsonl").exists():
        build(
            folder / "data", database=database, glossary=company.glossary(), pairs=given.pairs, seed=given.seed, human=people[:size],
            held_out=company.drawn(company.HELD_OUT), budget=recipe.max_length,
        )  # fmt: skip
    adapter = commands.train(recipe, folder / "data", folder)
    report = commands.evaluate(asked, str(database), folder / "eval", adapter=adapter, glossary=recipe.glossary, arms=["tuned"], recipe=recipe)
    marks[size] = [q["arms"]["tuned"]["correct"] for q in report["questions"] if q["counted"] and q["sql"] is not None]

first = min(marks)
lines = ["| human-written pairs | EX (95%) | against the first, paired |", "|---|---|---|"]
told = []
for size, right in marks.items():
    ex, gain = share(right), paired_gain(right, marks[first])
    lines.append(f"| {size} | {ex} | {gain if size != first else ''} |")
    told.append({"human": size, "ex": dataclasses.asdict(ex), "gain": dataclasses.asdict(gain)})
write_atomic(given.out / "learning_curve.md", "\n".join(lines) + "\n")
write_atomic(given.out / "learning_curve.json", json.dumps(told, indent=1) + "\n")
print("\n".join(lines))
print(json.dumps({"pairs": given.pairs, "steps": given.steps, "curve": told}))
