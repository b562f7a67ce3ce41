"""GGUF by llama.cpp's own converter, then read back with `gguf` and compared tensor by tensor with what was converted.

The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. The converter comes with llama.cpp, in no package of its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sqlkit.errors import InputError, MissingExtra, RunError

SCRIPT = "convert_hf_to_gguf.py"
PRECISIONS = ("f16", "f32", "bf16", "q8_0")  # what the converter writes; smaller ones are made by llama-quantize from these
Q8_STEP = 0.6  # of a step of its block: half by rounding, the rest because the step itself is kept in 16 bit


def find_converter(given: str = "") -> Path:
    """The converter: given (the script, or llama.cpp's folder), in the folder that LLAMA_CPP names, or on PATH.

    Raises InputError when there is none, MissingExtra when a package that it or the check needs is not here.
    """
    for name in ("gguf", "sentencepiece"):
        try:
            __import__(name)
        except ImportError:
            raise MissingExtra(name, "export") from None
    named = given or os.environ.get("LLAMA_CPP", "")
    if named:
        path = Path(named) / SCRIPT if Path(named).is_dir() else Path(named)
        if not path.is_file():
            raise InputError(f"there is no converter at {path}; give llama.cpp's folder or its {SCRIPT} with --converter")
        return path
    found = shutil.which(SCRIPT)
    if not found:
        raise InputError(f"llama.cpp's {SCRIPT} is not here: get llama.cpp's source and give its folder with --converter, or in LLAMA_CPP")
    return Path(found)


def convert(converter: Path, merged: Path, out: Path, precision: str) -> None:
    """Run the converter on a merged folder. Raises RunError with the converter's last word when it fails or writes nothing."""
    command = [sys.executable, str(converter.resolve()), str(merged.resolve()), "--outfile", str(out.resolve()), "--outtype", precision]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "HF_HUB_OFFLINE": "1"}, check=False)
    if done.returncode or not out.is_file():
        said = (done.stderr or done.stdout).strip().splitlines()
        if "pre-tokenizer was not recognized" in done.stderr:
            raise RunError("llama.cpp does not know this base's tokenizer, so there can be no GGUF of it; --to merged, onnx or vllm can be had")
        raise RunError(f"{converter.name} failed ({done.returncode}): {said[-1][:200] if said else 'it said nothing'}; another version of llama.cpp may fit")


def verify(path: Path, weights: Mapping[str, Any], tokenizer: Any) -> dict[str, Any]:
    """Compare every tensor of a GGUF file with the weights (names of transformers) it must hold, and the stop token and template.

    Returns {tensors, types, worst}: `worst` is the largest difference over the largest weight of its tensor. Raises RunError
    naming the first tensor that is missing, of another shape, or further off than its type explains.
    """
    import gguf

    try:
        reader = gguf.GGUFReader(str(path))
    except Exception as error:  # it reads with numpy and raises whatever comes
        raise RunError(f"{path.name} cannot be read back: {str(error).splitlines()[0] if str(error) else type(error).__name__}") from None
    fields = {name: field.contents() for name, field in reader.fields.items()}
    architecture = str(fields.get("general.architecture"))
    stop = fields.get("tokenizer.ggml.eos_token_id")
    if stop != tokenizer.eos_token_id:
        raise RunError(f"{path.name} stops at token {stop}, the adapter was trained to stop at {tokenizer.eos_token_id}")
    if fields.get("tokenizer.chat_template") != tokenizer.chat_template:
        raise RunError(f"{path.name} has another chat template than the adapter was trained with")
    held = {tensor.name: tensor for tensor in reader.tensors}
    types: dict[str, int] = {}
    worst = 0.0
    for ours, theirs, weight in _names(architecture, int(fields[f"{architecture}.block_count"]), weights):
        if theirs not in held:
            if theirs == "output.weight":  # tied to the embeddings
                continue
            raise RunError(f"{path.name} lacks {theirs} ({ours})")
        tensor = held.pop(theirs)
        heads = [int(fields.get(f"{architecture}.attention.head_count{kind}", 0)) for kind in ("", "_kv")]
        worst = max(worst, _compare(path.name, ours, tensor, weight, architecture, heads))
        types[tensor.tensor_type.name] = types.get(tensor.tensor_type.name, 0) + 1
    left = [name for name in held if not name.startswith("rope_")]
    if left:
        raise RunError(f"{path.name} holds {left[0]}, which the merged model has not")
    return {"architecture": architecture, "tensors": sum(types.values()), "types": types, "worst": worst}


def _names(architecture: str, blocks: int, weights: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Name in transformers, name in GGUF, weight. Raises RunError for an architecture or a name that gguf does not know."""
    import gguf

    number = next((n for n, name in gguf.MODEL_ARCH_NAMES.items() if name == architecture), None)
    if number is None:
        raise RunError(f"gguf does not know the architecture {architecture}; a newer gguf may")
    names = gguf.get_tensor_name_map(number, blocks)
    for ours, weight in weights.items():
        theirs = names.get_name(ours, try_suffixes=(".weight", ".bias"))
        if theirs is None:
            raise RunError(f"gguf has no name for {ours} in {architecture}")
        yield ours, theirs, weight


def _compare(file: str, ours: str, tensor: Any, weight: Any, architecture: str, heads: list[int]) -> float:
    """The largest difference, as a share of the largest weight; RunError where it is more than the type explains."""
    import gguf
    import numpy as np

    found = gguf.quants.dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
    wanted = weight.detach().float().cpu().numpy()
    if architecture.startswith("gemma") and ours.endswith("norm.weight"):
        wanted = wanted + 1  # Gemma scales by 1 + w, llama.cpp by w
    if found.shape != wanted.shape:
        raise RunError(f"{file}: {tensor.name} has the shape {found.shape}, {ours} has {wanted.shape}")
    ways = [wanted]
    if tensor.name.endswith(("attn_q.weight", "attn_k.weight", "attn_q.bias", "attn_k.bias")):
        # where a model's rotary halves are apart, llama.cpp keeps them interleaved
        ways += [_interleaved(wanted, n) for n in heads if n and len(wanted) % (2 * n) == 0]
    allowed = _allowed(wanted, tensor.tensor_type.name)
    if allowed is None:
        raise RunError(f"{file}: {tensor.name} is of the type {tensor.tensor_type.name}, which cannot be compared")
    for way in ways:
        spread = allowed if way is wanted else _allowed(way, tensor.tensor_type.name)
        off = np.abs(found - way)
        if (off <= spread).all():
            return float(off.max() / max(float(np.abs(wanted).max()), 1e-12))
    worst = float(np.abs(found - wanted).max())
    raise RunError(f"{file}: {tensor.name} is off by up to {worst:.3g} from {ours}, more than {tensor.tensor_type.name} explains")


def _interleaved(weight: Any, heads: int) -> Any:
    return weight.reshape(heads, 2, weight.shape[0] // heads // 2, *weight.shape[1:]).swapaxes(1, 2).reshape(weight.shape)


def _allowed(weight: Any, kind: str) -> Any:
    """How far each weight may be off in this type; None for a type that is not known."""
    import numpy as np

    size = np.abs(weight)
    if kind in ("F32", "F16", "BF16"):
        return size * {"F32": 0.0, "F16": 2.0**-11, "BF16": 2.0**-8}[kind] + (0.0 if kind == "F32" else 2.0**-25)
    if kind == "Q8_0":
        blocks = size.reshape(-1, 32).max(axis=1, keepdims=True) / 127 * Q8_STEP
        return np.repeat(blocks, 32, axis=1).reshape(weight.shape) + 2.0**-20
    return None
