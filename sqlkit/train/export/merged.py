"""A folder of safetensors that plain transformers loads, and that sqlkit takes as an adapter too."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from sqlkit.errors import InputError
from sqlkit.model.adapter import MANIFEST, read_manifest

PRECISIONS = ("float32", "bfloat16", "float16")


def precision_of(model: Any, base: str, wanted: str) -> str:
    """The precision to write: what is wanted, else the one in which the base is published, float32 where it does not say."""
    from transformers import AutoConfig

    if wanted and wanted not in PRECISIONS:
        raise InputError(f"unknown --precision {wanted!r}: one of {', '.join(PRECISIONS)}")
    found = str(getattr(AutoConfig.from_pretrained(base), "dtype", None) or "float32").removeprefix("torch.")
    return wanted or (found if found in PRECISIONS else "float32")


def write_merged(model: Any, tokenizer: Any, folder: Path, precision: str) -> None:
    """Weights, configuration and tokenizer; the model is left in that precision. Raises InputError when a weight is no number."""
    import torch

    model.to(getattr(torch, precision))
    broken = next((name for name, weight in model.state_dict().items() if weight.is_floating_point() and not torch.isfinite(weight).all()), "")
    if broken:
        raise InputError(f"{broken} is not finite in {precision}; export with --precision float32 or bfloat16")
    model.config.use_cache = True
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def write_papers(adapter: Path, folder: Path, method: str) -> None:
    """What makes an export an adapter to sqlkit: manifest with what the folder holds, schema, worked examples."""
    manifest = read_manifest(adapter).model_copy(update={"method": method})
    for name in ("context.json", "examples.jsonl"):
        if (adapter / name).exists():
            shutil.copy2(adapter / name, folder / name)
    (folder / MANIFEST).write_text(manifest.model_dump_json(indent=1) + "\n", encoding="utf-8")
