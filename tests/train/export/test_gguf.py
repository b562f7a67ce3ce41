"""GGUF files read back: what is right passes in every type, what is wrong is named; the converter's failures are one line."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from sqlkit.errors import RunError

gguf = pytest.importorskip("gguf", reason="gguf is not installed: pip install 'sqlkit[export]'")
pytest.importorskip("sentencepiece", reason="sentencepiece is not installed: pip install 'sqlkit[export]'")


@pytest.fixture(scope="module")
def model(base: Path) -> Any:
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(base)


@pytest.fixture(scope="module")
def tokenizer(base: Path) -> Any:
    from sqlkit.model.huggingface import load_tokenizer

    return load_tokenizer(str(base))


def write(path: Path, model: Any, tokenizer: Any, kind: str, spoil: str = "") -> Path:
    """A file as the converter lays it out: rows of q and k of each head interleaved, no output matrix where it is tied."""
    import numpy as np

    config = model.config
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_block_count(config.num_hidden_layers)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_eos_token_id(3 if spoil == "stop" else tokenizer.eos_token_id)
    writer.add_chat_template("{{ messages }}" if spoil == "template" else tokenizer.chat_template)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, config.num_hidden_layers)
    for name, weight in model.state_dict().items():
        theirs = names.get_name(name, try_suffixes=(".weight",))
        if theirs == "output.weight" or (spoil == "missing" and theirs == "blk.1.ffn_up.weight"):
            continue
        values = weight.float().numpy()
        if theirs.endswith(("attn_q.weight", "attn_k.weight")) and spoil != "order":
            values = values.reshape(config.num_attention_heads, 2, -1, values.shape[1]).swapaxes(1, 2).reshape(values.shape)
        if spoil == "order" and theirs.endswith("attn_k.weight"):
            values = values[::-1]
        if spoil == "value" and theirs == "blk.1.ffn_down.weight":
            values = values.copy()
            values[3, 5] += 0.01
        quantised = gguf.GGMLQuantizationType[kind] if values.ndim > 1 else gguf.GGMLQuantizationType.F32
        writer.add_tensor(theirs, gguf.quants.quantize(np.ascontiguousarray(values), quantised), raw_dtype=quantised)
    if spoil == "extra":
        writer.add_tensor("blk.0.adapter", np.ones((4, 4), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.mark.parametrize(("kind", "worst"), [("F32", 0.0), ("F16", 1e-3), ("BF16", 1e-2), ("Q8_0", 1e-2)])
def test_every_type_that_the_converter_writes_is_read_back(kind: str, worst: float, model: Any, tokenizer: Any, tmp_path: Path) -> None:
    from sqlkit.train.export.gguf import verify

    found = verify(write(tmp_path / "m.gguf", model, tokenizer, kind), model.state_dict(), tokenizer)
    assert found["tensors"] == 1 + 2 * 9 + 1 and found["worst"] <= worst and found["architecture"] == "llama"


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        ("value", "blk.1.ffn_down.weight is off by up to 0.01"),
        ("order", "attn_k.weight is off"),
        ("missing", "lacks blk.1.ffn_up.weight"),
        ("extra", "holds blk.0.adapter, which the merged model has not"),
        ("stop", "stops at token 3, the adapter was trained to stop at 1"),
        ("template", "another chat template"),
    ],
)
def test_what_is_wrong_with_a_file_is_named(spoil: str, said: str, model: Any, tokenizer: Any, tmp_path: Path) -> None:
    from sqlkit.train.export.gguf import verify

    with pytest.raises(RunError, match=said):
        verify(write(tmp_path / "m.gguf", model, tokenizer, "Q8_0", spoil), model.state_dict(), tokenizer)


def test_a_cut_file_is_named(model: Any, tokenizer: Any, tmp_path: Path) -> None:
    from sqlkit.train.export.gguf import verify

    path = write(tmp_path / "m.gguf", model, tokenizer, "F16")
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(RunError, match="cannot be read back"):
        verify(path, model.state_dict(), tokenizer)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("raise NotImplementedError('BPE pre-tokenizer was not recognized - update get_vocab_base_pre()')", "does not know this base's tokenizer"),
        ("import nothing_of_that_name", r"failed \(1\): ModuleNotFoundError: No module named 'nothing_of_that_name'"),
        ("import sys; sys.exit('unrecognized arguments: --outtype')", "another version of llama.cpp may fit"),
        ("pass", r"failed \(0\): it said nothing"),
    ],
)
def test_a_converter_that_fails_is_one_line(script: str, said: str, tmp_path: Path) -> None:
    from sqlkit.train.export.gguf import SCRIPT, convert, find_converter

    (tmp_path / SCRIPT).write_text(script)
    with pytest.raises(RunError, match=said) as caught:
        convert(find_converter(str(tmp_path)), tmp_path, tmp_path / "m.gguf", "f16")
    assert "\n" not in str(caught.value)


def sentencepiece_base(folder: Path) -> Path:
    """A random model with a byte-fallback BPE, a kind of tokenizer that llama.cpp knows."""
    import json

    import torch
    from tokenizers import Tokenizer, decoders, models, normalizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    from sqlkit.data import company

    made = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    made.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    made.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    first = ["<unk>", "<s>", "</s>", *(f"<0x{i:02X}>" for i in range(256))]
    texts = [f"{e.question} {e.sql}" for e in company.questions("train")]
    made.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=600, special_tokens=first, show_progress=False))
    held = json.loads(made.to_str())
    held["added_tokens"] = held["added_tokens"][:3]
    template = "{{ bos_token }}{% for m in messages %}[{{ m['role'] }}] {{ m['content'] }}\n{% endfor %}{% if add_generation_prompt %}[answer] {% endif %}"
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(json.dumps(held)), unk_token="<unk>", bos_token="<s>", eos_token="</s>", pad_token="<unk>", chat_template=template,
    )
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=64, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, intermediate_size=128,
        pad_token_id=0, eos_token_id=2, bos_token_id=1, tie_word_embeddings=False,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.mark.skipif(not os.environ.get("LLAMA_CPP"), reason="llama.cpp's converter is not here: set LLAMA_CPP to its source folder")
@pytest.mark.parametrize("precision", ["f16", "q8_0"])
def test_llama_cpps_own_converter_end_to_end(precision: str, adapted: Any, tmp_path: Path) -> None:
    """Converted, verified, loaded again by transformers from the GGUF alone: nearly the adapter's logits; a Modelfile beside it."""
    import torch

    from sqlkit.model.huggingface import load_model
    from sqlkit.prompt import SYSTEM
    from sqlkit.records import Prompt
    from sqlkit.train.export import Wanted
    from sqlkit.train.export import write as write_format

    base = str(sentencepiece_base(tmp_path / "base"))
    adapter = adapted(tmp_path / "adapter", base=base, size=0.05)
    (tmp_path / "out").mkdir()
    told = write_format(adapter, tmp_path / "out", Wanted("ollama", precision=precision), "shop")
    assert told["verified"]["tensors"] == 21 and told["adds_bos"]
    alone, exported = (load_model(base, folder) for folder in (adapter, tmp_path / "out"))
    ids = torch.tensor(alone.encode([Prompt(SYSTEM, "question: how many?")]))  # type: ignore[attr-defined]
    with torch.inference_mode():
        wanted, found = (model.model(ids).logits for model in (alone, exported))  # type: ignore[attr-defined]
    assert (wanted - found).abs().max() < (0.01 if precision == "f16" else 0.1)
    text = (tmp_path / "out" / "Modelfile").read_text()
    assert text.startswith("FROM ./model.gguf\n") and 'TEMPLATE """[system] {{ .System }}\n[user] {{ .Prompt }}\n[answer] {{ .Response }}"""' in text
