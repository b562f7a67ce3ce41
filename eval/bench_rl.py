"""`make bench-rl`: does learning from execution raise EX on the embedded company? One line of JSON at the end.

    python eval/bench_rl.py runs/demo/adapter runs/demo/data                       # the stated budget: 200 steps of 32 answers each
    python eval/bench_rl.py runs/demo/adapter runs/demo/data --steps 2 --questions 8 --dev 8     # whether it runs at all

The adapter as it is, GRPO from it, and DPO from it, each answering the dev questions and those of dev_others under the same settings. Nothing
is chosen by these questions: no checkpoint, no early stop; the last step counts, with one setting for each method, fixed before. Training
questions are those of the pairs. `gain` (dev) and `gain_all` (both) are paired with their 95% bootstrap interval and McNemar's p; `helps` is true only where the interval
of `gain_all` excludes 0. A run that was stopped goes on. Another budget wants another `--out`.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlkit import commands
from sqlkit.data import company
from sqlkit.evaluate.metrics import Gain, execution_accuracy, paired_gain, refused_right
from sqlkit.model.adapter import read_manifest
from sqlkit.recipe import Recipe
from sqlkit.records import Grade, read_records

METHODS = ("grpo", "dpo")
JUDGED = ("dev", "dev_others")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("adapter", type=Path, help="a tuned adapter of the embedded company")
    parser.add_argument("pairs", type=Path, help="the folder of sqlkit build that it was trained on")
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--questions", type=int, default=0, help="training questions; 0 is all")
    parser.add_argument("--dev", type=int, default=0, help="questions of dev and of dev_others, so many of each; 0 is all")
    parser.add_argument("--answers", type=int, default=32, help="answers a step of GRPO; DPO takes a quarter as many pairs a step")
    parser.add_argument("--generations", type=int, default=8)
    parser.add_argument("--set", action="append", default=[], dest="overrides", help="key=value of the recipe, for both methods")
    parser.add_argument("--out", type=Path, default=Path("runs/bench-rl"))
    given = parser.parse_args()
    database = str(company.database(given.out / "retail.duckdb"))
    arms: dict[str, tuple[Path, float]] = {"before": (given.adapter, 0.0)}
    for method in METHODS:
        began = time.perf_counter()
        made = commands.train(_recipe(method, given, database), _pairs(given), given.out / method)
        arms[method] = made, round(time.perf_counter() - began, 1)
    grades = {(name, split): _grades(adapter, database, split, given.out / f"{split}-{name}", given.dev) for name, (adapter, _) in arms.items() for split in JUDGED}
    figures: dict[str, Any] = {"adapter": str(given.adapter), "steps": given.steps, "answers_a_step": given.answers, "generations": given.generations}
    for name, (_, seconds) in arms.items():
        dev, others = (grades[name, split] for split in JUDGED)
        told = {"ex": execution_accuracy(dev), "ex_others": execution_accuracy(others), "unanswerable_refused": refused_right([*dev, *others])}
        figures[name] = {key: dataclasses.asdict(value) for key, value in told.items()} | {"train_seconds": seconds}
    for method in METHODS:
        dev_gain, gain = _gain(grades, method, JUDGED[:1]), _gain(grades, method, JUDGED)
        figures[method] |= {"gain": dataclasses.asdict(dev_gain), "gain_all": dataclasses.asdict(gain), "helps": gain.low > 0, "harms": gain.high < 0}
    print(json.dumps(figures))


def _recipe(method: str, given: argparse.Namespace, database: str) -> Recipe:
    """The shipped recipe of a method with the budget. The database goes by its path, so that no dev questions are taken up."""
    size = given.answers if method == "grpo" else max(1, given.answers // 4)
    settings = {
        "lora_model_dir": given.adapter, "database": database, "glossary": company.glossary(), "max_steps": given.steps,
        "per_device_train_batch_size": size, "gradient_accumulation_steps": 1, "num_generations": given.generations,
        "max_completion_length": read_manifest(given.adapter).recipe.get("max_new_tokens", 110), "eval_steps": 0, "report_to": "none",
        "save_steps": max(1, given.steps // 4), "warmup_steps": min(10, given.steps // 10), "logging_steps": max(1, given.steps // 20),
    }  # fmt: skip
    return Recipe.load(method, [*(f"{key}={value}" for key, value in settings.items()), *given.overrides])


def _pairs(given: argparse.Namespace) -> Path:
    """The pairs, or a folder with the first so many of them."""
    if not given.questions:
        return Path(given.pairs)
    folder = Path(given.out) / f"pairs{given.questions}"
    if not folder.exists():
        partial = folder.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        shutil.copytree(given.pairs, partial, ignore=shutil.ignore_patterns("*.duckdb", "*.html"))
        lines = (given.pairs / "pairs.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
        (partial / "pairs.jsonl").write_text("".join(lines[: given.questions]), encoding="utf-8")
        partial.rename(folder)
    return folder


def _gain(grades: dict[tuple[str, str], list[Grade]], method: str, splits: Sequence[str]) -> Gain:
    after, before = ([g.correct for split in splits for g in grades[name, split]] for name in (method, "before"))
    return paired_gain(after, before)


def _grades(adapter: Path, database: str, split: str, out: Path, most: int) -> list[Grade]:
    """Questions of a split, answered as the adapter's own recipe says."""
    asked = company.questions(split)[: most or None]
    recipe = Recipe.of({"database": database, **commands.answering(adapter)})
    commands.evaluate(asked, database, out, adapter=adapter, recipe=recipe, glossary=str(company.glossary()), arms=["tuned"])
    return read_records(Grade, out / "grades-tuned.jsonl")


if __name__ == "__main__":
    main()
