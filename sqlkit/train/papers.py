"""A run's papers: what must not change when it goes on, what it ran on, and the finished adapter's manifest."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import platform
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlkit.errors import RunError
from sqlkit.model.adapter import MANIFEST, Manifest, base_hashes
from sqlkit.model.retriever import PARTS, retriever_hash
from sqlkit.prompt import Context, fingerprint
from sqlkit.recipe import Recipe
from sqlkit.records import Example, to_dict, write_atomic, write_jsonl
from sqlkit.train.card import card
from sqlkit.train.processes import is_main, world_size

# settings that may differ between a run and its continuation
FREE = {
    "output_dir", "report_to", "logging_steps", "save_steps", "dev_questions", "test_questions", "questions", "database", "glossary", "hub_model_id",
    "lora_model_dir",  # the hash of its weights stands for it
    "ddl", "dialect", "files", "logs", "sources", "source_rows", "suites", "drop_leaks", "split", "personal_data",  # the data's hash stands for these
    "search", "retriever",  # the prompt's fingerprint holds the retriever's hash
}  # fmt: skip
AUTO = ("method", "per_device_train_batch_size", "gradient_accumulation_steps", "gradient_checkpointing", "packing")
LIBRARIES = ("torch", "transformers", "trl", "peft", "bitsandbytes", "accelerate", "datasets", "tokenizers", "numpy")


def begun(run: Path, recipe: Recipe) -> Recipe:
    """The recipe with what was decided for 'auto' when this run was begun; another machine would decide otherwise."""
    path = run / "run.json"
    if not path.exists() or "auto" not in (recipe.method, recipe.per_device_train_batch_size, recipe.gradient_checkpointing, recipe.packing):
        return recipe
    before = json.loads(path.read_text(encoding="utf-8"))
    keys = [k for k in AUTO if getattr(recipe, k) == "auto"]
    if "per_device_train_batch_size" in keys:
        keys.append("gradient_accumulation_steps")
    return recipe.model_copy(update={k: before[k] for k in keys if before.get(k) is not None})


def signature(recipe: Recipe, base: str, tokenizer: Any, pairs_file: Path, dev: Sequence[Example]) -> dict[str, Any]:
    """What must be the same when a run goes on."""
    asked = json.dumps([to_dict(e) for e in dev], default=str).encode()
    settings = {k: v for k, v in recipe.model_dump(mode="json").items() if k not in FREE}
    return {
        **base_hashes(base, tokenizer),
        "prompt_fingerprint": fingerprint(retriever_hash(recipe.retriever)),
        "data_sha256": _hash(pairs_file.read_bytes()),
        "dev_sha256": _hash(asked),
        "processes": world_size(),
        **settings,
    }


def same_run(path: Path, wanted: dict[str, Any]) -> None:
    """Write `run.json`, or compare with the one there. Raises RunError naming every difference."""
    if path.exists():
        compare(path.parent, json.loads(path.read_text(encoding="utf-8")), wanted)
    if is_main():
        write_atomic(path, json.dumps(wanted, indent=1, default=str) + "\n")


def compare(folder: Path, before: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Raises RunError naming every difference between what a folder was begun with and what is wanted now."""
    defaults = {"processes": 1, **{k: f.default for k, f in Recipe.model_fields.items()}}
    # a key that stands in no older run.json is newer than the run: it had its default, or was not looked at
    old = {k: before.get(k, defaults.get(k, wanted[k])) for k in wanted}
    changed = [f"{k} = {old[k]!r}, this one has {v!r}" for k, v in wanted.items() if old[k] != v]
    if changed:
        raise RunError(f"{folder} holds a run with {'; '.join(changed)}; use another --out, or remove the folder")


def write_environment(run: Path, recipe: Recipe) -> None:
    """`environment.json` and `recipe.yaml`: all that a person needs to do it again."""
    import torch

    gpus = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    found = {
        "command": sys.argv,
        "seed": recipe.seed,
        "python": platform.python_version(),
        "system": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "gpus": gpus,
        "versions": versions(),
    }
    write_atomic(run / "environment.json", json.dumps(found, indent=1) + "\n")
    write_atomic(run / "recipe.yaml", recipe.yaml())


def versions() -> dict[str, str]:
    """Versions of what a run's numbers depend on."""
    return {name: importlib.metadata.version(name) for name in LIBRARIES}


def publish(
    out: Path, finished: Path, recipe: Recipe, tokenizer: Any, signed: dict[str, Any], dev_ex: float | None,
    context: Context, shots: Sequence[Example], *, pairs: int, asked: int, method: str = "",
) -> None:
    """Put the best adapter with its papers in place, by one rename. method: how it loads, where the recipe's says how it was tuned on."""
    partial = out / "adapter.partial"
    shutil.rmtree(partial, ignore_errors=True)
    shutil.copytree(out / "best", partial)
    tokenizer.save_pretrained(partial)
    context.save(partial)
    for part in PARTS:
        if recipe.retriever and (Path(recipe.retriever) / part).is_dir():
            shutil.copytree(Path(recipe.retriever) / part, partial / "retriever" / part)
    write_jsonl(partial / "examples.jsonl", shots)
    hashes = ("base_sha256", "tokenizer_sha256", "chat_template_sha256", "prompt_fingerprint", "data_sha256")
    manifest = Manifest(
        base=recipe.base_model,
        method=method or recipe.method,
        recipe=recipe.model_dump(mode="json"),
        dev_ex=dev_ex,
        dev_n=asked if dev_ex is not None else 0,
        refuse_threshold=recipe.refuse_threshold,
        versions=versions(),
        **{k: signed[k] for k in hashes},
    )
    (partial / MANIFEST).write_text(manifest.model_dump_json(indent=1) + "\n", encoding="utf-8")
    (partial / "README.md").write_text(card(out.name, recipe, manifest, pairs, asked), encoding="utf-8")  # PEFT's own is a blank form
    shutil.rmtree(finished, ignore_errors=True)
    partial.rename(finished)


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.processor())
