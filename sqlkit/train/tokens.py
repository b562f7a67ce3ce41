"""Pairs as token ids and masks, and the checks made before a minute of training is spent."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from sqlkit.errors import InputError
from sqlkit.model.huggingface import chat_messages, chat_text, render_chat
from sqlkit.records import Pair, Prompt
from sqlkit.train.prune import prune

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
    whole = render_chat(tokenizer, [*chat_messages(tokenizer, pair.prompt), said], add_generation_prompt=False)
    if not whole.startswith(prompt):
        raise InputError("the chat template renders a prompt differently when an answer follows; it cannot be trained on")
    answer = whole[len(prompt) :]
    stop = str(tokenizer.eos_token)
    if stop in answer:
        return answer[: answer.index(stop) + len(stop)]
    return answer.rstrip() + stop


@dataclasses.dataclass(frozen=True, slots=True)
class Fitted:
    """The pairs that fit, the ids of those whose schema was pruned, and of those that were dropped."""

    rows: list[Encoded]
    pruned: list[str]
    dropped: list[str]


def fit(pairs: Sequence[Pair], tokenizer: Any, longest: int) -> Fitted:
    """Every pair within `longest` tokens: too long a schema is pruned, and what is too long then is dropped, by its id.

    Raises InputError when there are no pairs, or when more than 1 % would be dropped.
    """
    if not pairs:
        raise InputError("there are no pairs to train on; build some with: sqlkit build")
    rows, pruned, dropped = [], [], []
    for pair, row in zip(pairs, encode(pairs, tokenizer), strict=True):
        if len(row.input_ids) > longest:
            shorter = _prune(pair, tokenizer, longest)
            if shorter is None:
                dropped.append(pair.id)
                continue
            pruned.append(pair.id)
            row = shorter
        rows.append(row)
    if len(dropped) > DROPPED_AT_MOST * len(pairs):
        raise InputError(
            f"{len(dropped)} of {len(pairs)} pairs are longer than max_length {longest} even with their schema pruned "
            f"(first: {', '.join(dropped[:3])}); raise max_length"
        )
    return Fitted(rows, pruned, dropped)


def _prune(pair: Pair, tokenizer: Any, longest: int) -> Encoded | None:
    def row(prompt: Prompt) -> Encoded:
        return encode([dataclasses.replace(pair, prompt=prompt)], tokenizer)[0]

    shorter = prune(pair.prompt, pair.completion, lambda prompt: len(row(prompt).input_ids) <= longest)
    return row(shorter) if shorter else None


def preflight(rows: Sequence[Encoded], tokenizer: Any, model: Any) -> None:
    """Whether base, tokenizer, chat template and vocabulary belong together, and the loss sees answers only.

    Raises InputError: an id outside the model's vocabulary; a stop token that the model's own configuration does not know (a
    server that reads it would never stop); a beginning token that stands twice; a last label that is not the stop token; a
    mask that covers the prompt.
    """
    vocabulary = int(model.get_input_embeddings().weight.shape[0])
    highest = max(max(row.input_ids) for row in rows)
    if highest >= vocabulary:
        raise InputError(f"token id {highest} is outside the model's vocabulary of {vocabulary}; tokenizer and model do not belong together")
    stops = {stop for holder in (model.config, model.generation_config) for stop in _ids(getattr(holder, "eos_token_id", None))}
    if stops and tokenizer.eos_token_id not in stops:
        raise InputError(
            f"the tokenizer stops at {tokenizer.eos_token!r} ({tokenizer.eos_token_id}), the model's configuration at {sorted(stops)}; "
            "tokenizer and model do not belong together"
        )
    for row in rows:
        if tokenizer.bos_token_id is not None and row.input_ids[:2] == [tokenizer.bos_token_id] * 2:
            raise InputError(f"pair {row.id}: {tokenizer.bos_token!r} stands twice at its beginning; the chat template adds a second one")
        answer = sum(row.completion_mask)
        if row.completion_mask != [0] * (len(row.input_ids) - answer) + [1] * answer or not 0 < answer < len(row.input_ids):
            raise InputError(f"pair {row.id}: the loss would not cover its answer alone")
        if row.input_ids[-1] != tokenizer.eos_token_id:
            raise InputError(f"pair {row.id}: its last label is not the stop token {tokenizer.eos_token!r}")


def _ids(value: Any) -> list[int]:
    return value if isinstance(value, list) else [] if value is None else [value]


def coloured(row: Encoded, tokenizer: Any) -> Any:
    """A pair's tokens as rich text: the prompt dim, the labels green, the stop token red."""
    from rich.text import Text

    text = Text(f"{row.id}: {len(row.input_ids)} tokens, {sum(row.completion_mask)} with a label\n")
    for token, label in zip(row.input_ids, row.completion_mask, strict=True):
        style = "dim" if not label else "bold red" if token == tokenizer.eos_token_id else "green"
        text.append(tokenizer.decode([token]), style=style)
        text.append("·", style="dim")
    return text
