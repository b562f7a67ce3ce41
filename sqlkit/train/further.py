"""`method: grpo` and `method: dpo`: an adapter tuned further by what its answers earn when they are run.

Both start from a tuned adapter and end in one of the same kind, with the same papers and checks.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from sqlkit.embedded import resolve_base
from sqlkit.errors import InputError, RecipeError, RunError
from sqlkit.model.adapter import MANIFEST
from sqlkit.model.huggingface import load_tokenizer
from sqlkit.prompt import Context, render
from sqlkit.recipe import Recipe
from sqlkit.records import Example, Pair, read_records, write_atomic
from sqlkit.sight import grammar
from sqlkit.train import start
from sqlkit.train.callbacks import Accuracy, Judge, Screen, Watch
from sqlkit.train.card import push
from sqlkit.train.papers import publish, same_run, signature, write_environment
from sqlkit.train.preferences import preferences, sample
from sqlkit.train.processes import world_size
from sqlkit.train.sft import bfloat16, go, prepare_libraries
from sqlkit.train.tokens import Encoded, encode, fit, preflight

LOSSES = {
    "grpo": ("grpo", "dr_grpo", "dapo", "bnpo", "cispo", "sapo"),
    "dpo": ("sigmoid", "hinge", "ipo", "robust", "apo_zero", "apo_down", "sigmoid_norm"),
}
EVERY = 50  # steps between two looks at dev, where eval_steps is 'auto': here the answers of training cost more than these


class Rewards(Protocol):
    """What an answer earns, by running it: `evaluate.reward.Rewards`, which the commands pass in."""

    names: list[str]
    weights: list[float]
    notes: list[str]

    def score(self, ids: Sequence[str], texts: Sequence[str]) -> list[dict[str, float]]: ...


def train(
    recipe: Recipe, pairs_file: Path, asked: Sequence[str], left: dict[str, str], dev: Sequence[Example], context: Context, out: Path, shots: Sequence[Example] = (), *,
    rewards: Rewards, judge: Judge, quiet: bool = False,
) -> Path:
    """Tune `recipe.lora_model_dir` further; returns the new adapter's folder, `out/adapter`. recipe: of `start.settings`.

    asked: ids of the pairs whose questions a reward can be given for; left: why not for others. With dev questions the adapter is measured before the
    first step too, and stays as it was where nothing beats it. The same folder again goes on from its last
    checkpoint. Raises as `sft.train`, and RunError when a reward crashes on every answer.
    """
    import torch

    prepare_libraries()
    check(recipe)
    if world_size() > 1:
        raise RunError(f"method {recipe.method} runs in one process so far, not in {world_size()}")
    base = resolve_base(recipe.base_model)
    tokenizer = load_tokenizer(base)
    wanted = set(asked)
    pairs = [pair for pair in read_records(Pair, pairs_file) if pair.id in wanted]
    if not pairs:
        why = next(iter(left.values()), "no id of examples.jsonl is in it")
        raise InputError(f"{pairs_file} has no question that a reward can be given for (first: {why})")
    fitted = fit(pairs, tokenizer, recipe.max_length)
    torch.manual_seed(recipe.seed)
    model, manifest, weights = start.load(recipe, base, tokenizer)
    preflight(fitted.rows, tokenizer, model)
    signed = {**signature(recipe, base, tokenizer, pairs_file, dev), "start_sha256": weights, "questions": len(fitted.rows)}
    same_run(out / "run.json", signed)
    finished = out / "adapter"
    if (finished / MANIFEST).exists():
        return finished
    write_environment(out, recipe)
    told = {"pairs": len(pairs), "no_reward": left, "pruned": fitted.pruned, "dropped": fitted.dropped}
    write_atomic(out / "preflight.json", json.dumps(told, indent=1) + "\n")
    accuracy = Accuracy(
        tokenizer, dev, [render(e.question, context) for e in dev], judge, out, every=EVERY if recipe.eval_steps == "auto" else recipe.eval_steps,
        patience=recipe.early_stopping_patience, max_new_tokens=recipe.max_new_tokens,
        grammars=[grammar(e.question, context, scoped=recipe.scoped) for e in dev] if recipe.constrained else None,
    )
    accuracy.before = True
    screen, watch = Screen(quiet), Watch(out / "checkpoints", spikes=False)
    accuracy.show = screen.say
    held = {row.id: row for row in fitted.rows}
    try:
        if recipe.method == "grpo":
            trainer = _policy(recipe, model, tokenizer, fitted.rows, rewards, out, [watch, accuracy, screen])
        else:
            sample(recipe, [p for p in pairs if p.id in held], base, rewards, out, quiet=quiet)
            chosen = preferences(recipe, pairs, out)
            trainer = _preference(recipe, model, tokenizer, pairs, chosen, held, out, [watch, accuracy, screen])
        watch.taken = trainer.taken
        go(trainer, recipe, out, screen)
    finally:
        if rewards.notes:
            write_atomic(out / "reward_notes.txt", "".join(note + "\n" for note in rewards.notes))
            print(f"{len(rewards.notes)} rewards crashed and counted as 0: {out / 'reward_notes.txt'} (first: {rewards.notes[0]})", flush=True)
    best = accuracy.best if accuracy.best >= 0 else None
    publish(out, finished, recipe, tokenizer, signed, best, context, shots, pairs=len(fitted.rows), asked=len(dev), method=manifest.method)
    shutil.rmtree(out / "checkpoints", ignore_errors=True)
    if recipe.hub_model_id:
        push(finished, recipe.hub_model_id)
    return finished


def check(recipe: Recipe) -> None:
    """Raises RecipeError for settings that TRL would refuse with a traceback."""
    if recipe.loss_type != "nll" and recipe.loss_type not in LOSSES[recipe.method]:
        raise RecipeError(f"loss_type {recipe.loss_type!r} is none of method {recipe.method}: {', '.join(LOSSES[recipe.method])}")
    if recipe.method == "grpo" and recipe.per_device_train_batch_size != "auto":
        batch = recipe.per_device_train_batch_size * recipe.gradient_accumulation_steps
        if batch % recipe.num_generations:
            raise RecipeError(
                f"a step has {batch} answers (per_device_train_batch_size times gradient_accumulation_steps), which num_generations "
                f"{recipe.num_generations} does not divide"
            )


def _common(recipe: Recipe, out: Path) -> dict[str, Any]:
    """The settings that both trainers share."""
    import torch

    gpu = torch.cuda.is_available()
    given: dict[str, Any] = {"beta": recipe.beta} if recipe.beta is not None else {}
    if recipe.loss_type != "nll":
        given["loss_type"] = recipe.loss_type
    names = (
        "seed", "learning_rate", "lr_scheduler_type", "warmup_steps", "num_train_epochs", "max_steps", "per_device_train_batch_size",
        "gradient_accumulation_steps", "gradient_checkpointing", "optim", "weight_decay", "max_grad_norm", "save_steps", "logging_steps", "report_to",
    )  # fmt: skip
    return given | {name: getattr(recipe, name) for name in names} | {
        "output_dir": str(out / "checkpoints"), "bf16": bfloat16(recipe.bf16), "save_total_limit": 2, "use_cpu": not gpu,
        "dataloader_pin_memory": gpu, "disable_tqdm": True, "logging_nan_inf_filter": False, "eval_strategy": "no",
    }  # fmt: skip


def _policy(
    recipe: Recipe, model: Any, tokenizer: Any, rows: Sequence[Encoded], rewards: Rewards, out: Path, callbacks: list[Any]
) -> Any:
    import datasets
    from trl import GRPOConfig

    from sqlkit.train.policy import PolicyTrainer

    if len(rows) * recipe.num_generations < int(recipe.per_device_train_batch_size) * recipe.gradient_accumulation_steps:
        raise RecipeError(f"{len(rows)} questions do not fill a step; lower per_device_train_batch_size or gradient_accumulation_steps")
    settings = GRPOConfig(
        **_common(recipe, out), num_generations=recipe.num_generations, max_completion_length=recipe.max_completion_length,
        temperature=recipe.temperature, top_p=recipe.top_p, epsilon=recipe.epsilon, reward_weights=rewards.weights,
    )
    prompts = {tokenizer.decode(_part(row, 0)): _part(row, 0) for row in rows}
    data = datasets.Dataset.from_list([{"prompt": tokenizer.decode(_part(row, 0)), "id": row.id} for row in rows])
    before = start.remember(model)
    with contextlib.redirect_stdout(None):
        trainer = PolicyTrainer(
            model=model, reward_funcs=_functions(rewards), args=settings, train_dataset=data, processing_class=tokenizer, callbacks=callbacks,
        )
    trainer.ids = prompts
    return _ready(trainer, before)


def _functions(rewards: Rewards) -> list[Any]:
    """One function a reward, as TRL wants and logs them; a batch of answers is run once for all."""
    last: dict[str, Any] = {"key": None, "scores": []}

    def scores(ids: Sequence[str], texts: Sequence[str]) -> list[dict[str, float]]:
        key = (tuple(ids), tuple(texts))
        if last["key"] != key:
            last["key"], last["scores"] = key, rewards.score(ids, texts)
        found: list[dict[str, float]] = last["scores"]
        return found

    def function(name: str) -> Any:
        def earned(completions: list[str], **given: Any) -> list[float]:
            return [score[name] for score in scores(given["id"], [text.strip() for text in completions])]

        earned.__name__ = name
        return earned

    return [function(name) for name in rewards.names]


def _preference(
    recipe: Recipe, model: Any, tokenizer: Any, pairs: Sequence[Pair], chosen: Sequence[dict[str, Any]], held: dict[str, Encoded], out: Path,
    callbacks: list[Any],
) -> Any:
    import datasets
    from trl import DPOConfig

    from sqlkit.train.policy import PreferenceTrainer

    prompts = {pair.id: pair.prompt for pair in pairs}

    def answers(kind: str) -> list[list[int]]:
        return [_part(row, 1) for row in encode([Pair(row["id"], prompts[row["id"]], row[kind]) for row in chosen], tokenizer)]

    rows = [
        {"prompt_ids": _part(held[row["id"]], 0), "chosen_ids": right, "rejected_ids": wrong}
        for row, right, wrong in zip(chosen, answers("chosen"), answers("rejected"), strict=True)
    ]
    settings = DPOConfig(**_common(recipe, out), max_length=None)  # they fit: prompts by `fit`, answers by max_completion_length
    before = start.remember(model)
    with contextlib.redirect_stdout(None):
        trainer = PreferenceTrainer(
            model=model, args=settings, train_dataset=datasets.Dataset.from_list(rows), processing_class=tokenizer, callbacks=callbacks
        )
    return _ready(trainer, before)


def _part(row: Encoded, mask: int) -> list[int]:
    """The ids of a row's prompt (mask 0) or answer (mask 1)."""
    return [token for token, mine in zip(row.input_ids, row.completion_mask, strict=True) if mine == mask]


def _ready(trainer: Any, before: start.Weights) -> Any:
    from transformers.trainer_callback import PrinterCallback, ProgressCallback

    start.restore(trainer.model, before)
    trainer.remove_callback(PrinterCallback)
    trainer.remove_callback(ProgressCallback)
    return trainer

