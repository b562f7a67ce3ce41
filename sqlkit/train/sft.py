"""`sqlkit train`: supervised fine-tuning through TRL, PEFT and bitsandbytes, best checkpoint by execution accuracy.

QLoRA: Dettmers et al. 2023 (https://arxiv.org/abs/2305.14314), NF4 with double quantisation.
"""

from __future__ import annotations

import contextlib
import errno
import json
import logging
import os
import shutil
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sqlkit.embedded import resolve_base
from sqlkit.errors import InputError, RecipeError, RunError
from sqlkit.model.adapter import MANIFEST
from sqlkit.model.huggingface import load_tokenizer, load_weights
from sqlkit.prompt import Context, render
from sqlkit.recipe import Recipe
from sqlkit.records import Example, Pair, read_records, write_atomic
from sqlkit.sight import grammar
from sqlkit.train.callbacks import Accuracy, Judge, Screen, Watch, last_checkpoint
from sqlkit.train.card import push
from sqlkit.train.forecast import advice, describe, device, forecast, lengths_of, often
from sqlkit.train.lora import check_adapter_settings, initialise, lora_config
from sqlkit.train.papers import begun, publish, same_run, signature, write_environment
from sqlkit.train.processes import is_main, shared, world_size
from sqlkit.train.shape import read_shape
from sqlkit.train.tokens import Encoded, Fitted, fit, preflight


def train(
    recipe: Recipe,
    pairs_file: Path,
    dev: Sequence[Example],
    context: Context,
    out: Path,
    shots: Sequence[Example] = (),
    *,
    judge: Judge,
    told: Callable[[int, float], None] | None = None,
    quiet: bool = False,
) -> Path:
    """Tune `recipe.base_model` on the pairs; returns the adapter's folder, `out/adapter`.

    `judge` gives the execution accuracy of dev predictions; it decides what is kept and when to stop. `told` hears of each
    measure but the last (step, EX) and may raise to end the run. The same folder again goes on from its last checkpoint.

    Raises RunError when the folder holds a run of another recipe, base or data, TrainingError when memory runs out or the loss is
    no number, InputError for data that cannot be trained on.
    """
    import torch

    prepare_libraries()
    check_adapter_settings(recipe)
    quiet = quiet or not is_main()
    base = resolve_base(recipe.base_model)
    tokenizer = load_tokenizer(base)
    pairs = read_records(Pair, pairs_file)
    finished = out / "adapter"
    fitted = fit(pairs, tokenizer, recipe.max_length)
    recipe = decide(begun(out, recipe), base, fitted.rows, quiet=quiet)
    every = often(recipe, lengths_of(fitted.rows), len(dev))
    recipe = recipe.model_copy(update={"eval_steps": every})
    signed = signature(recipe, base, tokenizer, pairs_file, dev)
    same_run(out / "run.json", signed)
    if (finished / MANIFEST).exists():
        return finished
    if is_main():
        write_environment(out, recipe)
        _tell(fitted, len(pairs), out, quiet)
    torch.manual_seed(recipe.seed)
    # weights that learn are read as float32, so that nothing of them is rounded
    model = load_weights(base, nf4=recipe.method == "qlora", half=recipe.method != "full" and bfloat16(recipe.bf16))
    preflight(fitted.rows, tokenizer, model)
    model.config.use_cache = False  # a cache in training would let packed documents see each other
    accuracy = Accuracy(
        tokenizer, dev, [render(e.question, context) for e in dev], judge, out,
        every=every, patience=recipe.early_stopping_patience, max_new_tokens=recipe.max_new_tokens,
        grammars=[grammar(e.question, context, scoped=recipe.scoped) for e in dev] if recipe.constrained else None,
    )
    screen, watch = Screen(quiet), Watch(out / "checkpoints")
    accuracy.show = screen.say
    accuracy.told = told or accuracy.told
    trainer = _trainer(recipe, model, tokenizer, fitted.rows, out, [watch, accuracy, screen])
    if trainer.accelerator.num_processes != world_size():
        raise RunError(f"{world_size()} processes were started and {trainer.accelerator.num_processes} train; launch them with torchrun")
    watch.taken = trainer.taken
    accuracy.start = initialise(trainer, recipe, base, out)
    accuracy.sharded = trainer.is_fsdp_enabled or trainer.is_deepspeed_enabled
    go(trainer, recipe, out, screen)
    if accuracy.sharded:
        trainer.save_model(str(out / "best"))
    if is_main():
        best = accuracy.best if accuracy.best >= 0 else None
        publish(out, finished, recipe, tokenizer, signed, best, context, shots, pairs=len(fitted.rows), asked=len(dev))
        shutil.rmtree(out / "checkpoints", ignore_errors=True)
        if recipe.hub_model_id:
            push(finished, recipe.hub_model_id)
    shared(0.0)  # nobody goes on before the adapter is there
    return finished


def go(trainer: Any, recipe: Recipe, out: Path, screen: Screen) -> None:
    """Train, from the last whole checkpoint if there is one. Raises RunError when memory or the disk runs out."""
    import torch

    try:
        trainer.train(resume_from_checkpoint=last_checkpoint(out / "checkpoints"))
    except torch.OutOfMemoryError:
        raise RunError(f"out of memory on the GPU with the longest rows first; {advice(recipe)}, with another --out") from None
    except Exception as error:
        if no_space(error):
            raise RunError(f"no space left on the disk of {out}; free some and run the same command again") from None
        raise
    finally:
        screen.bar.stop()


