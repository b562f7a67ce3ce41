"""ONNX by torch.onnx.export, with a cache of keys and values, compared in onnxruntime with what it was made from.

optimum-onnx 0.1.0 wants transformers below 4.58, so it cannot be installed beside this stack; Olive's own conversion is this call.
"""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlkit.errors import MissingExtra, RunError
from sqlkit.model.onnx import MODEL, input_names, load_onnx, output_names

TOLERANCE = 1e-2  # of a logit; float32 products in another order differ by about 1e-5 on a small model
MOST = 2 * 2**30 - 2**20  # a protobuf is no larger: beyond it the weights stand in a file beside the graph


def check_tools() -> None:
    """Raises MissingExtra when a package that the export needs is not here."""
    for name in ("onnx", "onnxscript", "onnxruntime"):
        try:
            __import__(name)
        except ImportError:
            raise MissingExtra(name, "export") from None


def write_onnx(model: Any, folder: Path) -> None:
    """`model.onnx` of a float32 model on a CPU; rows, new tokens and cached tokens are free. Raises RunError when it cannot be traced."""
    import torch
    from transformers import DynamicCache

    held = model.config.get_text_config()
    layers, heads = held.num_hidden_layers, held.num_key_value_heads
    width = getattr(held, "head_dim", None) or held.hidden_size // held.num_attention_heads

    class Flat(torch.nn.Module):
        """The model with its cache as plain tensors, keys and values of each layer in turn."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: Any, attention_mask: Any, position_ids: Any, *past: Any) -> tuple[Any, ...]:
            cache = DynamicCache(config=model.config)
            for i in range(layers):
                cache.update(past[2 * i], past[2 * i + 1], i)
            made = self.model(
                input_ids=input_ids, attention_mask=attention_mask, position_ids=position_ids, past_key_values=cache, use_cache=True
            )
            return made.logits, *(part for layer in made.past_key_values.layers for part in (layer.keys, layer.values))

    rows, new, cached = 2, 5, 3
    ids = torch.ones(rows, new, dtype=torch.long)
    places = torch.arange(cached, cached + new).expand(rows, new).contiguous()
    past = [torch.randn(rows, heads, cached, width) for _ in range(2 * layers)]
    free = torch.export.Dim.DYNAMIC
    shapes = ({0: free, 1: free}, {0: free, 1: free}, {0: free, 1: free}, tuple({0: free, 2: free} for _ in past))
    size = sum(p.numel() * p.element_size() for p in model.parameters())
    try:
        with warnings.catch_warnings(), _silent():
            warnings.simplefilter("ignore")
            program = torch.onnx.export(
                Flat().eval(), (ids, torch.ones(rows, cached + new, dtype=torch.long), places, *past), dynamo=True, verbose=False,
                input_names=input_names(layers), output_names=output_names(layers), dynamic_shapes=shapes,
            )  # fmt: skip
            assert program is not None
            program.save(str(folder / MODEL), external_data=size > MOST)
    except Exception as error:  # the exporter has many, each with pages of text
        raise RunError(f"torch cannot export this model to ONNX: {type(error).__name__}: {str(error).strip().splitlines()[0][:160]}") from None


def compare_logits(model: Any, folder: Path, prompts: Sequence[Sequence[int]]) -> float:
    """The largest difference of a logit over prompts (token ids), one pass and one token on top of its cache.

    Raises RunError when it is more than `TOLERANCE`.
    """
    import torch

    other, worst = load_onnx(folder), 0.0
    with torch.inference_mode():
        for ids in prompts:
            given = torch.tensor([list(ids)])
            wanted = model(input_ids=given, use_cache=False).logits
            whole = other(input_ids=given).logits
            first = other(input_ids=given[:, :-1])
            last = other(input_ids=given[:, -1:], past_key_values=first.past_key_values).logits
            differences = [(wanted - whole).abs().max(), (wanted[:, -1:] - last).abs().max()]
            worst = max(worst, *(float(d) if d.isfinite() else float("inf") for d in differences))
    if worst > TOLERANCE:
        raise RunError(f"the logits of the ONNX model differ by {worst:.3g} from those it was made from (allowed: {TOLERANCE})")
    return worst


@contextlib.contextmanager
def _silent() -> Any:
    """The exporter prints its steps and logs what it could not register."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        logging.disable(before)
