"""A transformers model with or without an adapter: batched, left-padded generation, greedy and sampled."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlkit.embedded import amiss, resolve_base
from sqlkit.errors import InputError, MissingExtra
from sqlkit.model.adapter import check_adapter
from sqlkit.model.types import TEMPERATURE, Generation, Grammar, Kept, Model, Progress
from sqlkit.records import Prompt
from sqlkit.sql.extract import REFUSAL

WHOLE = ("full", "gguf", "onnx")  # methods whose folder holds a whole model
GGUF = "model.gguf"


def load_model(
    base: str = "embedded", adapter: str | Path | None = None, *, quantize: str = "auto", device: str = "auto"
) -> Model:
    """Load a base ('embedded', a folder, a hub id, or 'http://host/v1#model') and, if given, an adapter trained on it.

    quantize: 'nf4', 'none', or 'auto' (as the adapter was trained; none without one). Raises InputError when the base
    cannot be loaded, AdapterError when the adapter belongs to another base, prompt or tokenizer.
    """
    if base.startswith(("http://", "https://")):
        from sqlkit.model.openai_compatible import OpenAICompatibleModel

        return OpenAICompatibleModel(base)
    path = resolve_base(base)
    tokenizer = load_tokenizer(path)
    method = ""
    if adapter is not None:
        method = check_adapter(adapter, path, tokenizer).method
    nf4 = quantize == "nf4" or (quantize == "auto" and method == "qlora")
    if method in WHOLE:
        return HuggingFaceModel(load_whole(str(adapter), method, nf4=nf4, device=device).eval(), tokenizer)
    model = load_weights(path, nf4=nf4, device=device)
    if adapter is not None:
        from peft import PeftModel

        if nf4 and model.device.type == "cpu":
            dequantise(model)
        model = PeftModel.from_pretrained(model, str(adapter)).eval()
        if model.device.type == "cpu":
            model = model.merge_and_unload()
    return HuggingFaceModel(model.eval(), tokenizer)


def load_whole(folder: str, method: str, *, nf4: bool = False, device: str = "auto") -> Any:
    """A whole model in a folder: of full tuning or merged, in GGUF (its weights unpacked), or in ONNX (on a CPU). Raises InputError."""
    if method == "onnx":
        from sqlkit.model.onnx import load_onnx

        return load_onnx(folder)
    return load_weights(folder, nf4=nf4, device=device, gguf=GGUF if method == "gguf" else None)


def load_tokenizer(base: str) -> Any:
    """The tokenizer of a base; it must have a chat template and a stop token. Raises InputError otherwise."""
    try:
        from transformers import AutoTokenizer
    except ImportError:
        raise MissingExtra("transformers", "train") from None
    try:
        tokenizer = AutoTokenizer.from_pretrained(base)
    except (OSError, ValueError) as error:
        raise InputError(_unloadable("the tokenizer of", base, error)) from None
    if not tokenizer.chat_template:
        raise InputError(f"the tokenizer of {base} has no chat template; use the instruct version of the model")
    tokenizer.padding_side = "left"
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def _unloadable(what: str, base: str, error: Exception) -> str:
    """Why a base cannot be loaded, and what to do."""
    if reason := amiss(base):
        return reason
    said = f"cannot load {what} {base}: {str(error).splitlines()[0][:200]}"
    if "gated" in said.lower():
        return f"{said}; accept its terms on the hub, then: hf auth login"
    if "connect" in said.lower() or "offline" in said.lower():
        return f"{said}; give a folder, or with a network: hf download {base}"
    return said


def load_weights(base: str, *, nf4: bool, device: str = "auto", gguf: str | None = None, half: bool = False) -> Any:
    """A causal language model: NF4 with double quantisation, bfloat16 on a GPU, float32 on a CPU. gguf: the file in `base` to read.
    half: bfloat16 on a CPU too.

    Raises InputError.
    """
    import torch
    from transformers import AutoModelForCausalLM, BitsAndBytesConfig
    from transformers.utils import logging

    logging.disable_progress_bar()
    own = f"cuda:{os.environ.get('LOCAL_RANK', '0')}"  # of this process, where torchrun started several
    place = device if device != "auto" else own if torch.cuda.is_available() else "cpu"
    dtype = torch.bfloat16 if half or place.startswith("cuda") else torch.float32
    config = None
    if nf4:
        config = BitsAndBytesConfig(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True, bnb_4bit_compute_dtype=dtype
        )
    try:
        return AutoModelForCausalLM.from_pretrained(base, dtype=dtype, quantization_config=config, device_map=place, gguf_file=gguf)
    except (OSError, ValueError) as error:
        raise InputError(_unloadable("base model", base, error)) from None


def dequantise(model: Any) -> None:
    """Turn each NF4 layer into a dense one of exactly the dequantised weights.

    A QLoRA adapter was trained against these weights, so merging into them keeps the trained function; and a CPU then
    decodes without unpacking every weight for every token.
    """
    import torch
    from bitsandbytes.functional import dequantize_4bit
    from bitsandbytes.nn import Linear4bit

    for name, module in list(model.named_modules()):
        if isinstance(module, Linear4bit):
            weight = dequantize_4bit(module.weight.data, module.weight.quant_state).to(torch.float32)
            dense = torch.nn.Linear(module.in_features, module.out_features, bias=module.bias is not None)
            dense.weight = torch.nn.Parameter(weight, requires_grad=False)
            if module.bias is not None:
                dense.bias = torch.nn.Parameter(module.bias.data.float(), requires_grad=False)
            parent, _, child = name.rpartition(".")
            setattr(model.get_submodule(parent), child, dense)
    for attribute in ("is_loaded_in_4bit", "is_quantized", "hf_quantizer", "quantization_method"):
        if hasattr(model, attribute):
            setattr(model, attribute, None if attribute.startswith(("hf", "quantization")) else False)
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config


STAGE = 24  # tokens; a short query ends within one
ENOUGH = 0.5  # of a question's answers are whole, the greedy one among them: those that still go on are left off


class FirstChance:
    """A logits processor that only looks: the chance of one token to be the first of an answer."""

    def __init__(self, token: int) -> None:
        self.token = token
        self.chance: list[float] = []

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        if not self.chance:
            self.chance = scores.float().softmax(dim=-1)[:, self.token].tolist()
        return scores

    def keep(self, rows: Sequence[int]) -> None:
        """Only these rows go on."""


class HuggingFaceModel:
    """Generation with the tokenizer's chat template; used in serving and, on the live weights, in training."""

    def __init__(self, model: Any, tokenizer: Any) -> None:
        self.model, self.tokenizer = model, tokenizer
        ids = tokenizer(REFUSAL, add_special_tokens=False)["input_ids"]
        self._refusal = ids[0]

    def encode(self, prompts: Sequence[Prompt]) -> list[list[int]]:
        """Token ids as generation sees them, unpadded."""
        texts = [chat_text(self.tokenizer, p) for p in prompts]
        return [list(ids) for ids in self.tokenizer(texts, add_special_tokens=False)["input_ids"]]

    def generate(
        self,
        prompts: Sequence[Prompt],
        *,
        max_new_tokens: int = 160,
        batch_size: int = 16,
        grammar: Grammar = None,
        samples: int = 0,
        progress: Progress | None = None,
        kept: Kept | None = None,
    ) -> list[Generation]:
        """A greedy answer per prompt and `samples` drawn ones; batches of prompts of like length."""
        encoded = self.encode(prompts)
        rules = [grammar] * len(prompts) if grammar is None or isinstance(grammar, str) else list(grammar)
        order = sorted(range(len(prompts)), key=lambda i: len(encoded[i]))
        made: Kept = {} if kept is None else kept
        size = max(1, batch_size // (1 + samples))
        for start in range(0, len(order), size):
            chosen = order[start : start + size]
            if all(i in made for i in chosen):  # a batch is asked whole or not at all: what is drawn depends on it
                continue
            batch = self._batch([encoded[i] for i in chosen], max_new_tokens, [rules[i] for i in chosen], samples)
            made.update(zip(chosen, batch, strict=True))
            if progress:
                progress(len(made), len(order))
        return [made[i] for i in range(len(prompts))]

    def _batch(self, rows: list[list[int]], limit: int, rules: list[str | None], samples: int) -> list[Generation]:
        import torch

        from sqlkit.model.constrain import FirstIsGreedy, GrammarProcessor

        began = time.perf_counter()
        each = 1 + samples
        padded = self.tokenizer.pad({"input_ids": rows}, return_tensors="pt").to(self.model.device)
        first = FirstChance(self._refusal)
        processors: list[Any] = [first]
        if any(rules):
            texts = [rule or "" for rule in rules for _ in range(each)]
            processors.append(GrammarProcessor(texts, self.tokenizer, padded["input_ids"].shape[1]))
        if samples:
            processors.append(FirstIsGreedy([i % each == 0 for i in range(len(rows) * each)], TEMPERATURE))
        with torch.inference_mode():
            if samples:
                new, left = self._in_stages(self._read_once(padded, each, limit), limit, processors, each)
            else:
                new, left = self._continued(padded, limit, processors).sequences[:, padded["input_ids"].shape[1] :], set()
        texts = [text.strip() for text in self.tokenizer.batch_decode(new, skip_special_tokens=True)]
        seconds = (time.perf_counter() - began) / len(rows)
        counts = (new != self.tokenizer.pad_token_id).sum(dim=1).tolist()
        return [
            Generation(texts[i], int(counts[i]), seconds, first.chance[i], tuple(texts[k] for k in range(i + 1, i + each) if k not in left))
            for i in range(0, len(texts), each)
        ]

    def _continued(self, given: dict[str, Any], limit: int, processors: list[Any]) -> Any:
        return self.model.generate(
            **given,
            max_new_tokens=limit,
            do_sample=False,
            temperature=None,
            top_p=None,
            top_k=None,
            use_cache=True,
            pad_token_id=self.tokenizer.pad_token_id,
            eos_token_id=self._stops(),
            logits_processor=processors,
            return_dict_in_generate=True,
        )

    def _in_stages(self, given: dict[str, Any], limit: int, processors: list[Any], each: int) -> tuple[Any, set[int]]:
        """Generation of up to `limit` tokens [rows, tokens] in stages; answers that are whole leave the batch between them.

        A few long answers among many short ones would otherwise hold all of them until the last has ended. Of each question's
        `each` answers those that go on when enough of them are whole are left off; their rows are told as well.
        """
        import torch

        prompt, done = given["input_ids"].shape[1], 0
        new = given["input_ids"].new_full((given["input_ids"].shape[0], limit), self.tokenizer.pad_token_id)
        rows = torch.arange(new.shape[0], device=new.device)
        stops = torch.tensor(self._stops(), device=new.device)
        whole = torch.zeros(len(rows), dtype=torch.bool, device=new.device)
        left: set[int] = set()
        while True:
            told = self._continued(given, min(STAGE, limit - done), processors)
            more = told.sequences[:, prompt + done :]
            new[rows, done : done + more.shape[1]] = more
            done += more.shape[1]
            whole[rows] = torch.isin(more, stops).any(dim=1)
            if done >= limit:
                return new[:, :done], left
            by_question = whole.view(-1, each)
            enough = (by_question[:, 0] & (by_question.float().mean(dim=1) >= ENOUGH)).repeat_interleave(each)
            left.update(rows[enough[rows] & ~whole[rows]].tolist())
            going = (~whole[rows] & ~enough[rows]).nonzero().flatten()
            if not len(going):
                return new[:, :done], left
            rows = rows[going]
            for part in processors:
                part.keep(going.tolist())
            told.past_key_values.batch_select_indices(going)
            seen = given["attention_mask"][going]
            given = {
                "input_ids": told.sequences[going],
                "attention_mask": torch.cat([seen, seen.new_ones(len(going), more.shape[1])], dim=1),
                "past_key_values": told.past_key_values,
            }

    def _read_once(self, padded: Any, each: int, room: int) -> dict[str, Any]:
        """Every prompt `each` times, for generation; the prompts go through the model once and their caches are copied."""
        from transformers import DynamicCache

        from sqlkit.model.roomy import with_room

        ids, mask = padded["input_ids"], padded["attention_mask"]
        cache = DynamicCache(config=self.model.config)
        places = (mask.cumsum(-1) - 1).clamp(min=0)
        self.model(
            input_ids=ids[:, :-1], attention_mask=mask[:, :-1], position_ids=places[:, :-1], past_key_values=cache, use_cache=True,
            logits_to_keep=1,
        )  # fmt: skip
        cache.batch_repeat_interleave(each)
        spread = {name: part.repeat_interleave(each, dim=0) for name, part in (("input_ids", ids), ("attention_mask", mask))}
        return {**spread, "past_key_values": with_room(cache, room)}

    def _stops(self) -> list[int]:
        """The tokenizer's stop token and those the model's own configuration names."""
        named = self.model.generation_config.eos_token_id
        more = named if isinstance(named, list) else [] if named is None else [named]
        return sorted({self.tokenizer.eos_token_id, *more})

    def close(self) -> None:
        self.model = None


def chat_text(tokenizer: Any, prompt: Prompt) -> str:
    """The prompt under the chat template, as training and serving send it."""
    return render_chat(tokenizer, chat_messages(tokenizer, prompt), add_generation_prompt=True)


def chat_messages(tokenizer: Any, prompt: Prompt) -> list[dict[str, str]]:
    """System and user, or, where the template has no system role (Gemma, Mistral) or drops it, one user message of both."""
    try:
        if prompt.system.strip() in render_chat(tokenizer, prompt.messages(), add_generation_prompt=True):
            return prompt.messages()
    except Exception as error:
        refused: Exception | None = error  # in words of the template's own
    else:
        refused = None
    merged = [{"role": "user", "content": f"{prompt.system}\n\n{prompt.user}"}]
    try:
        render_chat(tokenizer, merged, add_generation_prompt=True)
    except Exception as error:
        raise InputError(f"the chat template cannot render a prompt: {refused or error}") from None
    return merged


def render_chat(tokenizer: Any, messages: list[dict[str, str]], *, add_generation_prompt: bool) -> str:
    """Messages under the chat template; a model that can think before it answers (Qwen 3) is told not to."""
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=add_generation_prompt, enable_thinking=False)
    return str(text)
