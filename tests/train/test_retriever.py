"""A retriever tuned for real on a small build: rows it learns from, what it finds, and that prompts and adapters know which one shaped them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sentence_transformers")
from sqlkit import commands, commands_retriever
from sqlkit.data import company
from sqlkit.data.build import build
from sqlkit.embedded import folder
from sqlkit.errors import AdapterError, InputError, RunError
from sqlkit.model.adapter import check_adapter
from sqlkit.model.huggingface import load_tokenizer
from sqlkit.model.retriever import Retriever, Tables, documents, load_embedding, retriever_hash
from sqlkit.prompt import Context, fingerprint, render
from sqlkit.recipe import Recipe
from sqlkit.records import Example, read_jsonl, write_jsonl
from sqlkit.train.retriever import Known, alike, unlike, with_tables

EPOCHS = 8
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:::(sentence_transformers|torch|transformers).*")]
ASKED = [
    Known.of("how many orders are there?", "SELECT COUNT(*) FROM ord", ["ord"]),
    Known.of("number of orders", "SELECT COUNT(ord_id) FROM ord", ["ord"]),
    Known.of("how many customers are there?", "SELECT COUNT(*) FROM cust", ["cust"]),
    Known.of("list the orders", "SELECT * FROM ord", ["ord"]),
]


@pytest.fixture(scope="session")
def reranker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random cross-encoder of one small layer with the embedded base's tokenizer."""
    import torch
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

    torch.manual_seed(0)
    out = tmp_path_factory.mktemp("reranker")
    tokenizer = AutoTokenizer.from_pretrained(folder("base"))
    config = BertConfig(
        vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64, num_labels=1,
        pad_token_id=tokenizer.pad_token_id, max_position_embeddings=512,
    )  # fmt: skip
    BertForSequenceClassification(config).save_pretrained(out)
    tokenizer.save_pretrained(out)
    return out


def tune(pairs: Path, out: Path, **more: Any) -> str:
    return commands_retriever.tune(Recipe(dev_questions=str(pairs / "dev8.jsonl")), pairs, out, **more)


