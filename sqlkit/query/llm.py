"""Our model as a LlamaIndex LLM, under its own chat template, for the other parts of LlamaIndex."""

from __future__ import annotations

from typing import Any

from sqlkit.errors import MissingExtra
from sqlkit.model.types import Model
from sqlkit.records import Prompt

try:
    from llama_index.core.llms import CompletionResponse, CompletionResponseGen, CustomLLM, LLMMetadata
    from llama_index.core.llms.callbacks import llm_completion_callback
    from pydantic import PrivateAttr
except ImportError:
    raise MissingExtra("llama-index-core", "query") from None


class SqlkitLLM(CustomLLM):  # type: ignore[misc]
    """`LLMMetadata` and completion for anything that takes a LlamaIndex LLM."""

    _model: Model = PrivateAttr()
    context_window: int = 1024
    num_output: int = 160

    def __init__(self, model: Model, **settings: Any) -> None:
        super().__init__(**settings)
        self._model = model

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(context_window=self.context_window, num_output=self.num_output, model_name="sqlkit", is_chat_model=False)

    @llm_completion_callback()  # type: ignore[untyped-decorator]
    def complete(self, prompt: str, formatted: bool = False, **_: Any) -> CompletionResponse:
        system, _, user = prompt.rpartition("\n\n") if prompt.count("\n\n") == 1 else ("", "", prompt)
        said = self._model.generate([Prompt(system, user)], max_new_tokens=self.num_output, batch_size=1)[0]
        return CompletionResponse(text=said.text)

    @llm_completion_callback()  # type: ignore[untyped-decorator]
    def stream_complete(self, prompt: str, formatted: bool = False, **settings: Any) -> CompletionResponseGen:
        whole = self.complete(prompt, formatted, **settings)

        def once() -> CompletionResponseGen:
            yield CompletionResponse(text=whole.text, delta=whole.text)

        return once()
