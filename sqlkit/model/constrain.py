"""Constrained decoding: only tokens that the grammar allows (llguidance)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlkit.errors import InputError, MissingExtra


@lru_cache(maxsize=4)
def _tokenizer(tokenizer: Any) -> Any:
    try:
        from llguidance.hf import from_tokenizer
    except ImportError:
        raise MissingExtra("llguidance", "train") from None
    return from_tokenizer(tokenizer)


class GrammarProcessor:
    """A transformers logits processor: one matcher per row of the batch, told of each token as it is chosen."""

    def __init__(self, grammar: str, tokenizer: Any, prompt_length: int) -> None:
        import llguidance

        self._tokens = _tokenizer(tokenizer)
        self._first = llguidance.LLMatcher(self._tokens, llguidance.LLMatcher.grammar_from_lark(grammar))
        if error := self._first.get_error():
            raise InputError(f"the grammar of the schema cannot be used: {error.splitlines()[0]}")
        self._matchers: list[Any] = []
        self._length = prompt_length
        self._stop = tokenizer.eos_token_id

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        import torch

        if not self._matchers:
            self._matchers = [self._first.deep_copy() for _ in range(input_ids.shape[0])]
        for row, matcher in enumerate(self._matchers):
            if input_ids.shape[1] > self._length and not matcher.is_stopped():
                matcher.consume_token(int(input_ids[row, -1]))
            if matcher.is_stopped() or matcher.is_error():
                scores[row] = -torch.inf
                scores[row, self._stop] = 0.0
                continue
            mask = torch.frombuffer(bytearray(matcher.compute_bitmask()), dtype=torch.int32)
            bits = (mask[:, None] >> torch.arange(32, dtype=torch.int32)[None, :]) & 1
            allowed = bits.flatten()[: scores.shape[1]].bool().to(scores.device)
            if allowed.shape[0] < scores.shape[1]:
                allowed = torch.nn.functional.pad(allowed, (0, scores.shape[1] - allowed.shape[0]))
            scores[row].masked_fill_(~allowed, -torch.inf)
        return scores
