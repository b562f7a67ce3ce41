"""Ask a database in plain language.

`Asker` is the whole of it and needs no LlamaIndex; `QueryEngine` and `SqlkitLLM` put it into LlamaIndex's classes and
are imported when they are named, because importing LlamaIndex takes two seconds.
"""

from __future__ import annotations

import importlib
from typing import Any

_PUBLIC = {
    "Answer": "answer",
    "Asker": "ask",
    "QueryEngine": "engine",
    "SqlkitLLM": "llm",
    "chart_of": "chart",
    "complaint": "question",
}
__all__ = list(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(importlib.import_module(f"{__name__}.{_PUBLIC[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
