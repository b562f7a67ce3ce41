"""The grammar takes what the generator and people write over a schema, and nothing else."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sqlkit.data import company
from sqlkit.embedded import folder
from sqlkit.prompt import Context
from sqlkit.records import Example, read_jsonl
from sqlkit.schema.ddl import parse_ddl, to_ddl
from sqlkit.schema.glossary import ColumnWords, Glossary, Metric, TableWords
from sqlkit.schema.types import Column, Schema, Table
from sqlkit.schema.values import Profile
from sqlkit.sight import grammar
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

    check.matcher = lambda text: llguidance.LLMatcher(tokens, llguidance.LLMatcher.grammar_from_lark(text))  # type: ignore[attr-defined]
    check.tokenizer = tokenizer  # type: ignore[attr-defined]
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
    for scoped in (False, True):
        texts = [(grammar(e.question, context, scoped=scoped), canonical(e.sql or "", context.tables())) for e in asked]
        blind = [e.question for e, (text, sql) in zip(asked, texts, strict=True) if not matches(text, sql)]
        assert len(blind) <= 0.1 * len(asked), (scoped, blind)


@pytest.mark.parametrize("row", list(read_jsonl(Path(__file__).with_name("scoped.jsonl"))), ids=lambda row: row["sql"])
def test_names_in_scope_types_that_fit_joins_along_keys(row: dict[str, Any], shop: Context, matches: Any) -> None:
    assert matches(grammar(row["question"], shop, scoped=True), row["sql"]) is row["allowed"], row["why"]


@pytest.fixture(scope="module")
def shop() -> Context:
    ddl = """
        CREATE TABLE customer (id INTEGER PRIMARY KEY, name VARCHAR NOT NULL, city VARCHAR, tier VARCHAR, born DATE);
        CREATE TABLE sale (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customer (id), day DATE NOT NULL,
            sent DATE, amount DECIMAL(10, 2) NOT NULL, paid BOOLEAN);
        CREATE TABLE line (sale_id INTEGER REFERENCES sale (id), no INTEGER, quantity INTEGER, price DOUBLE, PRIMARY KEY (sale_id, no));
        CREATE TABLE staff (id INTEGER PRIMARY KEY, name VARCHAR, boss INTEGER REFERENCES staff (id), wage INTEGER);
    """
    words = Glossary(
        tables={"customer": TableWords(columns={"tier": ColumnWords(values={"G": ["gold"], "S": ["silver"]})})},
        metrics={"turnover": Metric(table="line", sql="SUM(line.quantity * line.price)")},
    )
    index = {"lyon": (("customer", "city", "Lyon"),)}
    return Context(parse_ddl(ddl), words, Profile(index=index))


WALKED = [
    "which gold customers of Lyon have sales above 200 in March 2024?",
    "turnover per city and quarter in 2023, top 5",
    "staff who earn more than their boss",
    "days from day to sent of paid sales",
    "how many?",
]


def test_what_the_grammar_lets_pass_runs(shop: Context, matches: Any) -> None:
    """Random walks through the grammar; only groups by several columns may differ from what is shown."""
    database = duckdb.connect()
    database.execute(to_ddl(shop.schema))
    draw, failed, ran = random.Random(0), [], 0
    for question in WALKED * 14:
        matcher = matches.matcher(grammar(question, shop, scoped=True))
        ids: list[int] = []
        while not matcher.is_stopped() and len(ids) < 150:
            allowed = [i for i, bias in enumerate(matcher.compute_logit_bias()) if bias]
            ids.append(draw.choice(allowed + 4 * [i for i in allowed if i == matches.tokenizer.eos_token_id]))
            assert matcher.consume_token(ids[-1])
        text = matches.tokenizer.decode(ids, skip_special_tokens=True)
        if ids[-1] == matches.tokenizer.eos_token_id and not text.startswith("CANNOT"):
            ran += 1
            try:
                database.execute(text)
            except duckdb.BinderException as error:
                failed.append(f"{text}: {error}")
    assert ran > 20 and len(failed) <= 0.1 * ran, failed


@pytest.mark.parametrize(("tables", "columns"), [(9, 14), (3, 60), (2, 150)])
def test_however_much_is_in_sight_the_grammar_can_be_used(matches: Any, tables: int, columns: int) -> None:
    """llguidance panics above 65,525 symbols; a worked example with several joins brings more tables into sight than linking does."""
    names = [f"some_long_table_name_{i}" for i in range(tables)]
    kinds = ("INTEGER", "VARCHAR", "DATE", "DOUBLE")
    ddl = ";".join(
        f"CREATE TABLE {name} (id INTEGER PRIMARY KEY, before INTEGER {f'REFERENCES {names[i - 1]} (id)' if i else ''}, "
        + ", ".join(f"rather_long_column_{i}_{j} {kinds[j % 4]}" for j in range(columns)) + ")"
        for i, name in enumerate(names)
    )
    context = Context(parse_ddl(ddl), Glossary(), Profile())
    shown = [f"{name}.rather_long_column_{i}_{j}" for i, name in enumerate(names) for j in range(columns)]
    shot = Example("a", "all of it", f"SELECT {', '.join(shown)} FROM {' JOIN '.join(names)}")
    text = grammar("how many some long table name 0 are there", context, [shot], scoped=True)
    matcher = matches.matcher(text)
    assert not matcher.get_error(), matcher.get_error()[:200]
    assert matches(text, f"SELECT COUNT(*) FROM {names[0]}")
