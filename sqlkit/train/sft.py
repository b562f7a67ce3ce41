"""`sqlkit train`: supervised fine-tuning through TRL, PEFT and bitsandbytes, best checkpoint by execution accuracy.

QLoRA: Dettmers et al. 2023 (https://arxiv.org/abs/2305.14314), NF4 with double quantisation.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import json
import logging
import os
import shutil
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlkit.embedded import resolve_base
from sqlkit.errors import RunError
from sqlkit.model.adapter import MANIFEST, Manifest, base_hashes
from sqlkit.model.huggingface import load_tokenizer, load_weights
from sqlkit.prompt import Context, fingerprint, render
from sqlkit.recipe import Recipe
from sqlkit.records import Example, Pair, read_records, write_atomic, write_jsonl
from sqlkit.sight import grammar
from sqlkit.train.callbacks import Accuracy, Judge, Screen
from sqlkit.train.tokens import encode, preflight

# settings that may differ between a run and its continuation
FREE = {"output_dir", "report_to", "logging_steps", "save_steps", "dev_questions", "test_questions", "questions", "database", "glossary"}


def train(
    recipe: Recipe,
    pairs_file: Path,
    dev: Sequence[Example],
    context: Context,
    out: Path,
    shots: Sequence[Example] = (),
    *,
    judge: Judge,
    quiet: bool = False,
) -> Path:
    """Tune `recipe.base_model` on the pairs; returns the adapter's folder, `out/adapter`.

    `judge` gives the execution accuracy of dev predictions; it decides what is kept and when to stop. The same folder
    again goes on from its last checkpoint. Raises RunError when the folder holds a run of another recipe, base or data,
    InputError for data that cannot be trained on.
    """
    import torch

    _quiet_libraries()
    base = resolve_base(recipe.base_model)
    tokenizer = load_tokenizer(base)
    pairs = read_records(Pair, pairs_file)
    finished = out / "adapter"
    signature = _signature(recipe, base, tokenizer, pairs_file)
    _same_run(out / "run.json", signature)
    if (finished / MANIFEST).exists():
        return finished
    encoded = encode(pairs, tokenizer)
    torch.manual_seed(recipe.seed)
    model = load_weights(base, nf4=recipe.method == "qlora")
    rows = preflight(encoded, tokenizer, int(model.get_input_embeddings().weight.shape[0]), recipe.max_length)
    model.config.use_cache = False  # a cache in training would let packed documents see each other
    accuracy = Accuracy(
        tokenizer, dev, [render(e.question, context) for e in dev], judge, out,
        every=recipe.eval_steps, patience=recipe.early_stopping_patience, max_new_tokens=recipe.max_new_tokens,
        grammars=[grammar(e.question, context, scoped=recipe.scoped) for e in dev] if recipe.constrained else None,
    )
    screen = Screen(quiet)
    accuracy.show = screen.say
    trainer = _trainer(recipe, model, tokenizer, rows, out, [accuracy, screen])
    try:
        trainer.train(resume_from_checkpoint=_last(out / "checkpoints"))
    except OSError as error:
        if error.errno == 28:
            raise RunError(f"no space left on the disk of {out}; free some and run the same command again") from None
        raise
    finally:
        screen.bar.stop()
    _publish(out, finished, recipe, base, tokenizer, signature, accuracy, dev, context, shots)
    shutil.rmtree(out / "checkpoints", ignore_errors=True)
    return finished


def _quiet_libraries() -> None:
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    for name in ("transformers", "trl", "peft", "accelerate", "datasets"):
        logging.getLogger(name).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module=r"(trl|peft|transformers|bitsandbytes|torch|accelerate)\b")


def _trainer(recipe: Recipe, model: Any, tokenizer: Any, rows: Any, out: Path, callbacks: list[Any]) -> Any:
    import datasets
    import torch
    from peft import LoraConfig
    from trl import SFTConfig

    from sqlkit.train.trainer import CompletionTrainer

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
        average_tokens_across_devices=False,
        eval_strategy="no",
    )
    lora = None
    if recipe.method != "full":
        lora = LoraConfig(
            r=recipe.lora_r,
            lora_alpha=recipe.lora_alpha,
            lora_dropout=recipe.lora_dropout,
            target_modules=recipe.lora_target_modules,
            task_type="CAUSAL_LM",
        )
    with contextlib.redirect_stdout(None):
        trainer = CompletionTrainer(
            model=model, args=arguments, train_dataset=data, processing_class=tokenizer, peft_config=lora, callbacks=callbacks
        )
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


def _signature(recipe: Recipe, base: str, tokenizer: Any, pairs_file: Path) -> dict[str, Any]:
    """What must be the same when a run goes on."""
    data = hashlib.sha256(pairs_file.read_bytes()).hexdigest()[:16]
    settings = {k: v for k, v in recipe.model_dump(mode="json").items() if k not in FREE}
    return {**base_hashes(base, tokenizer), "prompt_fingerprint": fingerprint(), "data_sha256": data, **settings}


def _same_run(path: Path, signature: dict[str, Any]) -> None:
    if path.exists():
        before = json.loads(path.read_text(encoding="utf-8"))
        changed = [k for k in signature if before.get(k) != signature[k]]
        if changed:
            key = changed[0]
            raise RunError(
                f"{path.parent} holds a run with {key} = {before.get(key)!r}, this one has {signature[key]!r}; "
                "use another --out, or remove the folder"
            )
    write_atomic(path, json.dumps(signature, indent=1, default=str) + "\n")


def _last(folder: Path) -> str | None:
    """The newest whole checkpoint; TRL writes trainer_state.json last."""
    found = [p for p in folder.glob("checkpoint-*") if (p / "trainer_state.json").exists()]
    return str(max(found, key=lambda p: int(p.name.rsplit("-", 1)[1]))) if found else None


def _publish(
    out: Path, finished: Path, recipe: Recipe, base: str, tokenizer: Any, signature: dict[str, Any], accuracy: Accuracy,
    dev: Sequence[Example], context: Context, shots: Sequence[Example],
) -> None:
    """Put the best adapter with its papers in place, by one rename."""
    partial = out / "adapter.partial"
    shutil.rmtree(partial, ignore_errors=True)
    shutil.copytree(out / "best", partial)
    tokenizer.save_pretrained(partial)
    context.save(partial)
    write_jsonl(partial / "examples.jsonl", shots)
    names = ("torch", "transformers", "trl", "peft", "bitsandbytes", "datasets")
    versions = {n: importlib.metadata.version(n) for n in names}
    manifest = Manifest(
        base=recipe.base_model,
        method=recipe.method,
        recipe=recipe.model_dump(mode="json"),
        dev_ex=accuracy.best if accuracy.best >= 0 else None,
        refuse_threshold=recipe.refuse_threshold,
        versions=versions,
        **{k: signature[k] for k in ("base_sha256", "tokenizer_sha256", "chat_template_sha256", "prompt_fingerprint", "data_sha256")},
    )
    (partial / MANIFEST).write_text(manifest.model_dump_json(indent=1) + "\n", encoding="utf-8")
    shutil.rmtree(finished, ignore_errors=True)
    partial.rename(finished)
