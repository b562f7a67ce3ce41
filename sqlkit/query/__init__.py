"""Ask a database in plain language.

`Asker` is the whole of it and needs no LlamaIndex; `QueryEngine` and `TunedLLM` put it into LlamaIndex's classes, and are
imported only when they are named, because LlamaIndex takes two seconds to import.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlkit.query.answer import Answer
from sqlkit.query.ask import Asker
from sqlkit.query.chart import chart
from sqlkit.query.question import complaint

if TYPE_CHECKING:
    from sqlkit.query.engine import QueryEngine
    from sqlkit.query.llm import TunedLLM

__all__ = ["Answer", "Asker", "QueryEngine", "TunedLLM", "chart", "complaint"]


def __getattr__(name: str) -> Any:
    import importlib

    module = {"QueryEngine": "engine", "TunedLLM": "llm"}.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(importlib.import_module(f"{__name__}.{module}"), name)
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("llama_index"):
            raise
        from sqlkit.errors import MissingExtra

        raise MissingExtra("llama-index-core", "query") from None
