"""`make own-pairs`: does training on pairs generated from a schema beat training on sql-create-context, on questions over that schema?

    python eval/own_pairs.py sql_create_context.jsonl --pairs 2000 --steps 200

Two adapters of the embedded base, tuned alike on as many pairs: one on pairs generated from the embedded company (none of people's questions), one on rows of
sql-create-context. Both, and the base untuned, answer people's questions over the company (dev, dev_others and strangers) in the same way: the model's own answers under
the scoped grammar, no worked examples and no neighbours, since those would come of the pairs. The same --out again goes on where it stopped. Ends with a Markdown
table and one line of JSON.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path
from typing import Any

from sqlkit import commands
from sqlkit.data import company
from sqlkit.data.build import build
from sqlkit.data.sources import source
from sqlkit.evaluate.metrics import paired_gain, share
from sqlkit.recipe import Recipe
from sqlkit.records import write_atomic


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("rows", type=Path, help="sql-create-context as JSONL: question, context, answer")
    arguments.add_argument("--pairs", type=int, default=2000)
    arguments.add_argument("--steps", type=int, default=200)
    arguments.add_argument("--questions", type=int, default=0, help="so many of each split, drawn by the seed; 0 for all")
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--out", type=Path, default=Path("runs/own_pairs"))
    given = arguments.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    database = company.database(given.out / "retail.duckdb")
    settings = [f"max_steps={given.steps}", f"seed={given.seed}", "neighbours=0", "shots=0"]
    recipe = Recipe.load("embedded", settings).model_copy(update={"database": str(database), "glossary": str(company.glossary())})
    adapters = {"base": None, **{arm: _tuned(arm, given, recipe, database) for arm in ("public", "own")}}
    marks = {arm: {split: _marks(arm, adapter, split, given, recipe) for split in company.JUDGED} for arm, adapter in adapters.items()}
    whole = {arm: [mark for right in by_split.values() for mark in right] for arm, by_split in marks.items()}
    gain = paired_gain(whole["own"], whole["public"])
    told: dict[str, Any] = {arm: dataclasses.asdict(share(right)) for arm, right in whole.items()}
    told |= {"gain": dataclasses.asdict(gain), "pairs": given.pairs, "steps": given.steps}
    lines = [f"| trained on | {' | '.join(company.JUDGED)} | all (95%) |", "|---|" + "---|" * (len(company.JUDGED) + 1)]
    lines += [f"| {arm} | {' | '.join(f'{share(right).value:.1%}' for right in marks[arm].values())} | {share(whole[arm])} |" for arm in adapters]
    write_atomic(given.out / "own_pairs.json", json.dumps(told, indent=1) + "\n")
    print("\n".join([*lines, "", f"own against public, paired: {gain}"]))
    print(json.dumps(told))


def _tuned(arm: str, given: argparse.Namespace, recipe: Recipe, database: Path) -> Path:
    folder = given.out / arm
    if not (folder / "data" / "manifest.json").exists():
        what: dict[str, Any] = (
            {"database": database, "glossary": company.glossary(), "pairs": given.pairs}
            if arm == "own" else {"sources": [(source("sql-create-context"), str(given.rows))], "most": given.pairs}
        )  # fmt: skip
        build(folder / "data", seed=given.seed, held_out=company.drawn(company.HELD_OUT), budget=recipe.max_length, **what)
    return commands.train(recipe, folder / "data", folder)


def _marks(arm: str, adapter: Path | None, split: str, given: argparse.Namespace, recipe: Recipe) -> list[bool]:
    asked = company.drawn([split], given.questions, given.seed)
    name = "tuned" if adapter else "base"
    report = commands.evaluate(
        asked, recipe.database, given.out / arm / split, adapter=adapter, base="" if adapter else recipe.base_model, glossary=recipe.glossary,
        arms=[name], recipe=recipe,
    )
    return [q["arms"][name]["correct"] for q in report["questions"] if q["counted"] and q["sql"] is not None]


if __name__ == "__main__":
    main()
