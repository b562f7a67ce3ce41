"""Any server that speaks OpenAI's chat completions: vLLM, llama-server, Ollama, OpenAI, Azure OpenAI."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from sqlkit.errors import InputError
from sqlkit.model.service import open_client
from sqlkit.model.types import TEMPERATURE, Generation, Grammar, Kept, Progress
from sqlkit.records import Prompt


class OpenAICompatibleModel:
    """`url` is 'http://host/v1#model' (addresses: `sqlkit.model.service`); retries are the client's own.

    A grammar is passed on in vLLM's form (`structured_outputs`); servers that do not know it ignore or refuse it.
    """

    def __init__(self, url: str, *, timeout: float = 120.0) -> None:
        address, _, self._name = url.partition("#")
        if not self._name:
            raise InputError(f"{url} names no model; write it behind a '#', as in {address}#model")
        self._address = address
        self._client = open_client(address, timeout, retries=3)

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
        """Raises InputError when the server cannot be reached or refuses."""
        import openai

        made: Kept = {} if kept is None else kept
        for number, prompt in enumerate(prompts):
            if number in made:  # paid for already
                continue
            rule = grammar if grammar is None or isinstance(grammar, str) else grammar[number]
            asked: dict[str, Any] = {"model": self._name, "messages": prompt.messages(), "max_tokens": max_new_tokens}
            asked["extra_body"] = {"structured_outputs": {"grammar": rule}} if rule else {}
            began = time.perf_counter()
            try:
                answer = self._client.chat.completions.create(**asked, temperature=0.0)
                more = self._client.chat.completions.create(**asked, temperature=TEMPERATURE, n=samples, seed=0).choices if samples else []
            except openai.OpenAIError as error:
                raise InputError(f"{self._address}: {' '.join(str(error).split())[:200]}") from None
            tokens = answer.usage.completion_tokens if answer.usage else 0
            others = tuple(choice.message.content or "" for choice in more)
            text = answer.choices[0].message.content or ""
            made[number] = Generation(text, tokens, time.perf_counter() - began, others=others)
            if progress:
                progress(number + 1, len(prompts))
        return [made[number] for number in range(len(prompts))]

    def close(self) -> None:
        self._client.close()