def no_space(error: Exception) -> bool:
    """Whether a disk was full; safetensors and torch say it in words only."""
    return getattr(error, "errno", None) == errno.ENOSPC or "No space left" in str(error) or "os error 28" in str(error)


def _tell(fitted: Fitted, pairs: int, out: Path, quiet: bool) -> None:
    """Count what was pruned and dropped; the names are in `preflight.json`."""
    write_atomic(out / "preflight.json", json.dumps({"pairs": pairs, "pruned": fitted.pruned, "dropped": fitted.dropped}, indent=1) + "\n")
    if (fitted.pruned or fitted.dropped) and not quiet:
        print(f"{len(fitted.pruned)} pairs had their schema pruned to max_length, {len(fitted.dropped)} were dropped: {out / 'preflight.json'}")


def decide(recipe: Recipe, base: str, encoded: Sequence[Encoded], *, quiet: bool = True) -> Recipe:
    """The recipe with each 'auto' decided by the memory plan, which is printed; nothing has been loaded yet.

    Raises RecipeError when something is 'auto' and the base's sizes are not known, RunError when nothing fits.
    """
    try:
        shape = read_shape(base)
    except InputError as error:
        if "auto" in (recipe.method, recipe.per_device_train_batch_size, recipe.gradient_checkpointing, recipe.packing):
            raise RecipeError(f"'auto' cannot be decided: {error}") from None
        return recipe
    made = forecast(recipe, shape, lengths_of(encoded), device())
    if not quiet:
        print(describe(made), flush=True)
    return made.recipe


def prepare_libraries() -> None:
    """Make them quiet and sparing with memory; before any of them computes."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    # oneDNN keeps what it made for each shape of a product, a thousand of them; bfloat16 batches of many lengths took 2 GB for it
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "64")
    for name in ("transformers", "trl", "peft", "accelerate", "datasets"):
        logging.getLogger(name).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module=r"(trl|peft|transformers|bitsandbytes|torch|accelerate)\b")


def _trainer(recipe: Recipe, model: Any, tokenizer: Any, rows: Any, out: Path, callbacks: list[Any]) -> Any:
    import datasets
    import torch
    from trl import SFTConfig

    from sqlkit.train.trainer import CompletionTrainer, loss_function

    datasets.disable_progress_bars()
    loss = loss_function(recipe.loss_type)
    os.environ["TENSORBOARD_LOGGING_DIR"] = str(out / "tensorboard")
    gpu = torch.cuda.is_available()
    data = datasets.Dataset.from_list([{"input_ids": r.input_ids, "completion_mask": r.completion_mask} for r in rows])
    arguments = SFTConfig(
        output_dir=str(out / "checkpoints"),
        seed=recipe.seed,
        learning_rate=recipe.learning_rate,
        lr_scheduler_type=recipe.lr_scheduler_type,
        warmup_steps=recipe.warmup_steps,
        num_train_epochs=recipe.num_train_epochs,
        max_steps=recipe.max_steps,
        per_device_train_batch_size=recipe.per_device_train_batch_size,
        gradient_accumulation_steps=recipe.gradient_accumulation_steps,
        max_length=recipe.max_length,
        loss_type=recipe.loss_type if recipe.loss_type == "dft" else "nll",
        packing=recipe.packing,
        completion_only_loss=True,
        gradient_checkpointing=recipe.gradient_checkpointing,
        bf16=bfloat16(recipe.bf16),
        optim=recipe.optim,
        weight_decay=recipe.weight_decay,
        max_grad_norm=recipe.max_grad_norm,
        save_steps=recipe.save_steps,
        save_total_limit=2,
        logging_steps=recipe.logging_steps,
        report_to=recipe.report_to,
        use_cpu=not gpu,
        dataloader_pin_memory=gpu,
        train_sampling_strategy="random" if recipe.packing else "group_by_length",
        disable_tqdm=True,
        average_tokens_across_devices=world_size() > 1,
        logging_nan_inf_filter=False,  # it would show the average before in place of a loss that is not a number
        ddp_timeout=7200,  # the others wait while one process answers the dev questions
        eval_strategy="no",
    )
    with contextlib.redirect_stdout(None):
        trainer = CompletionTrainer(
            model=model, args=arguments, train_dataset=data, processing_class=tokenizer, peft_config=lora_config(recipe),
            callbacks=callbacks,
        )
    trainer.loss, trainer.loraplus = loss, recipe.loraplus_lr_ratio
    for parameter in trainer.model.parameters():
        # TRL makes QLoRA adapters bfloat16 and a resumed run reads them back as float32; float32 throughout is the same
        # before and after, and Adam's small steps are not rounded away
        if parameter.requires_grad:
            parameter.data = parameter.data.float()
    from transformers.trainer_callback import PrinterCallback, ProgressCallback

    trainer.remove_callback(PrinterCallback)
    trainer.remove_callback(ProgressCallback)
    return trainer


def bfloat16(wanted: bool | str) -> bool:
    """Whether to compute in bfloat16; 'auto': where the processor multiplies it in hardware, several times as fast."""
    import torch

    if wanted != "auto":
        return bool(wanted)
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported())
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
