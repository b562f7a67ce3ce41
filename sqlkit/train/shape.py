"""A causal model's sizes, read from its config.json: what a memory plan needs, without weights and without torch."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from sqlkit.errors import InputError
from sqlkit.recipe import FOLDER


@dataclasses.dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of a dense decoder: Llama, Qwen 2 and 3, Mistral, Phi 3 and 4, Gemma. `bias` counts the projections' biases."""

    hidden: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    intermediate: int
    vocabulary: int
    tied: bool
    bias: int = 0

    @property
    def query(self) -> int:
        """Width of all query heads together."""
        return self.heads * self.head_dim

    @property
    def key(self) -> int:
        """Width of all key heads together, which is that of the values."""
        return self.kv_heads * self.head_dim

    @property
    def projections(self) -> tuple[tuple[int, int], ...]:
        """(in, out) of each linear map of a layer: q, k, v, o, gate, up, down."""
        h, q, k, m = self.hidden, self.query, self.key, self.intermediate
        return ((h, q), (h, k), (h, k), (q, h), (h, m), (h, m), (m, h))

    @property
    def linear(self) -> int:
        """Weights in the linear maps of all layers: what NF4 packs and what a token is multiplied with."""
        return self.layers * sum(a * b for a, b in self.projections)

    @property
    def embedding(self) -> int:
        """Weights of the embedding and, when it is not tied to it, of the head."""
        return self.vocabulary * self.hidden * (1 if self.tied else 2)

    @property
    def parameters(self) -> int:
        """All weights; a few thousand more or less where a family has norms of its own."""
        return self.linear + self.embedding + (2 * self.layers + 1) * self.hidden + self.layers * self.bias

    def adapter(self, rank: int, *, dora: bool = False) -> int:
        """Weights of a LoRA of this rank on all linear maps; DoRA adds a magnitude for each output."""
        return self.layers * sum(rank * (a + b) + (b if dora else 0) for a, b in self.projections)


def shape_of(config: dict[str, Any]) -> Shape:
    """The sizes in a config.json. Raises InputError for a mixture of experts or what is no decoder of this kind."""
    if any("expert" in key for key in config):
        raise InputError(f"no memory plan for a mixture of experts ({config.get('model_type')}); give method and batch sizes yourself")
    try:
        heads, hidden = int(config["num_attention_heads"]), int(config["hidden_size"])
        kv = int(config.get("num_key_value_heads") or heads)
        head = int(config.get("head_dim") or hidden // heads)
        biased = bool(config.get("attention_bias")) or config.get("model_type") == "qwen2"
        return Shape(
            hidden, int(config["num_hidden_layers"]), heads, kv, head, int(config["intermediate_size"]), int(config["vocab_size"]),
            bool(config.get("tie_word_embeddings", config.get("model_type") in ("gemma", "gemma2"))), (heads + 2 * kv) * head if biased else 0,
        )
    except KeyError as error:
        raise InputError(f"no memory plan: the base's config.json has no {error.args[0]}") from None


def read_shape(base: str) -> Shape:
    """The sizes of a base: a folder, a base of a shipped recipe, or one that the hub's cache holds.

    Nothing is downloaded. Raises InputError when the sizes cannot be known without.
    """
    if Path(base).is_dir():
        path = Path(base) / "config.json"
        try:
            return shape_of(json.loads(path.read_text(encoding="utf-8")))
        except OSError as error:
            raise InputError(f"cannot read {path}: {error.strerror or error}") from None
        except ValueError as error:
            raise InputError(f"{path} is not JSON: {error}") from None
    known = json.loads((FOLDER / "shapes.json").read_text(encoding="utf-8"))
    if base in known:
        return shape_of(known[base])
    try:
        from huggingface_hub import try_to_load_from_cache

        cached = try_to_load_from_cache(base, "config.json")
    except (ImportError, ValueError):
        cached = None
    if isinstance(cached, str):
        return shape_of(json.loads(Path(cached).read_text(encoding="utf-8")))
    raise InputError(f"no memory plan: the sizes of {base} are not known until its config.json has been downloaded")
