"""Pairs as token ids and masks, and the checks made before a minute of training is spent."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from sqlkit.errors import InputError
from sqlkit.model.huggingface import chat_text
from sqlkit.records import Pair

DROPPED_AT_MOST = 0.01


@dataclasses.dataclass(frozen=True, slots=True)
class Encoded:
    """`input_ids` and a mask that is 1 on the completion and its stop token, the only targets of the loss."""

    id: str
    input_ids: list[int]
    completion_mask: list[int]


def encode(pairs: Sequence[Pair], tokenizer: Any) -> list[Encoded]:
    """Token ids of every pair. The prompt's ids are those that serving sends, by construction: prompt and completion are
    tokenised apart. Raises InputError when the chat template does not put the answer behind the prompt, or no stop token
    ends it.
    """
    prompts = [chat_text(tokenizer, pair.prompt) for pair in pairs]
    answers = [_answer(tokenizer, pair, prompt) for pair, prompt in zip(pairs, prompts, strict=True)]
    heads = tokenizer(prompts, add_special_tokens=False)["input_ids"]
    tails = tokenizer(answers, add_special_tokens=False)["input_ids"]
    made = []
    for pair, head, tail in zip(pairs, heads, tails, strict=True):
        if not tail or tail[-1] != tokenizer.eos_token_id:
            raise InputError(f"pair {pair.id}: the answer does not end with the stop token {tokenizer.eos_token!r}; wrong chat template?")
        made.append(Encoded(pair.id, [*head, *tail], [0] * len(head) + [1] * len(tail)))
    return made


def _answer(tokenizer: Any, pair: Pair, prompt: str) -> str:
    """What follows the prompt: the completion up to and with the stop token."""
    said = {"role": "assistant", "content": pair.completion}
    try:
        whole = str(tokenizer.apply_chat_template([*pair.prompt.messages(), said], tokenize=False))
    except Exception:
        merged = {"role": "user", "content": f"{pair.prompt.system}\n\n{pair.prompt.user}"}
        whole = str(tokenizer.apply_chat_template([merged, said], tokenize=False))
    if not whole.startswith(prompt):
        raise InputError("the chat template renders a prompt differently when an answer follows; it cannot be trained on")
    answer = whole[len(prompt) :]
    stop = str(tokenizer.eos_token)
    if stop in answer:
        return answer[: answer.index(stop) + len(stop)]
    return answer.rstrip() + stop


def preflight(encoded: Sequence[Encoded], tokenizer: Any, vocabulary: int, longest: int) -> list[Encoded]:
    """The pairs that fit, longest first (an out-of-memory shows in the first step).

    Raises InputError when there are none, when more than 1 % are longer than `longest` tokens, when padding is the stop
    token's own id on a tokenizer that has another, or when an id is outside the model's vocabulary.
    """
    if not encoded:
        raise InputError("there are no pairs to train on; build some with: sqlkit build")
    kept = [e for e in encoded if len(e.input_ids) <= longest]
    dropped = [e.id for e in encoded if len(e.input_ids) > longest]
    if len(dropped) > DROPPED_AT_MOST * len(encoded):
        raise InputError(
            f"{len(dropped)} of {len(encoded)} pairs are longer than max_length {longest} (first: {dropped[0]}); raise max_length"
        )
    highest = max(max(e.input_ids) for e in kept)
    if highest >= vocabulary:
        raise InputError(f"token id {highest} is outside the model's vocabulary of {vocabulary}; tokenizer and model do not belong together")
    return kept
