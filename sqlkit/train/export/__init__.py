"""Carry an adapter to the formats people serve. The gate that judges what came out is `sqlkit.commands_export`."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path
from typing import Any

from sqlkit.errors import InputError, SqlkitError
from sqlkit.model.adapter import read_manifest
from sqlkit.model.merge import Onto, chosen_onto, merge
from sqlkit.prompt import Context, render
from sqlkit.records import Example, read_records

FORMATS = ("merged", "gguf", "ollama", "onnx", "vllm")
HOLDS = {"merged": "full", "vllm": "full", "onnx": "onnx", "gguf": "gguf", "ollama": "gguf"}  # a manifest's method
COMPARED = 4  # prompts whose logits are compared


@dataclasses.dataclass(frozen=True)
class Wanted:
    """What to write. precision '': the format's own default. converter: llama.cpp's, for gguf and ollama."""

    to: str
    onto: Onto = "auto"
    precision: str = ""
    converter: str = ""

    def check(self, adapter: Path) -> None:
        """Raises SqlkitError, before anything is loaded, when this cannot be written here."""
        from sqlkit.train.export import gguf, merged, onnx

        if self.to not in FORMATS:
            raise InputError(f"unknown --to {self.to!r}: one of {', '.join(FORMATS)}")
        chosen_onto(read_manifest(adapter).method, self.onto)
        known = gguf.PRECISIONS if HOLDS[self.to] == "gguf" else ("float32",) if self.to == "onnx" else merged.PRECISIONS
        if self.precision and self.precision not in known:
            raise InputError(f"--to {self.to} has no --precision {self.precision!r}: one of {', '.join(known)}")
        if HOLDS[self.to] == "gguf":
            gguf.find_converter(self.converter)
        if self.to == "onnx":
            onnx.check_tools()


def write(adapter: Path, folder: Path, wanted: Wanted, name: str) -> dict[str, Any]:
    """Write the format into an empty folder; returns what there is to tell of it. Raises SqlkitError.

    The folder is one that `load_model` takes as an adapter: that is how it is judged.
    """
    from sqlkit.train.export import merged

    manifest = read_manifest(adapter)
    onto = chosen_onto(manifest.method, wanted.onto)
    model, tokenizer = merge(manifest.base, adapter, wanted.onto, device="auto" if HOLDS[wanted.to] == "full" else "cpu")
    told: dict[str, Any] = {"onto": onto}
    if HOLDS[wanted.to] == "full":
        told["precision"] = merged.precision_of(model, _source(manifest.base), wanted.precision)
        merged.write_merged(model, tokenizer, folder, told["precision"])
    elif wanted.to == "onnx":
        told |= _onnx(model, tokenizer, adapter, folder)
    else:
        told |= _gguf(model, tokenizer, folder, wanted)
    if wanted.to == "vllm":
        from sqlkit.train.export.vllm import write_layout

        told["lora"] = write_layout(adapter, folder, name, manifest.base, onto, int(model.config.max_position_embeddings))
    if wanted.to == "ollama":
        from sqlkit.train.export.ollama import modelfile

        text = modelfile(
            tokenizer, adds_bos=told["adds_bos"], max_new_tokens=int(manifest.recipe.get("max_new_tokens", 160)),
            context=int(model.config.max_position_embeddings),
        )
        (folder / "Modelfile").write_text(text, encoding="utf-8")
    merged.write_papers(adapter, folder, HOLDS[wanted.to])
    return told


def _source(base: str) -> str:
    from sqlkit.embedded import resolve_base

    return resolve_base(base)


def _onnx(model: Any, tokenizer: Any, adapter: Path, folder: Path) -> dict[str, Any]:
    from sqlkit.train.export import onnx

    model = model.float()
    onnx.write_onnx(model, folder)
    model.config.use_cache = True
    model.config.save_pretrained(folder)
    model.generation_config.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    prompts = _prompts(tokenizer, adapter)
    return {"precision": "float32", "compared_prompts": len(prompts), "largest_logit_difference": onnx.compare_logits(model, folder, prompts)}


def _prompts(tokenizer: Any, adapter: Path) -> list[list[int]]:
    """Token ids of a few of the adapter's own prompts."""
    from sqlkit.model.huggingface import HuggingFaceModel

    examples = read_records(Example, adapter / "examples.jsonl") if (adapter / "examples.jsonl").exists() else []
    asked = [e.question for e in examples[:COMPARED]] or ["how many rows are there?"]
    try:
        context = Context.open(adapter)
    except SqlkitError as error:
        raise InputError(f"{error}; it comes with every adapter that sqlkit trained") from None
    return HuggingFaceModel(None, tokenizer).encode([render(question, context) for question in asked])


def _gguf(model: Any, tokenizer: Any, folder: Path, wanted: Wanted) -> dict[str, Any]:
    import gguf as reading

    from sqlkit.model.huggingface import GGUF
    from sqlkit.train.export import gguf, merged

    between = folder / "merged"
    precision = wanted.precision or gguf.PRECISIONS[0]
    merged.write_merged(model, tokenizer, between, "float32" if precision != "bf16" else "bfloat16")
    gguf.convert(gguf.find_converter(wanted.converter), between, folder / GGUF, precision)
    found = gguf.verify(folder / GGUF, model.state_dict(), tokenizer)
    shutil.rmtree(between)
    tokenizer.save_pretrained(folder)
    field = reading.GGUFReader(str(folder / GGUF)).fields.get("tokenizer.ggml.add_bos_token")
    # without the field llama.cpp adds it for vocabularies of SentencePiece only
    model_kind = reading.GGUFReader(str(folder / GGUF)).fields["tokenizer.ggml.model"].contents()
    return {"precision": precision, "verified": found, "adds_bos": bool(field.contents()) if field else model_kind == "llama"}
