"""The grammar takes what the generator and people write over a schema, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sqlkit.data import company
from sqlkit.embedded import folder
from sqlkit.prompt import Context
from sqlkit.sql.canonical import canonical
from sqlkit.sql.grammar import select_grammar


@pytest.fixture(scope="module")
def accepts(retail: Path) -> Any:
    import llguidance
    from llguidance.hf import from_tokenizer
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder("base"))
    tables = Context.load(retail).tables()
    grammar = llguidance.LLMatcher.grammar_from_lark(select_grammar(tables))
    tokens = from_tokenizer(tokenizer)

    def check(sql: str) -> bool:
        ids = [*tokenizer(sql, add_special_tokens=False)["input_ids"], tokenizer.eos_token_id]
        return bool(llguidance.LLMatcher(tokens, grammar).validate_tokens(ids) == len(ids))

    check.tables = tables  # type: ignore[attr-defined]
    return check


def test_takes_the_golds_of_people(accepts: Any) -> None:
    golds = [e.sql for split in ("train", "dev", "test") for e in company.questions(split) if e.sql]
    refused = [sql for sql in golds if not accepts(canonical(sql, accepts.tables))]
    assert len(refused) <= 0.03 * len(golds), refused


@pytest.mark.parametrize(
    "text",
    [
        "SELECT salary FROM emp",
        "SELECT sal FROM employees",
        "DELETE FROM emp",
        "SELECT * FROM read_csv('x')",
        "SELECT 1; DROP TABLE emp",
        "PRAGMA database_list",
        "hello",
    ],
)
def test_refuses_what_is_no_query_of_this_schema(accepts: Any, text: str) -> None:
    assert not accepts(text)


def test_takes_a_refusal(accepts: Any) -> None:
    assert accepts("CANNOT ANSWER") and accepts("CANNOT ANSWER: shoe size")
