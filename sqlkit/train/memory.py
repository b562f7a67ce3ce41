"""The memory plan: bytes of a training step, by arithmetic over the base's sizes. No weights, no torch.

The activations are counted, not guessed: what autograd keeps for a layer of a Llama with a LoRA on each linear map was listed
with `torch.autograd.graph.saved_tensors_hooks`, and a test compares this arithmetic with that list. Letters below: h hidden,
q and k widths of queries and keys, m intermediate, r rank, n heads.
"""

from __future__ import annotations

import dataclasses
from typing import Literal

from sqlkit.train.shape import Shape

Method = Literal["qlora", "lora", "dora", "full"]
# NF4: half a byte, an 8-bit scale for 64 weights, and a 32-bit scale for 256 of those (Dettmers et al. 2023, section 3)
NF4_BYTES = 0.5 + 1 / 64 + 4 / (64 * 256)
# what Python, torch, transformers, trl, peft, bitsandbytes and datasets take before a model is there (measured), and CUDA's context
PROCESS = {"cpu": 620 * 2**20, "cuda": 600 * 2**20}
# glibc's aligned allocations cannot reuse a hole of their own size: what is kept takes this much more room (measured: 1.6 to 1.8),
# except above 32 MB, where every allocation is a mapping of its own
HEAP, MAPPED = 1.7, 32 * 2**20
# and a checkpoint between two layers keeps half of the holes that the first one left from being used by the second (measured)
PINNED = 0.5
# bytes that come and go within a layer's two passes, in units of the widest value: on a CPU measured, on a GPU by counting
COME_AND_GO = {"cpu": 8, "cuda": 2}


@dataclasses.dataclass(frozen=True, slots=True)
class Batch:
    """A micro-batch at its worst: rows as long as the longest, padded to it, `labels` of each of which the loss is taken."""

    rows: int
    length: int
    labels: int

    @property
    def tokens(self) -> int:
        return self.rows * self.length


@dataclasses.dataclass(frozen=True, slots=True)
class Memory:
    """Bytes at the peak of a step. `loading` is the peak while the weights are read, on a CPU the file's pages with them."""

    weights: int
    adapter: int
    gradients: int
    optimizer: int
    activations: int
    logits: int
    workspace: int
    process: int
    loading: int

    @property
    def step(self) -> int:
        return (
            self.weights + self.adapter + self.gradients + self.optimizer + self.activations + self.logits + self.workspace + self.process
        )

    @property
    def peak(self) -> int:
        return max(self.step, self.loading)


def memory(
    shape: Shape, method: Method, batch: Batch, *, rank: int, optim: str, checkpointing: bool, bf16: bool, cuda: bool, process: int | None = None,
) -> Memory:
    """The peak of a step of `batch`. bf16: products in bfloat16; the base's frozen weights then are bfloat16 too, on a GPU always.

    process: bytes of the process before anything is loaded; a measured one is better than the constant.
    """
    base = 2 if (cuda or bf16) and method != "full" else 4  # a tuned weight is float32, so that Adam's small steps are not rounded away
    dense = shape.parameters - shape.linear
    weights = round(dense * base + shape.linear * (NF4_BYTES if method == "qlora" else base))
    trained = shape.parameters if method == "full" else shape.adapter(rank, dora=method == "dora")
    layer = layer_bytes(shape, method, rank=rank, bf16=bf16, base=base)
    tokens = batch.tokens
    kept = shape.hidden * base  # a checkpoint keeps a layer's input
    activations = shape.layers * kept * tokens + layer * tokens if checkpointing else shape.layers * layer * tokens
    wide = 2 if bf16 else 4
    if not cuda:
        large = tokens * shape.intermediate * wide > MAPPED
        share = 4 * shape.intermediate * wide / layer if large else 0.0
        pinned = PINNED * shape.layers * layer * tokens * (1 - share) if checkpointing else 0.0
        activations = round(activations * (HEAP * (1 - share) + share) + pinned)
    activations += _copies(shape, method, rank=rank, bf16=bf16, base=base)
    # logits and their log-softmax in float32, and the product itself in bfloat16
    logits = batch.rows * batch.labels * shape.vocabulary * (10 if bf16 else 8)
    largest = max(a * b for a, b in shape.projections)
    # beside the widest values one unpacked weight, or DoRA's product, norm and unit matrix
    workspace = COME_AND_GO["cuda" if cuda else "cpu"] * tokens * shape.intermediate * wide
    if method == "qlora":
        workspace += largest * wide
    if method == "dora":
        workspace += (3 * largest + shape.intermediate**2) * 4
    own = PROCESS["cuda" if cuda else "cpu"] if process is None else process
    return Memory(
        weights=weights, adapter=0 if method == "full" else trained * 4, gradients=trained * 4, optimizer=round(trained * optimizer_bytes(optim)),
        activations=round(activations), logits=logits, workspace=workspace, process=own,
        loading=own + weights + (0 if cuda else shape.parameters * 2),
    )


def layer_bytes(shape: Shape, method: Method, *, rank: int, bf16: bool, base: int) -> int:
    """Bytes that autograd keeps of one token in one layer, without checkpointing."""
    h, q, k, m, n, r = shape.hidden, shape.query, shape.key, shape.intermediate, shape.heads, rank
    if method == "full":
        return 26 * h + 4 * q + 4 * k + 8 * m + 4 * n + 8 if bf16 else 4 * (6 * h + 2 * q + 2 * k + 4 * m + n + 2)
    if method == "dora":
        if bf16:
            return 26 * h + 10 * q + 12 * k + 16 * m + 14 * r + 4 * n + 8
        return 4 * (8 * h + 4 * q + 6 * k + 8 * m + 7 * r + n + 2)
    if not bf16:
        return 4 * (4 * h + 2 * q + 2 * k + 4 * m + 7 * r + n + 2)
    # the two norms keep float32; five inputs of adapters are cast one by one
    wide = 4 if method == "qlora" and base == 4 else 2  # bitsandbytes computes in the dtype of its weights
    return 18 * h + 6 * q + 4 * k + (3 * wide + 2) * m + 14 * r + 4 * n + 8


def _copies(shape: Shape, method: Method, *, rank: int, bf16: bool, base: int) -> int:
    """Bytes of the bfloat16 copies of float32 weights that autocast keeps for the way back."""
    if not bf16:
        return 0
    copies = 0 if method == "full" else 2 * shape.adapter(rank)
    return copies + (2 * shape.linear if base == 4 and method != "qlora" else 0)


def optimizer_bytes(optim: str) -> float:
    """Bytes of state for each trained weight, by the name that transformers gives the optimizer."""
    if "sgd" in optim or "adafactor" in optim:
        return 0.1
    states = 1 if any(name in optim for name in ("lion", "rmsprop", "adagrad")) else 2
    return states * (1.02 if "8bit" in optim else 4)
