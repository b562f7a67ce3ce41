"""Shared by all tests: offline, one thread, and the embedded company made once."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ.setdefault("OMP_NUM_THREADS", "2")
os.environ["TOKENIZERS_PARALLELISM"] = "false"


@pytest.fixture(scope="session")
def retail(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The embedded company's database."""
    from sqlkit.data import company

    return company.database(tmp_path_factory.mktemp("retail") / "retail.duckdb")


@pytest.fixture
def in_folder(tmp_path: Path) -> Iterator[Path]:
    """A fresh working directory."""
    before = Path.cwd()
    os.chdir(tmp_path)
    yield tmp_path
    os.chdir(before)


@pytest.fixture(scope="session")
def adapted(retail: Path) -> Callable[..., Path]:
    """Make an adapter without training: a small random change of a base, with all papers. B is normal with a deviation of `size`."""

    def make(folder: Path, *, base: str = "embedded", method: str = "qlora", seed: int = 0, size: float = 0.002,
             examples: Sequence[Any] = (), **recipe: Any) -> Path:  # fmt: skip
        import torch
        from peft import LoraConfig, get_peft_model

        from sqlkit.data import company
        from sqlkit.embedded import resolve_base
        from sqlkit.model.adapter import MANIFEST, Manifest, base_hashes
        from sqlkit.model.huggingface import load_tokenizer, load_weights
        from sqlkit.prompt import Context, fingerprint
        from sqlkit.records import write_jsonl

        torch.manual_seed(seed)
        path = resolve_base(base)
        config = LoraConfig(r=4, lora_alpha=8, target_modules="all-linear", task_type="CAUSAL_LM", use_dora=method == "dora")
        model = get_peft_model(load_weights(path, nf4=method == "qlora"), config)
        for name, weight in model.named_parameters():
            if "lora_B" in name:
                torch.nn.init.normal_(weight, std=size)
        model.save_pretrained(folder)
        tokenizer = load_tokenizer(path)
        tokenizer.save_pretrained(folder)
        Context.load(retail, company.glossary()).save(folder)
        write_jsonl(folder / "examples.jsonl", examples)
        manifest = Manifest(
            base=base, method=method, prompt_fingerprint=fingerprint(), refuse_threshold=1.0, data_sha256="0" * 16,
            recipe={"max_new_tokens": 40, "constrained": True, "scoped": True, "samples": 0, **recipe}, **base_hashes(path, tokenizer),
        )
        (folder / MANIFEST).write_text(manifest.model_dump_json())
        return folder

    return make


@pytest.fixture
def loopback(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A server on this machine that speaks OpenAI's API; its class is in loopback.py."""
    spec = importlib.util.spec_from_file_location("loopback", Path(__file__).with_name("loopback.py"))
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["loopback"] = module
    spec.loader.exec_module(module)
    monkeypatch.setenv("OPENAI_API_KEY", "key-o")
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "key-a")
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    server = module.Loopback()
    server.Fault = module.Fault
    yield server
    server.close()
