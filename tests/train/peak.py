"""Run by test_memory in a process of its own: two real steps on a random model, then its peak memory beside the forecast."""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path


def main(folder: str, method: str, size: str, checkpointing: str) -> None:
    import torch
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    from sqlkit.embedded import folder as shipped
    from sqlkit.model.huggingface import load_weights
    from sqlkit.recipe import Recipe
    from sqlkit.train.forecast import device, forecast, lengths_of
    from sqlkit.train.sft import _trainer
    from sqlkit.train.shape import read_shape
    from sqlkit.train.tokens import Encoded

    hidden, layers, vocabulary, rows, length = map(int, size.split(","))
    tokenizer = AutoTokenizer.from_pretrained(shipped("base"))
    config = LlamaConfig(
        vocab_size=vocabulary, hidden_size=hidden, num_hidden_layers=layers, num_attention_heads=hidden // 64, num_key_value_heads=hidden // 128,
        intermediate_size=hidden * 3, pad_token_id=0, eos_token_id=1, bos_token_id=None, tie_word_embeddings=True,
    )
    base = Path(folder) / "base"
    if not base.exists():
        torch.manual_seed(0)
        LlamaForCausalLM(config).to(torch.bfloat16).save_pretrained(base)
        return
    recipe = Recipe(
        base_model=str(base), method=method, lora_r=16, lora_alpha=16, per_device_train_batch_size=rows, gradient_accumulation_steps=1, max_steps=2,
        bf16=False, gradient_checkpointing=checkpointing == "on", report_to="none", max_length=length, save_steps=99,
    )
    labels = length // 10
    made = [Encoded(str(i), [5 + i] * length, [0] * (length - labels) + [1] * labels) for i in range(2 * rows)]
    plan = forecast(recipe, read_shape(str(base)), lengths_of(made), device())
    model = load_weights(str(base), nf4=method == "qlora")
    model.config.use_cache = False
    _trainer(recipe, model, tokenizer, made, Path(folder) / method, []).train()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"forecast": plan.memory.peak, "peak": peak, "process": plan.memory.process, "step": plan.memory.step, "loading": plan.memory.loading}))


if __name__ == "__main__":
    main(*sys.argv[1:])
