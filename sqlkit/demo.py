"""`sqlkit demo`: specialise the embedded base to the embedded company, prove it, ask it. Restartable at any point."""

from __future__ import annotations

import json
import resource
import time
from pathlib import Path

from sqlkit import commands
from sqlkit.prompt import fingerprint
from sqlkit.recipe import Recipe
from sqlkit.records import write_atomic

QUESTIONS = (
    "how many orders were shipped late in 2024?",
    "top 5 customers by net revenue",
    "which warehouses have no employees?",
    "what is the favourite colour of our customers?",
)


def run(out: Path, overrides: list[str]) -> None:
    """Build, train, evaluate four arms on the held-out test questions, answer some. Everything is left in `out`."""
    from rich.console import Console

    from sqlkit.cli import show_answer, summary
    from sqlkit.data import company
    from sqlkit.query import Asker

    console = Console()
    recipe = Recipe.load("embedded", overrides)
    data = out / "data"
    stages: dict[str, float] = {}

    def stage(number: int, text: str) -> float:
        console.print(f"[bold]{number}/4[/bold] {text}")
        return time.perf_counter()

    began = stage(1, f"data: verified pairs for the embedded company, in {data}")
    if not _built(data, recipe):
        commands.build(recipe, data)
        write_atomic(data / "recipe.json", _stamp(recipe))
    commands.timed(stages, "build", began)
    began = stage(2, f"train: QLoRA on the embedded base, in {out / 'adapter'}")
    adapter = commands.train(recipe, data, out)
    commands.timed(stages, "train", began)
    began = stage(3, "evaluate: 120 held-out questions, none of them seen in training")
    database = str(data / "retail.duckdb")
    report = commands.evaluate(
        company.questions("test"), database, out, adapter=adapter, recipe=recipe, title="Embedded company, test questions"
    )
    console.print(summary(report), markup=False, highlight=False)
    commands.timed(stages, "evaluate", began)
    began = stage(4, "ask")
    with Asker(database, adapter) as asker:
        for question in QUESTIONS:
            console.print(f"\n[bold]{question}[/bold]")
            show_answer(asker.ask(question))
    commands.timed(stages, "ask", began)
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 2**20
    figures = {"seconds": stages, "seconds_total": round(sum(stages.values()), 1), "peak_memory_gb": round(peak, 2)}
    write_atomic(out / "demo.json", json.dumps(figures, indent=1) + "\n")
    console.print(f"\nreport: {out / 'report.html'}   adapter: {adapter}   {figures['seconds_total']:.0f} s, {peak:.1f} GB at most")
    console.print(f'ask more: sqlkit ask "..." --database {database} --adapter {adapter}', soft_wrap=True)


def _built(data: Path, recipe: Recipe) -> bool:
    """Whether the pairs of this very recipe are there."""
    stamp = data / "recipe.json"
    return (data / "pairs.jsonl").exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == _stamp(recipe)


def _stamp(recipe: Recipe) -> str:
    """What pairs depend on: the recipe, and how this sqlkit renders prompts."""
    return json.dumps({"recipe": recipe.model_dump(mode="json"), "prompt": fingerprint()})
