"""Shared by the tests of training: pairs of the embedded company, and a random base of two small layers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sqlkit.data import company
from sqlkit.data.build import build
from sqlkit.embedded import folder
from sqlkit.prompt import Context
from sqlkit.recipe import Recipe
from sqlkit.records import Prediction


@pytest.fixture(scope="session")
def pairs(retail: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("pairs")
    build(out, database=retail, glossary=company.glossary(), pairs=24, seed=1)
    return out


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random model of two small layers with the embedded base's tokenizer."""
    import torch
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    out = tmp_path_factory.mktemp("base")
    tokenizer = AutoTokenizer.from_pretrained(folder("base"))
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=64, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=2, intermediate_size=128,
        pad_token_id=tokenizer.pad_token_id, eos_token_id=tokenizer.eos_token_id, bos_token_id=None, tie_word_embeddings=True,
    )
    LlamaForCausalLM(config).save_pretrained(out)
    tokenizer.save_pretrained(out)
    return out


@pytest.fixture
def recipe(base: Path) -> Callable[..., Recipe]:
    """A recipe of four steps on the random base, with changes."""

    def make(**changes: Any) -> Recipe:
        settings = dict(
            base_model=str(base), lora_r=4, lora_alpha=8, max_steps=4, per_device_train_batch_size=4, gradient_accumulation_steps=1, save_steps=2,
            eval_steps=0, logging_steps=1, report_to="none", max_new_tokens=8, learning_rate=1e-3, warmup_steps=0,
        )
        return Recipe.of(settings | changes)

    return make


@pytest.fixture
def run(pairs: Path, retail: Path) -> Callable[..., Path]:
    """Train a recipe in a folder, with a judge that likes every step the same; gives the adapter's folder."""

    def judge(predictions: Any) -> float:
        assert all(isinstance(p, Prediction) for p in predictions)
        return 0.5

    def train(made: Recipe, out: Path, quiet: bool = True) -> Path:
        from sqlkit.train.sft import train

        dev = company.questions("dev")[:4]
        return train(made, pairs / "pairs.jsonl", dev, Context.load(retail, company.glossary()), out, judge=judge, quiet=quiet)

    return train
