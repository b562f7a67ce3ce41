"""What a run will take, before anything loads: memory, tokens, hours and price; and the settings that 'auto' stands for."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

from sqlkit.errors import MissingExtra, RecipeError, RunError
from sqlkit.recipe import Recipe
from sqlkit.train.memory import Batch, Memory, memory
from sqlkit.train.shape import Shape

GB = 2**30
USABLE = 0.9  # of a device's memory: allocators leave holes
DEV_SHARE = 0.1  # of a run's work, the most that answering dev questions takes where eval_steps is 'auto'
TRAINED = 3  # tokens that could be read for one that is trained on
WRITTEN = 40  # and for one that is written: measured on a CPU, 32 answers at a time under the grammar; not on a GPU
EFFICIENCY = 0.35  # of the peak, assumed until a run has been timed on the device
# dense bfloat16 TFLOP/s and GB of the vendors' data sheets; T4: float16
GPUS = {
    "T4": (65, 16), "L4": (121, 24), "A10": (125, 24), "RTX-4090": (165, 24), "L40S": (362, 48), "A100-40GB": (312, 40),
    "A100-80GB": (312, 80), "A100": (312, 80), "H100": (989, 80), "H200": (989, 141), "B200": (2250, 180),
}
VARLEN = ("flash_attn", "flash_attn_interface")  # kernels that keep packed rows apart without a mask of length squared


@dataclasses.dataclass(frozen=True, slots=True)
class Lengths:
    """Tokens of the pairs (all, and those with a label), longest first. `assumed`: no pairs were there to be counted."""

    tokens: tuple[int, ...]
    labels: tuple[int, ...]
    assumed: bool = False

    @classmethod
    def assume(cls, pairs: int, longest: int) -> Lengths:
        """Every pair as long as it may be, a tenth of it the answer: an upper bound when nothing has been counted."""
        return cls((longest,) * pairs, (max(1, longest // 10),) * pairs, True)

    def padding(self, rows: int) -> float:
        """Share of padding in batches of `rows` of like length."""
        grouped = sorted(self.tokens, reverse=True)
        spent = sum(grouped[i] * len(grouped[i : i + rows]) for i in range(0, len(grouped), rows))
        return 1 - sum(grouped) / spent if spent else 0.0

    def worst(self, rows: int, packed: int = 0) -> Batch:
        """The largest micro-batch; `packed`: rows are filled up to this many tokens."""
        share = sum(self.labels) / max(1, sum(self.tokens))
        if packed:
            return Batch(rows, packed, math.ceil(packed * share))
        return Batch(rows, max(self.tokens), max(self.labels))


@dataclasses.dataclass(frozen=True, slots=True)
class Device:
    """`memory` in bytes; `tflops` 0 where it is not known."""

    name: str
    memory: int
    cuda: bool
    tflops: float = 0.0
    bf16: bool = True


def device(name: str = "") -> Device:
    """A GPU by name ('H100'), or what this machine has. Raises RecipeError for an unknown name."""
    if name:
        if name not in GPUS:
            raise RecipeError(f"unknown GPU {name!r}: one of {', '.join(GPUS)}")
        tflops, size = GPUS[name]
        return Device(name, size * GB, True, tflops, name != "T4")
    try:
        import psutil
        import torch
    except ImportError:
        raise MissingExtra("torch", "train") from None
    if torch.cuda.is_available():
        found = torch.cuda.get_device_properties(0)
        known = next((GPUS[n][0] for n in sorted(GPUS, key=len, reverse=True) if n.split("-")[0] in found.name), 0)
        return Device(found.name, int(found.total_memory), True, known, bool(torch.cuda.is_bf16_supported()))
    return Device("CPU", int(psutil.virtual_memory().available), False, 0.0, bool(torch.cpu._is_avx512_bf16_supported()))


@dataclasses.dataclass(frozen=True, slots=True)
class Forecast:
    """A run's recipe with every 'auto' decided, its memory, and what it costs. `hours` is None without a known speed."""

    recipe: Recipe
    device: Device
    memory: Memory
    lengths: Lengths
    batch: Batch
    steps: int
    tokens: int
    flops: float
    padding: float

    @property
    def hours(self) -> float | None:
        return self.flops / (self.device.tflops * 1e12 * EFFICIENCY) / 3600 if self.device.tflops else None

    @property
    def fits(self) -> bool:
        return self.memory.peak <= USABLE * self.device.memory


