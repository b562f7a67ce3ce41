"""What other people's models do for a run, as functions: hosted tuning, rewritten questions, written examples."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from sqlkit.errors import InputError, RecipeError
from sqlkit.recipe import Recipe

if TYPE_CHECKING:
    from sqlkit.data.author import Author
    from sqlkit.model.teacher import Chat, Teacher


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


@contextlib.contextmanager
def author(recipe: Recipe, out: Path) -> Iterator[Author | None]:
    """Who writes for a build, None where the recipe names nobody; what it cost is told at the end, however that comes.

    Raises RecipeError, InputError; RunError when the LLM cannot be reached at all.
    """
    if not (recipe.rewrite or recipe.teacher):
        yield None
        return
    from sqlkit.data.author import Author

    if not (recipe.database or recipe.ddl or recipe.files):
        raise InputError("rewrite and teacher need a database: give --database, --ddl or --files")
    if recipe.cost_limit and not (recipe.input_price or recipe.output_price):
        raise RecipeError("cost_limit needs input_price and output_price, for a million tokens; token_limit needs none")
    teachers = {text: teacher(recipe, text, out) for text in dict.fromkeys([recipe.rewrite, recipe.teacher]) if text}
    writing = Author(teachers.get(recipe.rewrite), teachers.get(recipe.teacher), recipe.teacher_pairs, recipe.teacher_samples)
    try:
        for one in teachers.values():
            one.check()
        yield writing
    finally:
        writing.close()
        for one in teachers.values():
            print(f"sqlkit: {one.told()}", file=sys.stderr)
            one.close()


def teacher(recipe: Recipe, text: str, out: Path) -> Teacher:
    """The LLM of that name with the recipe's cache, prices and limits."""
    from sqlkit.model.teacher import Teacher, open_chat

    cache = Path(recipe.teacher_cache) if recipe.teacher_cache else out / "teacher.sqlite"
    return Teacher(
        chat(text) if text.startswith("python:") else open_chat(text), cache, input_price=recipe.input_price, output_price=recipe.output_price,
        cost_limit=recipe.cost_limit, token_limit=recipe.token_limit, parallel=recipe.teacher_parallel,
    )  # fmt: skip


def chat(text: str) -> Chat:
    """'python:package.module:name', an LLM of LlamaIndex. Raises InputError."""
    from sqlkit.query.teacher import LlamaIndexChat, imported

    return LlamaIndexChat(imported(text.removeprefix("python:")))


class Line:
    """Lines about what happens, to stderr; one that says nothing new is not repeated."""

    def __init__(self) -> None:
        self._last = ""

    def __call__(self, line: str) -> None:
        if line != self._last:
            print(line, file=sys.stderr, flush=True)
        self._last = line
