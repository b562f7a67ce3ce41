"""Any LLM of LlamaIndex as a teacher: Ollama, Anthropic, Bedrock, whatever has a class there."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

from sqlkit.errors import InputError, MissingExtra
from sqlkit.model.service import Unreachable
from sqlkit.model.teacher import Said
from sqlkit.records import Prompt

_BYTES_A_TOKEN = 3


def imported(text: str) -> Any:
    """The object 'package.module:name', from the working directory too. Raises InputError."""
    module, _, name = text.partition(":")
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        return getattr(importlib.import_module(module), name or "llm")
    except Exception as error:  # the user's own code
        raise InputError(f"python:{text} cannot be imported: {' '.join(str(error).split())[:160]}") from None


class LlamaIndexChat:
    """`llm` is a LlamaIndex LLM; it has its own settings, so only temperature is passed on, to those that take it.

    Raises MissingExtra, InputError when `llm` is no such object.
    """

    def __init__(self, llm: Any) -> None:
        try:
            from llama_index.core.llms import LLM
        except ImportError:
            raise MissingExtra("llama-index-core", "query") from None
        if not isinstance(llm, LLM):
            raise InputError(f"a teacher must be a LlamaIndex LLM, not {type(llm).__name__}")
        self._llm = llm
        self.name = str(llm.metadata.model_name)
        self.identity = f"{llm.class_name()} {self.name}"

    def say(self, prompt: Prompt, *, temperature: float, seed: int, max_tokens: int) -> Said:
        from llama_index.core.llms import ChatMessage

        messages = [ChatMessage(role=m["role"], content=m["content"]) for m in prompt.messages()]
        try:
            answer = self._llm.chat(messages, temperature=temperature)
        except Exception as error:  # every provider has its own kinds
            raise Unreachable(f"{self.name}: {' '.join(str(error).split())[:200] or type(error).__name__}") from None
        text = str(answer.message.content or "")
        used = getattr(answer.raw, "usage", None)
        told = [getattr(used, key, None) for key in ("prompt_tokens", "completion_tokens")]
        guess = [len((prompt.system + prompt.user).encode()) // _BYTES_A_TOKEN, len(text.encode()) // _BYTES_A_TOKEN]
        return Said(text, *(g if t is None else int(t) for t, g in zip(told, guess, strict=True)))
