"""An adapter merged into its base: one dense model, no adapter beside it.

A QLoRA adapter was trained against the dequantised base. Merged into that, the function is the trained one; merged into the 16-bit base, the
base is the better one but the adapter never saw it (peft#2105, #2321; unsloth-zoo PR 810). Which is better is measured, not known.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from sqlkit.embedded import resolve_base
from sqlkit.errors import InputError
from sqlkit.model.adapter import check_adapter
from sqlkit.model.huggingface import WHOLE, dequantise, load_tokenizer, load_weights

Onto = Literal["auto", "dequantised", "base"]
ONTO: tuple[Onto, ...] = ("auto", "dequantised", "base")


def chosen_onto(method: str, onto: Onto) -> str:
    """What an adapter of this method is merged into; 'auto': what it was trained on. Raises InputError."""
    if onto not in ONTO:
        raise InputError(f"unknown --onto {onto!r}: one of {', '.join(ONTO)}")
    if method in WHOLE:
        return "nothing"
    if onto == "dequantised" and method != "qlora":
        raise InputError(f"--onto dequantised is for QLoRA adapters; this one was trained on the 16-bit base ({method})")
    return onto if onto != "auto" else "dequantised" if method == "qlora" else "base"


def merge(base: str, adapter: str | Path, onto: Onto = "auto", *, device: str = "auto") -> tuple[Any, Any]:
    """The merged model in the precision it was loaded in, and its tokenizer. Raises InputError, AdapterError.

    onto: 'dequantised' (the NF4 weights, unpacked), 'base' (the weights as published), or 'auto'. A fully tuned model is
    only loaded: there is nothing to merge.
    """
    path = resolve_base(base)
    tokenizer = load_tokenizer(path)
    method = check_adapter(adapter, path, tokenizer).method
    target = chosen_onto(method, onto)
    if method == "full":
        return load_weights(str(adapter), nf4=False, device=device).eval(), tokenizer
    if method in WHOLE:
        raise InputError(f"{adapter} is an export already ({method}); export the adapter that it came from")
    from peft import PeftModel

    model = load_weights(path, nf4=target == "dequantised", device=device)
    if target == "dequantised":
        dequantise(model)
    # safe_merge looks for numbers that are none before it writes them
    return PeftModel.from_pretrained(model, str(adapter)).merge_and_unload(safe_merge=True).eval(), tokenizer
