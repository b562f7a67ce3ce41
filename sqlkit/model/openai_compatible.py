"""Any server that speaks OpenAI's chat completions: vLLM, llama-server, Ollama, a hosted model."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

from sqlkit.errors import InputError, MissingExtra
from sqlkit.model.types import Generation, Progress
from sqlkit.records import Prompt


class OpenAICompatibleModel:
    """`url` is 'http://host/v1#model'. The key is read from OPENAI_API_KEY; retries are the client's own.

    A grammar is passed on in vLLM's form (`structured_outputs`); servers that do not know it ignore or refuse it.
    """

    def __init__(self, url: str, *, timeout: float = 120.0) -> None:
        try:
            import openai
        except ImportError:
            raise MissingExtra("openai", "query") from None
        address, _, self._name = url.partition("#")
        if not self._name:
            raise InputError(f"{url} names no model; write it behind a '#', as in {address}#model")
        self._address = address
        self._client = openai.OpenAI(base_url=address, api_key=os.environ.get("OPENAI_API_KEY", "none"), timeout=timeout, max_retries=3)

    def generate(
        self,
        prompts: Sequence[Prompt],
        *,
        max_new_tokens: int = 160,
        batch_size: int = 16,
        grammar: str | None = None,
        progress: Progress | None = None,
    ) -> list[Generation]:
        """Raises InputError when the server cannot be reached or refuses."""
        import openai

        made = []
        extra = {"structured_outputs": {"grammar": grammar}} if grammar else {}
        for number, prompt in enumerate(prompts, 1):
            began = time.perf_counter()
            try:
                answer = self._client.chat.completions.create(
                    model=self._name, messages=prompt.messages(), max_tokens=max_new_tokens, temperature=0.0, extra_body=extra  # type: ignore[arg-type]
                )
            except openai.OpenAIError as error:
                raise InputError(f"{self._address}: {' '.join(str(error).split())[:200]}") from None
            tokens = answer.usage.completion_tokens if answer.usage else 0
            made.append(Generation(answer.choices[0].message.content or "", tokens, time.perf_counter() - began))
            if progress:
                progress(number, len(prompts))
        return made

    def close(self) -> None:
        self._client.close()
