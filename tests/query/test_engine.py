"""LlamaIndex's side: a query engine and an LLM that its other parts can use."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from llama_index.core import PromptTemplate, QueryBundle
from llama_index.core.base.response.schema import Response
from llama_index.core.llms import LLM, ChatMessage
from llama_index.core.query_engine import BaseQueryEngine

from sqlkit.errors import DatabaseError
from sqlkit.model.replay import ReplayModel
from sqlkit.prompt import SYSTEM
from sqlkit.query import QueryEngine, SqlkitLLM

COUNT = "how many customers are there?"


@pytest.fixture(scope="module")
def engine(shop: Path) -> Iterator[QueryEngine]:
    with QueryEngine(
        shop, model=ReplayModel({COUNT: "SELECT COUNT(*) FROM cust"}, default="CANNOT ANSWER"), seconds=1.0
    ) as made:
        yield made


def test_query_gives_a_response_with_sql_and_rows(engine: QueryEngine) -> None:
    assert isinstance(engine, BaseQueryEngine)
    for question in (COUNT, QueryBundle(COUNT)):
        response = engine.query(question)
        assert isinstance(response, Response)
        assert str(response) == "There are 3 customers."
        assert response.metadata is not None
        seconds = response.metadata.pop("seconds")
        assert seconds > 0
        assert response.metadata == {
            "sql": "SELECT COUNT(*) FROM cust",
            "columns": ["count_star()"],
            "rows": [[3]],
            "refused": False,
        }


def test_a_refusal_is_a_response_too(engine: QueryEngine) -> None:
    response = engine.query("what is the weather?")
    assert isinstance(response, Response)
    assert response.metadata is not None
    assert response.metadata["refused"]
    assert json.dumps(response.metadata)


def test_async(engine: QueryEngine) -> None:
    async def both() -> list[str]:
        return [str(r) for r in await asyncio.gather(engine.aquery(COUNT), engine.aquery(COUNT))]

    assert asyncio.run(both()) == ["There are 3 customers."] * 2


def test_ask(engine: QueryEngine) -> None:
    assert engine.ask(COUNT).rows == ((3,),)


def test_errors_are_those_of_the_asker(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError):
        QueryEngine(tmp_path / "none.duckdb", model=ReplayModel({}))


@pytest.fixture
def model(script: Any) -> Any:
    return script(lambda prompt, grammar: f"<{prompt.user}>")


def test_llm_completes_and_chats_through_our_prompt(model: Any) -> None:
    llm = SqlkitLLM(model)
    assert isinstance(llm, LLM)
    assert llm.metadata.is_chat_model
    assert str(llm.complete("hello")) == "<hello>"
    assert model.asked[-1][0].system == SYSTEM
    assert llm.predict(PromptTemplate("say {word}"), word="yes") == "<say yes>"
    chat = llm.chat([ChatMessage(role="system", content="be brief"), ChatMessage(role="user", content="hi")])
    assert chat.message.content == "<hi>"
    assert model.asked[-1][0].system == "be brief"


def test_llm_keeps_earlier_turns(model: Any) -> None:
    SqlkitLLM(model).chat([ChatMessage(role=r, content=r[0]) for r in ("user", "assistant", "user")])
    assert model.asked[-1][0].user == "user: u\nassistant: a\nuser: u"


def test_llm_streams_in_one_piece(model: Any) -> None:
    llm = SqlkitLLM(model)
    assert [p.delta for p in llm.stream_complete("x")] == ["<x>"]
    assert [p.delta for p in llm.stream_chat([ChatMessage(role="user", content="y")])] == ["<y>"]


def test_the_asker_needs_no_llama_index() -> None:
    code = "import sys, sqlkit.query; sqlkit.query.Asker; sys.exit('llama_index' in sys.modules or 'altair' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