@pytest.fixture(scope="session")
def tuned(pairs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Static embeddings tuned on the 24 pairs of the session's build."""
    write_jsonl(pairs / "dev8.jsonl", company.questions("dev")[:8])
    out = tmp_path_factory.mktemp("tuned") / "retriever"
    tune(pairs, out, epochs=EPOCHS, batch_size=16)
    return out


def test_what_is_alike_has_the_same_parts_over_the_same_tables() -> None:
    assert set(alike(ASKED, 0)) == {(ASKED[0].question, ASKED[1].question), (ASKED[1].question, ASKED[0].question)}
    assert all(not next(k for k in ASKED if k.question == a).helps(next(k for k in ASKED if k.question == b)) for a, b in unlike(ASKED, 0))


def test_tables_of_the_sql_are_told_from_others() -> None:
    rows = with_tables(ASKED[:1], {"ord": "orders", "cust": "customers", "prd": "products"}, 0)
    assert rows[0] == (ASKED[0].question, "orders", 1.0) and sorted(rows[1:]) == [(ASKED[0].question, "customers", 0.0), (ASKED[0].question, "products", 0.0)]


def test_documents_hold_names_and_words_but_no_values(retail: Path) -> None:
    context = Context.load(retail, company.glossary())
    texts = documents(context.schema, context.glossary)
    assert "order" in texts["ord"] and "ord_dt" in texts["ord"] and "Lyon" not in str(texts)


def test_recall_is_told_before_and_after(tuned: Path) -> None:
    told = json.loads((tuned / "recall.json").read_text())
    assert list(told["tables"]["at"]["1"]) == ["lexical", "untuned", "tuned"] and told["tables"]["n"] > 0


def test_it_learns_which_tables_its_own_questions_need(pairs: Path, tuned: Path) -> None:
    """On what it was tuned on: 24 pairs are too few to say anything of other questions."""
    rows = [row for row in read_jsonl(pairs / "examples.jsonl") if row["sql"] and row["tables"]]
    context = Context.open(pairs)
    texts = documents(context.schema, context.glossary)

    def first(embedding: str) -> float:
        rank = Tables(load_embedding(embedding), None, texts)
        return sum(rank(row["question"])[0] in row["tables"] for row in rows) / len(rows)

    assert first(str(tuned / "embedding")) > first("static") + 0.2


def test_the_folder_again_only_measures_and_other_settings_are_refused(pairs: Path, tuned: Path) -> None:
    before, page = retriever_hash(tuned), (tuned / "recall.md").read_text()
    assert tune(pairs, tuned, epochs=EPOCHS, batch_size=16) == page and retriever_hash(tuned) == before
    with pytest.raises(RunError, match=rf"epochs = {EPOCHS}, this one has 5; use another --out"):
        tune(pairs, tuned, epochs=5, batch_size=16)


def test_stopped_and_run_again_it_is_the_same(pairs: Path, tuned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from transformers import Trainer

    save = Trainer._save_checkpoint
    seen: list[int] = []

    def stop(self: Any, *given: Any, **more: Any) -> None:
        save(self, *given, **more)
        seen.append(self.state.global_step)
        if len(seen) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(Trainer, "_save_checkpoint", stop)
    with pytest.raises(KeyboardInterrupt):
        tune(pairs, tmp_path / "r", epochs=EPOCHS, batch_size=16)
    monkeypatch.undo()
    assert not (tmp_path / "r" / "embedding").exists()
    tune(pairs, tmp_path / "r", epochs=EPOCHS, batch_size=16)
    assert retriever_hash(tmp_path / "r") == retriever_hash(tuned)


def test_a_cross_encoder_reorders_what_the_embeddings_found(pairs: Path, tuned: Path, reranker: Path, tmp_path: Path) -> None:
    page = tune(pairs, tmp_path / "r", epochs=1, batch_size=16, reranker=str(reranker))
    examples = [Example(str(i), k.question, "SELECT 1") for i, k in enumerate(ASKED)]
    first = Retriever(tmp_path / "r").shots(examples).nearest("how many orders?", 4)
    assert "reranked" in page and sorted(e.id for e in first) == ["0", "1", "2", "3"]
    assert retriever_hash(tmp_path / "r") != retriever_hash(tuned)


def test_examples_come_nearest_last_and_never_the_question_itself(tuned: Path) -> None:
    examples = [Example(str(i), k.question, "SELECT 1") for i, k in enumerate(ASKED)]
    shots = Retriever(tuned).shots(examples)
    assert [e.id for e in shots.nearest("HOW MANY ORDERS ARE THERE?", 4)] and "0" not in [e.id for e in shots.nearest("HOW MANY ORDERS ARE THERE?", 4)]
    assert "2" not in [e.id for e in shots.nearest("something", 4, exclude_id="2")] and len(shots.nearest("something", 2)) == 2
    assert Retriever(tuned).shots([]).nearest("anything") == []


def test_prompts_and_adapters_know_their_retriever(
    retail: Path, tuned: Path, recipe: Callable[..., Recipe], tmp_path: Path, pairs: Path
) -> None:
    """Built, trained and loaded with it; taken away or changed, the adapter is refused."""
    finder = Retriever(tuned)
    data = tmp_path / "data"
    manifest = build(data, database=retail, glossary=company.glossary(), pairs=12, seed=1, retriever=finder)
    assert manifest["prompt_fingerprint"] == fingerprint(finder.hash) != fingerprint()
    made = recipe(retriever=str(tuned), max_steps=2)
    with pytest.raises(InputError, match="another retriever or sqlkit"):
        commands.train(made, pairs, tmp_path / "no", quiet=True)
    adapter = commands.train(made, data, tmp_path / "run", quiet=True)
    assert retriever_hash(adapter / "retriever") == finder.hash
    tokenizer = load_tokenizer(made.base_model)
    assert check_adapter(adapter, made.base_model, tokenizer).prompt_fingerprint == fingerprint(finder.hash)
    from sqlkit.query.context import adapter_retriever, live_context

    question = "how many orders were shipped late in 2024?"
    carried = adapter_retriever(adapter)
    assert carried is not None
    served = render(question, carried.attach(live_context(retail, adapter)))
    assert served == render(question, finder.attach(Context.load(retail, company.glossary())))
    shutil.rmtree(adapter / "retriever" / "embedding")
    with pytest.raises(AdapterError, match="was trained with prompt"):
        check_adapter(adapter, made.base_model, tokenizer)


@pytest.mark.parametrize(
    ("more", "said"), [({"embedding": "nowhere/at-all"}, "cannot load embedding model nowhere/at-all"), ({"reranker": "nowhere/at-all", "epochs": 0.1}, "cannot load reranker")]
)
def test_a_model_that_is_not_there_is_one_line(more: dict[str, Any], said: str, pairs: Path, tuned: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=said) as told:
        tune(pairs, tmp_path / "r", **more)
    assert "\n" not in str(told.value)


def test_a_folder_that_is_no_retriever_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no retriever"):
        Retriever(tmp_path)
    with pytest.raises(InputError, match=r"holds no examples\.jsonl"):
        commands_retriever.tune(Recipe(), tmp_path, tmp_path / "r")
