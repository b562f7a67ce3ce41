"""An ONNX model with a cache of keys and values, run by onnxruntime on a CPU and seen by transformers as any causal model.

The names of inputs and outputs are those of optimum: input_ids, attention_mask, position_ids, past_key_values.N.key and .value in;
logits, present.N.key and .value out.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlkit.errors import InputError, MissingExtra

MODEL = "model.onnx"


def input_names(layers: int) -> list[str]:
    return ["input_ids", "attention_mask", "position_ids", *(f"past_key_values.{i}.{part}" for i in range(layers) for part in ("key", "value"))]


def output_names(layers: int) -> list[str]:
    return ["logits", *(f"present.{i}.{part}" for i in range(layers) for part in ("key", "value"))]


def load_onnx(folder: str | Path) -> Any:
    """A model that `HuggingFaceModel` generates with. Raises InputError when the file cannot be run, MissingExtra."""
    try:
        import onnxruntime
    except ImportError:
        raise MissingExtra("onnxruntime", "export") from None
    import torch
    from transformers import AutoConfig, DynamicCache, GenerationConfig, GenerationMixin, PreTrainedModel
    from transformers.modeling_outputs import CausalLMOutputWithPast

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.log_severity_level = 3
    try:
        config = AutoConfig.from_pretrained(folder)
        session = onnxruntime.InferenceSession(str(Path(folder) / MODEL), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime has an error class for each status
        raise InputError(f"cannot run {Path(folder) / MODEL}: {str(error).splitlines()[0][:200]}") from None
    held = config.get_text_config()
    layers, heads = held.num_hidden_layers, held.num_key_value_heads
    width = getattr(held, "head_dim", None) or held.hidden_size // held.num_attention_heads
    names = input_names(layers)

    class OnnxCausalLM(PreTrainedModel, GenerationMixin):  # type: ignore[misc]
        main_input_name = "input_ids"
        device = torch.device("cpu")
        dtype = torch.float32

        def forward(
            self, input_ids: Any, attention_mask: Any = None, position_ids: Any = None, past_key_values: Any = None, logits_to_keep: int = 0,
            **_: Any,
        ) -> Any:
            """input_ids (rows, new tokens), attention_mask (rows, cached and new tokens); logits (rows, kept tokens, vocabulary)."""
            cache = past_key_values if past_key_values is not None else DynamicCache(config=config)
            rows, new = input_ids.shape
            past = cache.get_seq_length()
            mask = attention_mask if attention_mask is not None else torch.ones(rows, past + new, dtype=torch.long)
            places = position_ids if position_ids is not None else (mask.cumsum(-1) - 1).clamp(min=0)[:, -new:]
            empty = torch.zeros(rows, heads, 0, width)
            before = [part for layer in cache.layers[:layers] for part in (layer.keys, layer.values)] if past else [empty] * (2 * layers)
            given = [input_ids, mask, places.expand(rows, -1), *before]
            made = session.run(None, {name: value.contiguous().numpy() for name, value in zip(names, given, strict=True)})
            logits, *present = (torch.from_numpy(part) for part in made)
            for i in range(layers):
                cache.update(present[2 * i][:, :, past:], present[2 * i + 1][:, :, past:], i)
            return CausalLMOutputWithPast(logits=logits[:, -logits_to_keep:] if logits_to_keep else logits, past_key_values=cache)

    model = OnnxCausalLM(config)
    try:
        model.generation_config = GenerationConfig.from_pretrained(folder)
    except OSError:
        model.generation_config = GenerationConfig.from_model_config(config)
    return model
