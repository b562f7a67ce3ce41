"""Each format against what it was made from, and what is refused before anything is written."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sqlkit.errors import InputError, RunError, SqlkitError
from sqlkit.model.huggingface import HuggingFaceModel, chat_text, load_model, load_tokenizer
from sqlkit.model.merge import merge
from sqlkit.prompt import SYSTEM
from sqlkit.records import Prompt
from sqlkit.train.export import Wanted, write

pytestmark = pytest.mark.slow  # models are trained, merged and run

PROMPT = Prompt(SYSTEM, "cust: cust_id number key; city text\nquestion: how many customers are there?")


@pytest.fixture(scope="module")
def adapter(base: Path, adapted: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return adapted(tmp_path_factory.mktemp("run") / "adapter", base=str(base), size=0.05)


def logits(model: Any, ids: Any) -> Any:
    import torch

    with torch.inference_mode():
        return model(ids).logits.float()


def export(adapter: Path, folder: Path, to: str, **settings: Any) -> dict[str, Any]:
    folder.mkdir()
    return write(adapter, folder, Wanted(to, **settings), "shop")


@pytest.mark.parametrize("onto", ["dequantised", "base"])
def test_merging_gives_the_function_on_the_base_that_was_asked_for(onto: Any, base: Path, adapter: Path) -> None:
    """On the dequantised base exactly what sqlkit serves; on the 16-bit base what PEFT gives there; the two differ."""
    import torch
    from peft import PeftModel

    from sqlkit.model.huggingface import load_weights

    merged, tokenizer = merge(str(base), adapter, onto)
    ids = torch.tensor(HuggingFaceModel(None, tokenizer).encode([PROMPT]))
    served: Any = load_model(str(base), adapter)
    beside = PeftModel.from_pretrained(load_weights(str(base), nf4=False), str(adapter)).eval()
    wanted, other = (logits(served.model, ids), logits(beside, ids)) if onto == "dequantised" else (logits(beside, ids), logits(served.model, ids))
    assert torch.allclose(logits(merged, ids), wanted, atol=1e-4)
    assert (logits(merged, ids) - other).abs().max() > 10 * (logits(merged, ids) - wanted).abs().max()


@pytest.mark.parametrize(("method", "precision", "off"), [("qlora", "float32", 1e-4), ("dora", "float32", 1e-4), ("qlora", "bfloat16", 0.1)])
def test_plain_transformers_loads_the_merged_folder(
    method: str, precision: str, off: float, base: Path, adapted: Callable[..., Path], tmp_path: Path
) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    made = adapted(tmp_path / "adapter", base=str(base), method=method, size=0.05)
    told = export(made, tmp_path / "out", "merged", precision=precision)
    assert told == {"onto": "dequantised" if method == "qlora" else "base", "precision": precision}
    config = json.loads((tmp_path / "out" / "config.json").read_text())
    assert "quantization_config" not in config and config["dtype"] == precision and config["use_cache"]
    plain = AutoModelForCausalLM.from_pretrained(tmp_path / "out", dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "out")
    alone: Any = load_model(str(base), made)
    ids = torch.tensor(alone.encode([PROMPT]))
    assert tokenizer(chat_text(tokenizer, PROMPT), add_special_tokens=False)["input_ids"] == ids[0].tolist()
    assert (logits(plain, ids) - logits(alone.model, ids)).abs().max() < off
    assert load_model(str(base), tmp_path / "out").generate([PROMPT], max_new_tokens=4)


def test_vllm_gets_the_merged_model_the_lora_and_how_to_launch(base: Path, adapter: Path, adapted: Callable[..., Path], tmp_path: Path) -> None:
    told = export(adapter, tmp_path / "out", "vllm")
    readme = (tmp_path / "out" / "README.md").read_text()
    assert told["lora"] and {p.name for p in (tmp_path / "out" / "lora").iterdir()} == {"adapter_config.json", "adapter_model.safetensors"}
    assert "vllm serve ." in readme and f"vllm serve {base} --enable-lora --lora-modules shop=./lora --max-lora-rank 8" in readme
    dora = adapted(tmp_path / "dora", base=str(base), method="dora")
    assert not export(dora, tmp_path / "other", "vllm")["lora"]  # vLLM has no DoRA
    assert "--enable-lora" not in (tmp_path / "other" / "README.md").read_text()


def test_onnx_gives_the_same_logits_and_answers(base: Path, adapter: Path, tmp_path: Path) -> None:
    """Left-padded rows of different length, a cache, samples: the same answers as torch gives."""
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed: pip install 'sqlkit[export]'")
    pytest.importorskip("onnxscript", reason="onnxscript is not installed: pip install 'sqlkit[export]'")
    from sqlkit.train.export import onnx

    told = export(adapter, tmp_path / "out", "onnx")
    assert told["largest_logit_difference"] < 1e-3
    prompts = [PROMPT, Prompt(SYSTEM, "t: a number\nquestion: how many?")]
    alone, exported = load_model(str(base), adapter), load_model(str(base), tmp_path / "out")
    for settings in ({}, {"samples": 2}):
        wanted, found = (model.generate(prompts, max_new_tokens=10, **settings) for model in (alone, exported))  # type: ignore[arg-type]
        assert [(g.text, g.others, g.tokens) for g in found] == [(g.text, g.others, g.tokens) for g in wanted]
        assert [g.refuse_probability for g in found] == pytest.approx([g.refuse_probability for g in wanted], rel=1e-3)
    other, _ = merge(str(base), adapter, "base")
    with pytest.raises(RunError, match="logits of the ONNX model differ"):
        onnx.compare_logits(other, tmp_path / "out", HuggingFaceModel(None, load_tokenizer(str(base))).encode(prompts))


BAD: list[tuple[dict[str, Any], str]] = [
    ({"to": "tflite"}, "unknown --to 'tflite': one of merged, gguf, ollama, onnx, vllm"),
    ({"to": "merged", "onto": "nf4"}, "unknown --onto 'nf4'"),
    ({"to": "merged", "precision": "q8_0"}, "has no --precision 'q8_0': one of float32, bfloat16, float16"),
    ({"to": "onnx", "precision": "float16"}, "has no --precision 'float16': one of float32"),
    ({"to": "gguf", "converter": "/nowhere"}, "there is no converter at /nowhere"),
    ({"to": "gguf"}, "is not here: get llama.cpp's source"),
]


@pytest.mark.parametrize(("wanted", "said"), BAD)
def test_what_cannot_be_written_is_one_line_before_anything_loads(
    wanted: dict[str, Any], said: str, adapter: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if wanted["to"] == "gguf":
        pytest.importorskip("gguf", reason="gguf is not installed: pip install 'sqlkit[export]'")
    monkeypatch.delenv("LLAMA_CPP", raising=False)
    monkeypatch.setenv("PATH", os.defpath)
    with pytest.raises(SqlkitError) as caught:
        Wanted(**wanted).check(adapter)
    assert said in str(caught.value) and "\n" not in str(caught.value)


def test_dequantised_is_refused_for_what_was_trained_on_16_bit(base: Path, adapted: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="for QLoRA adapters"):
        Wanted("merged", "dequantised").check(adapted(tmp_path / "lora", base=str(base), method="lora"))