def forecast(recipe: Recipe, shape: Shape, lengths: Lengths, on: Device, process: int | None = None) -> Forecast:
    """What `recipe` takes on a device; its 'auto' settings are decided first.

    The first that fits of: LoRA, QLoRA, LoRA with checkpointing, QLoRA with checkpointing; and of the micro-batches that
    divide a step the largest. Recomputing costs a third of the speed, unpacking NF4 a twentieth, so memory is saved in this
    order. Packing only where the padding of length-grouped batches is more than a tenth and a kernel that keeps the documents
    apart is installed. Raises RunError when nothing fits.
    """
    packing = recipe.packing
    if packing == "auto":
        packing = on.cuda and lengths.padding(8) > 0.1 and _installed()
    methods = ["lora", "qlora"] if recipe.method == "auto" else [recipe.method]
    saving = [False, True] if recipe.gradient_checkpointing == "auto" else [recipe.gradient_checkpointing]
    given = recipe.per_device_train_batch_size
    sizes = [n for n in (64, 32, 16, 8, 4, 2, 1) if recipe.train_batch_size % n == 0] if given == "auto" else [given]
    if not on.cuda:  # wider batches are no faster on a CPU, only larger
        sizes = [n for n in sizes if n <= 8] if given == "auto" else sizes
    tried: list[Forecast] = []
    for enough in (4, 1):  # a GPU is idle with less than 4 rows: rather save memory first
        for checkpointing in saving:
            for method in methods:
                for rows in sizes:
                    if rows < min(enough, sizes[0]):
                        continue
                    steps = {"gradient_accumulation_steps": recipe.train_batch_size // rows} if given == "auto" else {}
                    decided = {"method": method, "gradient_checkpointing": checkpointing, "packing": packing, **steps}
                    made = recipe.model_copy(update={**decided, "per_device_train_batch_size": rows})
                    tried.append(_forecast(made, shape, lengths, on, process))
                    if tried[-1].fits:
                        return tried[-1]
    if recipe.method == "auto" or given == "auto" or recipe.gradient_checkpointing == "auto":
        least = min(tried, key=lambda f: f.memory.peak)
        raise RunError(
            f"nothing fits {on.name}: the least needs {least.memory.peak / GB:.1f} of {on.memory / GB:.1f} GB; {advice(least.recipe)}"
        )
    return tried[0]


def _forecast(recipe: Recipe, shape: Shape, lengths: Lengths, on: Device, process: int | None) -> Forecast:
    rows = int(recipe.per_device_train_batch_size)
    batch = lengths.worst(rows, recipe.max_length if recipe.packing else 0)
    bf16 = on.bf16 if recipe.bf16 == "auto" else bool(recipe.bf16)
    checkpointing, method = bool(recipe.gradient_checkpointing), recipe.method
    assert method != "auto" and method != "grpo" and method != "dpo"  # told apart before anything is forecast
    need = memory(
        shape, method, batch, rank=recipe.lora_r, optim=recipe.optim, checkpointing=checkpointing, bf16=bf16, cuda=on.cuda, process=process,
    )
    each = rows * recipe.gradient_accumulation_steps
    tokens, pairs = sum(lengths.tokens), len(lengths.tokens)
    examples = math.ceil(tokens / (0.97 * recipe.max_length)) if recipe.packing else pairs
    steps = math.ceil(examples / each * recipe.num_train_epochs)
    share = 1.0
    if recipe.max_steps > 0:
        share, steps = recipe.max_steps / max(1, steps), recipe.max_steps
    seen = round(tokens * recipe.num_train_epochs * share)
    passes = (6 if method == "full" else 4) + (2 if checkpointing else 0)
    mean = tokens / max(1, pairs)
    each_token = passes * (shape.linear + shape.layers * shape.query * mean)  # causal attention: half of the square, twice over
    heads = passes * shape.vocabulary * shape.hidden * sum(lengths.labels) / max(1, tokens)
    padding = 0.0 if recipe.packing else lengths.padding(each)
    return Forecast(recipe, on, need, lengths, batch, steps, seen, seen * (each_token / (1 - padding) + heads), padding)


def often(recipe: Recipe, lengths: Lengths, dev: int) -> int:
    """The steps between two looks at `dev` questions, 'auto' decided: as few as keep them within DEV_SHARE of the work; 0: one look, at the end.

    Worked out from the pairs alone, never from a clock, so that a run that goes on looks at the same steps.
    """
    if recipe.eval_steps != "auto":
        return recipe.eval_steps
    pairs = max(1, len(lengths.tokens))
    mean, answer = sum(lengths.tokens) / pairs, sum(lengths.labels) / pairs
    rows = int(recipe.per_device_train_batch_size) * recipe.gradient_accumulation_steps
    each = rows * (recipe.max_length if recipe.packing else mean)
    look = dev * (mean - answer + WRITTEN * answer) / TRAINED
    every = max(10, 10 * math.ceil(look / (DEV_SHARE * max(1.0, each)) / 10))
    steps = math.ceil(pairs * mean / each * recipe.num_train_epochs) if recipe.max_steps <= 0 else recipe.max_steps
    return every if 2 * every <= steps else 0


def describe(made: Forecast, hourly: float = 0.0) -> str:
    """The memory plan and the cost in lines."""
    m, r = made.memory, made.recipe
    parts = ("weights", "adapter", "gradients", "optimizer", "activations", "logits", "workspace", "process")
    told = ", ".join(f"{name} {_size(getattr(m, name))}" for name in parts if getattr(m, name))
    counted = "at most, tokens not counted" if made.lengths.assumed else f"{made.padding:.0%} padding beside them"
    lines = [
        f"method {r.method}, micro-batch {r.per_device_train_batch_size} of {made.batch.length} tokens, "
        f"{r.gradient_accumulation_steps} a step, checkpointing {_on(r.gradient_checkpointing)}, packing {_on(r.packing)}",
        f"memory {_size(m.peak)} of {_size(made.device.memory)} on {made.device.name}"
        + (" while loading" if m.loading > m.step else "")
        + ("" if made.fits else f": TOO LITTLE; {advice(r)}"),
        f"  {told}",
        f"tokens {made.tokens:,} in {made.steps} steps ({counted})",
    ]
    if made.hours is None:
        lines.append("hours: not known for this device; name one with --gpu")
    else:
        lines.append(
            f"hours {made.hours:.2f} on {made.device.name} at {EFFICIENCY:.0%} of its peak (assumed), without the dev questions"
            + (f"; price {made.hours * hourly:.2f} at {hourly:.2f} an hour" if hourly else "")
        )
    return "\n".join(lines)


def advice(recipe: Recipe) -> str:
    """What to change, cheapest first, when memory is short."""
    hints = []
    size = recipe.per_device_train_batch_size
    if size == "auto" or size > 1:
        hints.append("per_device_train_batch_size=1 with more gradient_accumulation_steps")
    if not recipe.gradient_checkpointing:
        hints.append("gradient_checkpointing=true")
    if recipe.method in ("full", "dora", "lora"):
        hints.append("method=qlora")
    if recipe.method == "full":
        hints.append("optim=adamw_8bit")
    return "try " + ", ".join(hints or ["a smaller max_length, a smaller base, or a larger GPU"])


def _installed() -> bool:
    from importlib.util import find_spec

    return any(find_spec(name) for name in VARLEN)


def _on(value: Any) -> str:
    return "on" if value else "off"


def _size(count: float) -> str:
    return f"{count / GB:.1f} GB" if count >= GB else f"{count / 2**20:.0f} MB"


def lengths_of(rows: Sequence[Any]) -> Lengths:
    """Lengths of encoded pairs (`tokens.Encoded`)."""
    return Lengths(tuple(len(r.input_ids) for r in rows), tuple(sum(r.completion_mask) for r in rows))
