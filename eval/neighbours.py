"""What the queries of like questions bring (`neighbours`): EX on questions with and without them, with the tuned weights, the base's, and no model.

    python eval/neighbours.py ADAPTER --questions data/retail/questions/dev.jsonl --database runs/demo/data/retail.duckdb

Four ways to answer the same questions, answerable ones only, nothing refused: tuned without neighbours, tuned with, the untuned base with, neighbours alone.
The model writes its answers once for each pair of weights. One line of JSON at the end.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path

from sqlkit.commands import read_questions
from sqlkit.database import Sandbox
from sqlkit.evaluate.grade import Grader, grade_all
from sqlkit.evaluate.metrics import counts, paired_gain, share
from sqlkit.evaluate.predict import read
from sqlkit.model.adapter import read_manifest
from sqlkit.model.huggingface import load_model
from sqlkit.model.types import Generation
from sqlkit.nearby import aid
from sqlkit.prompt import Shots, render
from sqlkit.query.context import adapter_examples, live_context
from sqlkit.sight import grammar

arguments = argparse.ArgumentParser()
arguments.add_argument("adapter", type=Path)
arguments.add_argument("--questions", type=Path, required=True)
arguments.add_argument("--database", required=True)
arguments.add_argument("--neighbours", type=int, default=15)
given = arguments.parse_args()

recipe, base = read_manifest(given.adapter).recipe, read_manifest(given.adapter).base
context, shots = live_context(given.database, given.adapter), Shots(adapter_examples(given.adapter))
asked = [e for e in read_questions(str(given.questions)) if e.sql is not None]
rules = [grammar(e.question, context, scoped=True, refusal=False) for e in asked]
silent = [Generation("", others=("",)) for _ in asked]
written = {"": silent}
for name, adapter in (("base", None), ("tuned", given.adapter)):
    model = load_model(base, adapter)
    written[name] = model.generate(
        [render(e.question, context) for e in asked], max_new_tokens=recipe["max_new_tokens"], batch_size=recipe["per_device_eval_batch_size"],
        grammar=rules, samples=recipe["samples"],
    )
    model.close()
    print(f"answered by {name}", flush=True)
marks = {}
with Sandbox(given.database) as sandbox:
    grader = Grader(sandbox)
    for way, weights, many in (("tuned", "tuned", 0), ("tuned_neighbours", "tuned", given.neighbours), ("base_neighbours", "base", given.neighbours), ("neighbours", "", given.neighbours)):
        told = [
            read(e.id, said, run=sandbox.run, beside=aid(e.question, context, shots, many, e.id)) for e, said in zip(asked, written[weights], strict=True)
        ]
        marks[way] = [g.correct for g in grade_all(asked, told, grader) if counts(g)]
figures = {way: share(right) for way, right in marks.items()}
figures["gain"] = paired_gain(marks["tuned_neighbours"], marks["tuned"])
figures["tuned_over_base"] = paired_gain(marks["tuned_neighbours"], marks["base_neighbours"])
print("\n".join(f"{way}: {figure}" for way, figure in figures.items()))
print(json.dumps({way: dataclasses.asdict(figure) for way, figure in figures.items()}))
