"""Grammars over a database with several schemas and names that must be quoted."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from sqlkit.embedded import folder
from sqlkit.prompt import Context
from sqlkit.schema.glossary import Glossary, Metric
from sqlkit.sight import grammar

# one table name in both schemas, a schema with a space, reserved words, a name that a rule has too (ID), rule names that fall together
DDL = """
CREATE SCHEMA sales; CREATE SCHEMA "Back Office";
CREATE TABLE client ("Client ID" INT PRIMARY KEY, "Full Name" VARCHAR NOT NULL, "Größe" DOUBLE, boss INT REFERENCES client ("Client ID"));
CREATE TABLE sales."Order" (id INT PRIMARY KEY, "Date" DATE NOT NULL, total DECIMAL(9, 2) NOT NULL, "Client ID" INT NOT NULL);
CREATE TABLE sales.Order_line (id INT PRIMARY KEY, "Order" INT NOT NULL REFERENCES sales."Order" (id), price DOUBLE NOT NULL);
CREATE TABLE "Back Office"."Order" (id INT PRIMARY KEY, line_id INT NOT NULL, weight DOUBLE NOT NULL);
INSERT INTO client VALUES (1, 'Ada', 1.7, NULL); INSERT INTO client VALUES (2, 'Bob', 1.8, 1);
INSERT INTO sales."Order" VALUES (1, DATE '2024-01-05', 10, 1), (2, DATE '2024-02-05', 20, 2);
INSERT INTO sales.Order_line VALUES (1, 1, 5), (2, 2, 7);
INSERT INTO "Back Office"."Order" VALUES (1, 1, 2.5);
"""
METRIC = 'SUM(sales.Order_line.price * 2)'


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Context, duckdb.DuckDBPyConnection]]:
    path = tmp_path_factory.mktemp("several") / "several.duckdb"
    with duckdb.connect(str(path)) as made:
        made.execute(DDL)
    words = Glossary(metrics={"turnover": Metric(table="sales.Order_line", sql=METRIC)})
    context = Context.load(path, words)
    with duckdb.connect(str(path)) as database:
        yield context, database


@pytest.fixture(scope="module")
def compiled() -> Any:
    import llguidance
    from llguidance.hf import from_tokenizer
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder("base"))
    tokens = from_tokenizer(tokenizer)

    def make(text: str) -> Any:
        matcher = llguidance.LLMatcher(tokens, llguidance.LLMatcher.grammar_from_lark(text))
        assert not matcher.get_error(), matcher.get_error()
        return matcher

    make.tokenizer = tokenizer  # type: ignore[attr-defined]
    return make


@pytest.mark.parametrize("scoped", [False, True])
@pytest.mark.parametrize(
    ("sql", "allowed"),
    [
        ('SELECT SUM(total) FROM sales."Order"', True),
        ('SELECT SUM(weight) FROM "Back Office"."Order"', True),
        ('SELECT SUM(sales."Order".total), COUNT(*) FROM sales.Order_line JOIN sales."Order" ON sales.Order_line."Order" = sales."Order".id', True),
        ('SELECT t1."Full Name" FROM client AS t1 JOIN client AS t2 ON t1.boss = t2."Client ID"', True),
        ('SELECT "Full Name" FROM client', True),
        ('SELECT SUM(total) FROM "sales.Order"', False),
        ('SELECT SUM(total) FROM "Order"', False),
        ('SELECT SUM(total) FROM sales."Client"', False),
    ],
)
def test_tables_stand_behind_their_schema(several: tuple[Context, Any], compiled: Any, sql: str, allowed: bool, scoped: bool) -> None:
    context, database = several
    question = "total of sales orders with their lines, back office order weights, full names of clients and boss"
    ids = [*compiled.tokenizer(sql, add_special_tokens=False)["input_ids"], compiled.tokenizer.eos_token_id]
    matcher = compiled(grammar(question, context, scoped=scoped))
    assert (matcher.validate_tokens(ids) == len(ids)) is allowed
    if allowed:
        assert database.execute(sql).fetchall()


def test_a_metric_of_a_table_in_a_schema_may_be_used(several: tuple[Context, Any], compiled: Any) -> None:
    context, database = several
    sql = 'SELECT SUM(price * 2) FROM sales.Order_line'
    ids = [*compiled.tokenizer(sql, add_special_tokens=False)["input_ids"], compiled.tokenizer.eos_token_id]
    assert compiled(grammar("what is the turnover?", context, scoped=True)).validate_tokens(ids) == len(ids)
    assert database.execute(sql).fetchall() == [(24.0,)]


def test_what_the_grammar_lets_pass_runs(several: tuple[Context, Any], compiled: Any) -> None:
    """Random walks, as on plain names."""
    context, database = several
    draw, failed, ran = random.Random(0), [], 0
    for question in ["orders of clients and their lines, by date", "turnover per order", "full names of clients and their boss", "client id 1"] * 12:
        matcher, ids = compiled(grammar(question, context, scoped=True, refusal=False)), []
        while not matcher.is_stopped() and len(ids) < 150:
            allowed = [i for i, bias in enumerate(matcher.compute_logit_bias()) if bias]
            ids.append(draw.choice(allowed + 4 * [i for i in allowed if i == compiled.tokenizer.eos_token_id]))
            assert matcher.consume_token(ids[-1])
        if ids[-1] == compiled.tokenizer.eos_token_id:
            ran += 1
            try:
                database.execute(compiled.tokenizer.decode(ids, skip_special_tokens=True))
            except duckdb.Error as error:
                failed.append(str(error))
    assert ran > 15 and len(failed) <= 0.1 * ran, failed
