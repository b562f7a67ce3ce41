"""A shop in DuckDB, a glossary, an adapter's papers, and a model that follows a script."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from sqlkit.model.adapter import MANIFEST, Manifest
from sqlkit.model.types import Generation, Grammar, Progress
from sqlkit.prompt import Context, fingerprint
from sqlkit.records import Example, Prompt, write_jsonl

SHOP = """
CREATE TABLE cust (cust_id INTEGER PRIMARY KEY, nm VARCHAR, city VARCHAR, born DATE);
CREATE TABLE ord (ord_id INTEGER PRIMARY KEY, cust_id INTEGER REFERENCES cust (cust_id), amt DECIMAL(10,2), st_cd VARCHAR,
  ord_ts TIMESTAMP, doc BLOB);
INSERT INTO cust VALUES (1, 'Ada', 'Lyon', '1990-03-05'), (2, 'Bob', 'Lyon', '1985-01-31'), (3, 'Cid', 'Nice', NULL);
INSERT INTO ord VALUES (1, 1, 100.50, 'S', '2024-03-05 14:30:00', 'ab'::BLOB), (2, 1, 49.50, 'X', '2024-04-01', NULL),
  (3, 2, 10, 'S', '2024-04-02', NULL);
"""
GLOSSARY = """
tables:
  cust: {name: customer, plural: customers, columns: {nm: {name: name}}}
  ord:
    name: order
    plural: orders
    columns: {amt: {name: amount, unit: EUR}, st_cd: {name: status, values: {S: [shipped], X: [cancelled]}}}
"""


@dataclasses.dataclass
class Script:
    """A model that answers by a function of prompt and grammar, and remembers what it was asked."""

    say: Callable[[Prompt, bool], str]
    refuse_probability: float = 0.0
    asked: list[tuple[Prompt, bool]] = dataclasses.field(default_factory=list)
    closed: bool = False

    def generate(
        self,
        prompts: Sequence[Prompt],
        *,
        max_new_tokens: int = 160,
        batch_size: int = 16,
        grammar: Grammar = None,
        samples: int = 0,
        progress: Progress | None = None,
    ) -> list[Generation]:
        self.asked += [(p, grammar is not None) for p in prompts]
        return [
            Generation(self.say(p, grammar is not None), refuse_probability=self.refuse_probability) for p in prompts
        ]

    def close(self) -> None:
        self.closed = True


@pytest.fixture(scope="session")
def script() -> type[Script]:
    return Script


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import duckdb

    path = tmp_path_factory.mktemp("shop") / "shop.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(SHOP)
    return path


@pytest.fixture(scope="session")
def glossary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("words") / "glossary.yaml"
    path.write_text(GLOSSARY, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def context(shop: Path, glossary: Path) -> Context:
    return Context.load(shop, glossary)


@pytest.fixture(scope="session")
def adapter(tmp_path_factory: pytest.TempPathFactory, context: Context) -> Path:
    """What `sqlkit train` leaves, without the weights."""
    folder = tmp_path_factory.mktemp("adapter")
    manifest = Manifest(
        base="embedded",
        base_sha256="b",
        tokenizer_sha256="t",
        chat_template_sha256="c",
        prompt_fingerprint=fingerprint(),
        method="qlora",
        refuse_threshold=0.4,
    )
    (folder / MANIFEST).write_text(manifest.model_dump_json(), encoding="utf-8")
    context.save(folder)
    write_jsonl(folder / "examples.jsonl", [Example("e1", "how many customers live in Nice?", "SELECT 1")])
    return folder
