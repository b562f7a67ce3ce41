"""The memory plan: counted beside what autograd keeps, and beside the memory of real processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sqlkit.errors import InputError, RecipeError, RunError
from sqlkit.recipe import Recipe, names
from sqlkit.train.forecast import GB, Device, Lengths, describe, device, forecast, often
from sqlkit.train.memory import Batch, layer_bytes, memory
from sqlkit.train.shape import Shape, read_shape, shape_of

BILLIONS = {
    "llama-3.1-8b": 8.03, "phi-4-mini": 3.84, "qwen2.5-coder-0.5b": 0.49, "qwen2.5-coder-1.5b": 1.54, "qwen2.5-coder-7b": 7.62,
    "embedded": 0.0075,
}  # as the model cards say


@pytest.mark.parametrize("name", [n for n in names() if n not in ("grpo", "dpo")])  # these tune any base further
def test_shapes_have_the_parameters_of_the_model_cards(name: str) -> None:
    from sqlkit.embedded import resolve_base

    assert read_shape(resolve_base(Recipe.load(name).base_model)).parameters / 1e9 == pytest.approx(BILLIONS[name], rel=0.02)


SMALL = Shape(hidden=128, layers=1, heads=4, kv_heads=2, head_dim=40, intermediate=320, vocabulary=512, tied=True)
KINDS = [("lora", False, 4), ("lora", True, 4), ("lora", True, 2), ("dora", False, 4), ("dora", True, 4), ("dora", True, 2),
         ("full", False, 4), ("full", True, 4)]


@pytest.mark.parametrize(("method", "bf16", "base"), KINDS)
def test_activations_are_those_that_autograd_keeps(method: Any, bf16: bool, base: int) -> None:
    """One layer more keeps so many bytes more for each token; counted at two lengths, so that what is kept of the weights is out."""
    counted = [_kept(method, bf16, base, 2, length) - _kept(method, bf16, base, 1, length) for length in (40, 72)]
    each = (counted[1] - counted[0]) / (2 * (72 - 40))
    assert layer_bytes(SMALL, method, rank=8, bf16=bf16, base=base) == pytest.approx(each, rel=0.001)


def _kept(method: str, bf16: bool, base: int, layers: int, length: int) -> int:
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import LlamaConfig, LlamaForCausalLM

    model: Any = LlamaForCausalLM(LlamaConfig(
        vocab_size=512, hidden_size=128, num_hidden_layers=layers, num_attention_heads=4, num_key_value_heads=2, head_dim=40, intermediate_size=320,
    )).to(torch.bfloat16 if base == 2 else torch.float32)
    if method != "full":
        model = get_peft_model(model, LoraConfig(r=8, target_modules="all-linear", task_type="CAUSAL_LM", use_dora=method == "dora"))
    weights = {p.untyped_storage().data_ptr() for p in model.parameters()}
    seen: dict[int, int] = {}
    alive = []  # else one address would stand for several tensors

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        alive.append(tensor)
        if tensor.untyped_storage().data_ptr() not in weights:
            seen[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    inner = model.get_base_model().model if method != "full" else model.model
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t), torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        inner.train()(input_ids=torch.zeros(2, length, dtype=torch.long), use_cache=False)
    return sum(seen.values())


def test_nf4_weights_take_what_bitsandbytes_takes() -> None:
    import torch
    from bitsandbytes.functional import quantize_4bit

    packed, state = quantize_4bit(torch.randn(1024, 4096), blocksize=64, compress_statistics=True, quant_type="nf4")
    taken = packed.nbytes + state.absmax.nbytes + state.state2.absmax.nbytes
    from sqlkit.train.memory import NF4_BYTES

    assert taken == pytest.approx(NF4_BYTES * 1024 * 4096, rel=1e-3)


# what a person gives, and what is decided: (base, GPU, method, micro-batch, checkpointing)
DECIDED = [
    ("qwen2.5-coder-0.5b", "L4", "lora", 8, False),
    ("llama-3.1-8b", "H200", "lora", 16, False),
    ("llama-3.1-8b", "L40S", "qlora", 4, False),
    ("llama-3.1-8b", "L4", "lora", 4, True),
    ("llama-3.1-8b", "T4", "qlora", 8, True),
]
AUTO = {"method": "auto", "per_device_train_batch_size": "auto", "gradient_checkpointing": "auto", "packing": "auto"}


@pytest.mark.parametrize(("name", "gpu", "method", "rows", "checkpointing"), DECIDED)
def test_auto_takes_the_fastest_that_fits(name: str, gpu: str, method: str, rows: int, checkpointing: bool) -> None:
    recipe = Recipe.load(name).model_copy(update=AUTO)
    made = forecast(recipe, read_shape(recipe.base_model), Lengths.assume(1000, 1024), device(gpu))
    got = made.recipe
    assert (got.method, got.per_device_train_batch_size, got.gradient_checkpointing, got.packing) == (method, rows, checkpointing, False)
    assert rows * got.gradient_accumulation_steps == recipe.train_batch_size and made.fits


@pytest.mark.parametrize(
    ("dev", "settings", "every"),
    [
        (60, {}, 160),  # each costs as much as training on 1,218 tokens, and a step is 4,800: 152 steps
        (600, {}, 1530),
        (60, {"gradient_accumulation_steps": 4}, 40),
        (60, {"max_steps": 310}, 0),  # one look at the end is all there is room for
        (60, {"max_steps": 320}, 160),
        (60, {"eval_steps": 7}, 7),
        (60, {"eval_steps": 0}, 0),
        (0, {}, 10),
    ],
)
def test_dev_takes_a_tenth_of_the_work(dev: int, settings: dict[str, Any], every: int) -> None:
    given = Recipe.of({"per_device_train_batch_size": 16, "gradient_accumulation_steps": 1, **settings})
    assert often(given, Lengths((300,) * 100_000, (86,) * 100_000), dev) == every


def test_a_forecast_tells_memory_tokens_hours_and_price() -> None:
    recipe = Recipe.load("qwen2.5-coder-7b")
    told = describe(forecast(recipe, read_shape(recipe.base_model), Lengths((900, 700), (100, 80)), device("H100")), hourly=4.0)
    for word in ("memory", "weights", "adapter", "optimizer", "activations", "logits", "tokens 3,200", "hours", "price", "H100"):
        assert word in told


def test_what_does_not_fit_is_told_with_advice() -> None:
    recipe = Recipe.load("llama-3.1-8b")
    shape, lengths = read_shape(recipe.base_model), Lengths.assume(1000, 1024)
    given = recipe.model_copy(update={"method": "full", "gradient_checkpointing": False})
    assert "TOO LITTLE; try" in describe(forecast(given, shape, lengths, device("L4")))
    with pytest.raises(RunError, match="nothing fits"):
        forecast(recipe.model_copy(update=AUTO), shape, lengths, Device("small", 4 * GB, True))
    with pytest.raises(RecipeError, match="unknown GPU"):
        device("H1000")
    with pytest.raises(InputError, match="mixture of experts"):
        shape_of({"model_type": "mixtral", "num_local_experts": 8})
    with pytest.raises(InputError, match="not known"):
        read_shape("nobody/knows-this")


def test_each_saving_saves() -> None:
    def peak(method: Any = "lora", **changes: Any) -> int:
        settings = {"rank": 16, "optim": "adamw_torch", "checkpointing": False, "bf16": True, "cuda": True}
        return memory(read_shape("Qwen/Qwen2.5-Coder-7B-Instruct"), method, Batch(4, 1024, 100), **(settings | changes)).peak

    assert peak("qlora") < peak("lora") < peak("dora") and peak("lora") < peak("full")
    assert peak(checkpointing=True) < peak() and peak("full", optim="adamw_8bit") < peak("full")


def test_padding_is_that_of_batches_of_like_length() -> None:
    assert Lengths((10, 10, 5, 5), (1, 1, 1, 1)).padding(2) == 0
    assert Lengths((10, 5), (1, 1)).padding(2) == pytest.approx(0.25)


SIZES = [("lora", "256,8,4096,4,384", "off"), ("qlora", "512,6,8192,2,512", "off"), ("lora", "768,8,16384,1,512", "off"),
         ("full", "512,6,8192,1,256", "off"), ("dora", "512,4,8192,1,512", "off"), ("lora", "512,8,8192,4,384", "on")]


@pytest.mark.slow
@pytest.mark.parametrize(("method", "size", "checkpointing"), SIZES, ids=lambda s: s)
def test_the_forecast_is_within_a_fifth_of_the_process(method: str, size: str, checkpointing: str, tmp_path: Path) -> None:
    command = [sys.executable, str(Path(__file__).with_name("peak.py")), str(tmp_path), method, size, checkpointing]
    for _ in range(2):  # the first makes the model
        done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["forecast"] == pytest.approx(found["peak"], rel=0.2), found
