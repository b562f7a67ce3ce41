"""What other people's models do for a run, as functions: hosted tuning, rewritten questions, written examples."""

from __future__ import annotations

import sys
from pathlib import Path

from sqlkit.recipe import Recipe


def hosted(recipe: Recipe, pairs: Path, out: Path, *, dry_run: bool = False, every: float = 10.0) -> list[str]:
    """Tune at the recipe's provider; what to tell the user. dry_run: write and check the file, send nothing."""
    from sqlkit import commands
    from sqlkit.train.hosted.rows import prepare
    from sqlkit.train.hosted.tune import advice, told, tune, where

    commands.check_space(out, 50)
    if dry_run:
        training = prepare(pairs / "pairs.jsonl", out, bom=recipe.provider == "azure")
        return [told(recipe, training, max(1, round(recipe.num_train_epochs)), where(recipe)), f"the file to send is {training.path}"]
    state = tune(recipe, pairs, out, tell=Line(), every=every)
    return [f"model {state.model_id} ({state.trained_tokens:,} tokens trained; ids in {out / 'hosted.json'})", advice(state, recipe)]


class Line:
    """Lines about what happens, to stderr; one that says nothing new is not repeated."""

    def __init__(self) -> None:
        self._last = ""

    def __call__(self, line: str) -> None:
        if line != self._last:
            print(line, file=sys.stderr, flush=True)
        self._last = line
