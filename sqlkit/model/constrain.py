"""Constrained decoding: only tokens that the grammar allows (llguidance)."""

from __future__ import annotations

from collections.abc import Sequence
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
    """A transformers logits processor: one matcher per row of the batch, told of each token as it is chosen.

    grammars: Lark text, one for each row; like texts are compiled once. Raises InputError when one cannot be used.
    """

    def __init__(self, grammars: Sequence[str], tokenizer: Any, prompt_length: int) -> None:
        import llguidance

        tokens = _tokenizer(tokenizer)
        # a scoped grammar of five tables has rows of some thousand items; where the parser gives up, the answer breaks off
        limits = llguidance.LLParserLimits(max_items_in_row=20_000, step_max_items=500_000, step_lexer_fuel=2_000_000)
        compiled: dict[str, Any] = {}
        for text in dict.fromkeys(grammars):
            matcher = llguidance.LLMatcher(tokens, llguidance.LLMatcher.grammar_from_lark(text), limits=limits)
            if error := matcher.get_error():
                raise InputError(f"the grammar of the schema cannot be used: {error.splitlines()[0]}")
            compiled[text] = matcher
        self._matchers = [compiled[text].deep_copy() for text in grammars]
        self._length, self._words = prompt_length, tokens.vocab_size
        self._stop = tokenizer.eos_token_id

    def keep(self, rows: Sequence[int]) -> None:
        """Only these rows go on."""
        self._matchers = [self._matchers[row] for row in rows]

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        import torch
        from llguidance.torch import allocate_token_bitmask, fill_next_token_bitmask

        mask = allocate_token_bitmask(len(self._matchers), self._words)
        mask.zero_()
        for row, matcher in enumerate(self._matchers):
            if input_ids.shape[1] > self._length and not matcher.is_stopped():
                matcher.consume_token(int(input_ids[row, -1]))
            if matcher.is_stopped() or matcher.is_error():
                mask[row, self._stop // 32] = 1 << (self._stop % 32) if self._stop % 32 < 31 else -(1 << 31)
            else:
                fill_next_token_bitmask(matcher, mask, row)
        bits = (mask[:, :, None] >> torch.arange(32, dtype=torch.int32)) & 1
        allowed = bits.flatten(1)[:, : scores.shape[1]].bool().to(scores.device)
        if allowed.shape[1] < scores.shape[1]:
            allowed = torch.nn.functional.pad(allowed, (0, scores.shape[1] - allowed.shape[1]))
        return scores.masked_fill(~allowed, -torch.inf)


class FirstIsGreedy:
    """A logits processor for drawing several answers per prompt, of which the first is the greedy one.

    Works on the chances that are left after a grammar, and draws by Gumbel noise of its own generator (the maximum of
    logits plus Gumbel noise is a draw from the softmax), so that decoding stays deterministic. greedy: for each row, whether
    nothing is drawn in it.
    """

    def __init__(self, greedy: Sequence[bool], temperature: float, seed: int = 0) -> None:
        import torch

        self._greedy, self._temperature = torch.tensor(greedy), temperature
        self._random = torch.Generator().manual_seed(seed)

    def keep(self, rows: Sequence[int]) -> None:
        """Only these rows go on."""
        self._greedy = self._greedy[list(rows)]

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        import torch

        # from uniform numbers: exponential_ draws them one by one, six times as slow
        noise = torch.rand(scores.shape, generator=self._random).clamp_(min=1e-30).log_().neg_().log_().neg_()
        noise[self._greedy] = 0.0
        return scores.float() / self._temperature + noise.to(scores.device)
