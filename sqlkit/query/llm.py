"""Our model as a LlamaIndex LLM, so that LlamaIndex's other parts can use it.

LlamaIndex's own HuggingFaceLLM sends bare text; this one goes through `Model.generate`, which applies the chat
template the model was trained under.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlkit.errors import MissingExtra
from sqlkit.model.types import Model
from sqlkit.prompt import SYSTEM
from sqlkit.records import Prompt

try:
    from llama_index.core.base.llms.types import ChatMessage, ChatResponse, ChatResponseGen, MessageRole
    from llama_index.core.llms import CompletionResponse, CompletionResponseGen, CustomLLM, LLMMetadata
    from llama_index.core.llms.callbacks import llm_chat_callback, llm_completion_callback
    from pydantic import PrivateAttr
except ImportError:
    raise MissingExtra("llama-index-core", "query") from None


class SqlkitLLM(CustomLLM):  # type: ignore[misc]
    """A chat model of one system and one user turn, which is all that a tuned model knows.

    Without a system message it gets the system line of training. Earlier turns of a conversation are put into the
    user's text, each with its role."""

    context_window: int = 1024
    num_output: int = 160
    model_name: str = "sqlkit"
    _model: Model = PrivateAttr()

    def __init__(self, model: Model, **settings: Any) -> None:
        super().__init__(**settings)
        self._model = model

    @classmethod
    def class_name(cls) -> str:
        return "SqlkitLLM"

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(
            context_window=self.context_window,
            num_output=self.num_output,
            model_name=self.model_name,
            is_chat_model=True,
        )

    @llm_chat_callback()  # type: ignore[untyped-decorator]
    def chat(self, messages: Sequence[ChatMessage], **_: Any) -> ChatResponse:
        text = self._say(as_prompt(messages))
        return ChatResponse(message=ChatMessage(role=MessageRole.ASSISTANT, content=text))

    @llm_chat_callback()  # type: ignore[untyped-decorator]
    def stream_chat(self, messages: Sequence[ChatMessage], **_: Any) -> ChatResponseGen:
        text = self._say(as_prompt(messages))

        def once() -> ChatResponseGen:
            yield ChatResponse(message=ChatMessage(role=MessageRole.ASSISTANT, content=text), delta=text)

        return once()

    @llm_completion_callback()  # type: ignore[untyped-decorator]
    def complete(self, prompt: str, formatted: bool = False, **_: Any) -> CompletionResponse:
        return CompletionResponse(text=self._say(Prompt(SYSTEM, prompt)))

    @llm_completion_callback()  # type: ignore[untyped-decorator]
    def stream_complete(self, prompt: str, formatted: bool = False, **_: Any) -> CompletionResponseGen:
        text = self._say(Prompt(SYSTEM, prompt))

        def once() -> CompletionResponseGen:
            yield CompletionResponse(text=text, delta=text)

        return once()

    def _say(self, prompt: Prompt) -> str:
        return self._model.generate([prompt], max_new_tokens=self.num_output, batch_size=1)[0].text


def as_prompt(messages: Sequence[ChatMessage]) -> Prompt:
    """Chat messages as the one prompt form that our models know."""
    system = [m.content or "" for m in messages if m.role in (MessageRole.SYSTEM, MessageRole.DEVELOPER)]
    turns = [m for m in messages if m.role not in (MessageRole.SYSTEM, MessageRole.DEVELOPER)]
    lines = [m.content or "" if len(turns) == 1 else f"{m.role.value}: {m.content or ''}" for m in turns]
    return Prompt("\n".join(system) or SYSTEM, "\n".join(lines))
