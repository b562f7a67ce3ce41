"""The asker as a LlamaIndex query engine.

engine = QueryEngine("company.duckdb", adapter="runs/mine/adapter")
print(engine.query("how many orders did we ship in May 2024?"))
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import TracebackType
from typing import Any

from sqlkit.errors import MissingExtra
from sqlkit.query.answer import Answer
from sqlkit.query.ask import Asker

try:
    from llama_index.core.base.response.schema import Response
    from llama_index.core.query_engine import CustomQueryEngine
    from pydantic import PrivateAttr
except ImportError:
    raise MissingExtra("llama-index-core", "query") from None


class QueryEngine(CustomQueryEngine):  # type: ignore[misc]
    """Plain questions over one database; settings and errors as for `Asker`."""

    _asker: Asker = PrivateAttr()

    def __init__(
        self, database: str | Path, adapter: str | Path | None = None, base: str = "embedded", **settings: Any
    ) -> None:
        callbacks = {"callback_manager": settings.pop("callback_manager")} if "callback_manager" in settings else {}
        super().__init__(**callbacks)
        self._asker = Asker(database, adapter, base, **settings)

    def ask(self, question: str) -> Answer:
        """SQL, rows and a sentence; refusals and failures are in the answer."""
        return self._asker.ask(question)

    def custom_query(self, query_str: str) -> Response:
        """LlamaIndex's door: the sentence as the response; SQL, columns, rows, refused and seconds as its metadata."""
        answer = self.ask(query_str)
        metadata = answer.to_json()
        return Response(response=metadata.pop("answer"), metadata=metadata)

    async def acustom_query(self, query_str: str) -> Response:
        """The same without blocking the event loop."""
        return await asyncio.to_thread(self.custom_query, query_str)

    def close(self) -> None:
        """End the sandbox's process and free the model, unless it was handed in."""
        self._asker.close()

    def __enter__(self) -> QueryEngine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
