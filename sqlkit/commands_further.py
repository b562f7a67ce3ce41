"""`sqlkit train` with method grpo or dpo: the grader, on the user's own database, as what the trainer learns from."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence
from pathlib import Path

from sqlkit import commands
from sqlkit.errors import InputError
from sqlkit.prompt import Context
from sqlkit.recipe import Recipe
from sqlkit.records import Example, Pair, Prediction, read_records


def train_further(recipe: Recipe, pairs: Path, out: Path, *, quiet: bool = False) -> Path:
    """A tuned adapter, tuned further on the questions of `pairs` by what its answers earn; returns the new adapter's folder.

    Each answer runs in the sandbox, on the database and on the database with fewer rows. Raises InputError and AdapterError before
    anything is written.
    """
    from sqlkit.database import Sandbox
    from sqlkit.evaluate.grade import Grader, grade_all
    from sqlkit.evaluate.reward import Rewards, reward, usable
    from sqlkit.evaluate.thinned import Thinned, leaves
    from sqlkit.train import further, start

    further.check(recipe)
    for name in recipe.reward_weights:
        reward(name)
    recipe = start.settings(recipe)
    if not (pairs / "examples.jsonl").exists():
        raise InputError(f"{pairs} holds no examples.jsonl; is it a folder that sqlkit build made?")
    rows = {pair.id: pair for pair in read_records(Pair, pairs / "pairs.jsonl")}
    examples = read_records(Example, pairs / "examples.jsonl")
    known = asked_once(examples, rows)
    if not known:
        raise InputError(f"{pairs}: no pair has its example; build the pairs again")
    database, glossary = commands.where(recipe, pairs)
    context = Context.load(database, glossary, commands.personal(recipe, pairs))
    dev = commands.questions(recipe.dev_questions, "dev", recipe)
    with Sandbox(database) as sandbox:
        grader = Grader([sandbox, Thinned(sandbox, leaves(context.schema), sandbox.dialect)], sandbox.dialect, made=True)
        with commands.progress("golds", quiet) as tell:
            asked, left = usable(grader, known, tell)
        told = {e.id: rows[e.id].prompt.user for e in asked}
        rewards = Rewards(grader, asked, recipe.reward_weights, told)
        judging = Grader(sandbox)  # EX is what `sqlkit eval` counts

        def judge(predictions: Sequence[Prediction]) -> float:
            grades = grade_all(dev, predictions, judging)
            return sum(g.correct for g in grades) / len(grades)

        if left and not quiet:
            print(f"{len(left)} of {len(known)} questions have no reward: {out / 'preflight.json'}", flush=True)
        shots = [e for e in examples if not e.made_by.startswith("published")]
        ids = [e.id for e in asked]
        return further.train(recipe, pairs / "pairs.jsonl", ids, left, dev, context, out, shots, rewards=rewards, judge=judge, quiet=quiet)


def asked_once(examples: Sequence[Example], pairs: Collection[str]) -> list[Example]:
    """Each example once, under the id of its pair; people's questions have several pairs, the first of them without worked examples."""
    keys = [(e, next((key for key in (e.id, f"{e.id}-0") if key in pairs), "")) for e in examples]
    return [dataclasses.replace(e, id=key) for e, key in keys if key]
