"""The grammar takes what the generator and people write over a schema, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sqlkit.data import company
from sqlkit.embedded import folder
from sqlkit.prompt import Context, grammar
from sqlkit.records import Example
from sqlkit.schema.glossary import ColumnWords, Glossary, TableWords
from sqlkit.schema.types import Column, Schema, Table
from sqlkit.sql.canonical import canonical
from sqlkit.sql.grammar import select_grammar


@pytest.fixture(scope="module")
def matches() -> Any:
    import llguidance
    from llguidance.hf import from_tokenizer
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder("base"))
    tokens = from_tokenizer(tokenizer)

    def check(text: str, sql: str) -> bool:
        ids = [*tokenizer(sql, add_special_tokens=False)["input_ids"], tokenizer.eos_token_id]
        matcher = llguidance.LLMatcher(tokens, llguidance.LLMatcher.grammar_from_lark(text))
        assert not matcher.get_error()
        return bool(matcher.validate_tokens(ids) == len(ids))

    return check


@pytest.fixture(scope="module")
def accepts(retail: Path, matches: Any) -> Any:
    tables = Context.load(retail).tables()
    whole = select_grammar(tables)

    def check(sql: str) -> bool:
        return bool(matches(whole, sql))

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


CONTEXT = Context(
    Schema((Table("customer", (Column("id", "INTEGER"), Column("city"), Column("tier")), ("id",)),)),
    Glossary(tables={"customer": TableWords(columns={"tier": ColumnWords(values={"G": ["gold"]})})}),
)


@pytest.mark.parametrize(
    ("sql", "allowed"),
    [
        ("SELECT id FROM customer WHERE city = 'Lyon'", True),
        ("SELECT id FROM customer WHERE city = 'new york'", True),
        ("SELECT id FROM customer WHERE city = 'New York'", True),
        ("SELECT id FROM customer WHERE city ILIKE '%York%'", True),
        ("SELECT id FROM customer WHERE tier = 'G'", True),
        ("SELECT id FROM customer WHERE city > '2024-01-31'", True),
        ("SELECT DATE_TRUNC('month', city) FROM customer", True),
        ("SELECT id FROM customer WHERE city = 'Lyra'", False),
        ("SELECT id FROM customer WHERE tier = 'P'", False),
    ],
)
def test_texts_come_from_the_prompt(matches: Any, sql: str, allowed: bool) -> None:
    assert matches(grammar("Gold customers in lyon or new york?", CONTEXT), sql) is allowed


def test_worked_examples_bring_their_names_and_texts(matches: Any) -> None:
    shot = Example("s", "in Rome?", "SELECT id FROM customer WHERE city = 'Rome'")
    assert matches(grammar("how many?", CONTEXT, [shot]), shot.sql)
    assert not matches(grammar("how many?", CONTEXT), shot.sql)


def test_takes_a_refusal(accepts: Any) -> None:
    assert accepts("CANNOT ANSWER") and accepts("CANNOT ANSWER: shoe size")


def test_the_golds_of_training_questions_are_in_sight(retail: Path, matches: Any) -> None:
    context = Context.load(retail, str(company.glossary()))
    asked = [e for e in company.questions("train") if e.sql]
    blind = [e.question for e in asked if not matches(grammar(e.question, context), canonical(e.sql or "", context.tables()))]
    assert len(blind) <= 0.1 * len(asked), blind
