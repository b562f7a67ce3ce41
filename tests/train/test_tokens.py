"""What the model sees: pruned to the budget, masked, stopped; and what of it stops a run before it begins."""

from __future__ import annotations

import copy
import dataclasses
import types
from pathlib import Path
from typing import Any

import pytest
import yaml

from sqlkit import commands
from sqlkit.embedded import folder
from sqlkit.errors import InputError
from sqlkit.recipe import Recipe
from sqlkit.records import Pair, Prompt, read_records, write_jsonl
from sqlkit.train.prune import prune
from sqlkit.train.tokens import Fitted, encode, fit, preflight

USER = """ord (order): ord_id number key; cust_id number -> cust.cust_id; st_cd text, status; note text
cust (customer): cust_id number key; cty text, city; phone text
whs (warehouse): whs_id number key; nm text
net revenue: SUM(ord.qty * ord.prc)
example: how many customers are there? => SELECT COUNT(*) FROM cust
question: how many orders were shipped?"""
SQL = "SELECT COUNT(*) FROM ord WHERE st_cd = 'S'"


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    from sqlkit.model.huggingface import load_tokenizer

    return load_tokenizer(str(folder("base")))


# lines or columns still there, by the most characters that fit
PRUNED = [
    (1000, None),
    (277, "example"),
    (250, "net revenue"),
    (200, "warehouse"),
    (140, "customer"),
    (125, "note"),
]


@pytest.mark.parametrize(("budget", "gone"), PRUNED)
def test_schema_goes_in_order_and_question_and_sql_never(budget: int, gone: str | None) -> None:
    prompt = Prompt("", USER)
    made = prompt if len(USER) <= budget else prune(prompt, SQL, lambda p: len(p.user) <= budget)
    assert made is not None and len(made.user) <= budget
    assert made.user.endswith("question: how many orders were shipped?")
    assert "ord (order): ord_id number key; cust_id number -> cust.cust_id; st_cd text, status" in made.user
    if gone:
        assert gone not in made.user
        at = [g for _, g in PRUNED[1:]].index(gone)
        assert not any(g in made.user for _, g in PRUNED[1 : at + 1] if g)


def test_what_cannot_fit_is_not_made_to() -> None:
    assert prune(Prompt("", USER), SQL, lambda p: len(p.user) < 40) is None
    assert prune(Prompt("", USER), "CANNOT ANSWER", lambda p: len(p.user) < 160).user.count("\n") == 1  # type: ignore[union-attr]


def test_metrics_that_the_answer_uses_stay() -> None:
    made = prune(Prompt("", USER), "SELECT SUM(ord.qty * ord.prc) FROM ord", lambda p: len(p.user) < 200)
    assert made is not None and "net revenue" in made.user and "cust (" not in made.user


def _pair(name: str, sql: str = SQL, user: str = USER) -> Pair:
    return Pair(name, Prompt("Write SQL.", user), sql)


def test_pairs_are_pruned_dropped_by_name_and_counted(tokenizer: Any) -> None:
    pairs = [_pair(f"p{i}") for i in range(150)]
    whole = len(encode(pairs[:1], tokenizer)[0].input_ids)
    assert fit(pairs, tokenizer, whole) == Fitted(encode(pairs, tokenizer), [], [])
    shorter = fit(pairs, tokenizer, whole - 20)
    assert len(shorter.pruned) == len(shorter.rows) == 150 and not shorter.dropped
    assert all(len(row.input_ids) <= whole - 20 for row in shorter.rows)
    long = _pair("long", sql=SQL + " AND st_cd <> 'X'" * 100)
    assert fit([*pairs, long], tokenizer, whole).dropped == ["long"]
    with pytest.raises(InputError, match=r"2 of 152 pairs .*first: long, long.*raise max_length"):
        fit([*pairs, long, long], tokenizer, whole)
    with pytest.raises(InputError, match="no pairs"):
        fit([], tokenizer, whole)


def _model(vocabulary: int, config: Any = None, generation: Any = None) -> Any:
    """What preflight looks at of a model."""
    weight = types.SimpleNamespace(weight=types.SimpleNamespace(shape=(vocabulary, 8)))
    ends = types.SimpleNamespace
    return ends(get_input_embeddings=lambda: weight, config=ends(eos_token_id=config), generation_config=ends(eos_token_id=generation))


def test_what_does_not_belong_together_is_refused(tokenizer: Any) -> None:
    rows = encode([_pair("p")], tokenizer)
    stop = tokenizer.eos_token_id
    preflight(rows, tokenizer, _model(len(tokenizer)))
    preflight(rows, tokenizer, _model(len(tokenizer), 7, [5, stop]))
    with pytest.raises(InputError, match="vocabulary"):
        preflight(rows, tokenizer, _model(100))
    with pytest.raises(InputError, match="stops at"):
        preflight(rows, tokenizer, _model(len(tokenizer), stop + 1, [stop + 2]))
    row = rows[0]
    size, answer = len(row.input_ids), sum(row.completion_mask)
    for ids, mask, said in (
        (row.input_ids[:-1], row.completion_mask[:-1], "stop token"),
        (row.input_ids, [1] * size, "its answer alone"),
        (row.input_ids, [0] * size, "its answer alone"),
        (row.input_ids, [0] * (size - answer - 1) + [1, 0] + [1] * (answer - 1), "its answer alone"),
    ):
        with pytest.raises(InputError, match=said):
            preflight([dataclasses.replace(row, input_ids=ids, completion_mask=mask)], tokenizer, _model(len(tokenizer)))


def test_a_beginning_token_that_stands_twice_is_refused(tokenizer: Any) -> None:
    twice = copy.deepcopy(tokenizer)
    twice.bos_token = twice.eos_token
    twice.chat_template = "{{ bos_token }}{{ bos_token }}" + twice.chat_template
    with pytest.raises(InputError, match="stands twice"):
        preflight(encode([_pair("p")], twice), twice, _model(len(twice)))


def test_a_template_that_renders_the_prompt_differently_is_refused(tokenizer: Any) -> None:
    other = copy.deepcopy(tokenizer)
    other.chat_template = "{{ messages | length }}" + other.chat_template
    with pytest.raises(InputError, match="renders a prompt differently"):
        encode([_pair("p")], other)


def test_show_tokens_prints_tokens_and_labels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_jsonl(tmp_path / "pairs.jsonl", [_pair("first"), _pair("second")])
    commands.show_tokens(Recipe(), tmp_path, 1)
    said = capsys.readouterr().out
    rows = read_records(Pair, tmp_path / "pairs.jsonl")
    assert "first:" in said and "with a label" in said and "second:" not in said
    assert "question" in said.replace("·", "") and rows[0].completion in said.replace("·", "").replace("\n", "")


def test_labels_are_coloured_and_the_stop_token_is_red(tokenizer: Any) -> None:
    from sqlkit.train.tokens import coloured

    text = coloured(encode([_pair("p")], tokenizer)[0], tokenizer)
    styled = {style: "".join(text.plain[s.start : s.end] for s in text.spans if s.style == style) for style in ("green", "bold red")}
    assert styled["bold red"] == tokenizer.eos_token and "SELECT" in styled["green"] and "question" not in styled["green"]


FAMILIES = yaml.safe_load(Path(__file__).with_name("families.yaml").read_text(encoding="utf-8"))


def _family(tokenizer: Any, name: str) -> Any:
    made, family = copy.deepcopy(tokenizer), FAMILIES[name]
    made.add_special_tokens({"eos_token": family["eos"], "additional_special_tokens": family["more"]})
    if "bos" in family:
        made.add_special_tokens({"bos_token": family["bos"]})
    made.chat_template = family["template"]
    return made


@pytest.mark.parametrize("name", FAMILIES)
def test_chat_families_train_as_they_are_served(name: str, tokenizer: Any) -> None:
    from sqlkit.model.huggingface import HuggingFaceModel, chat_text

    made, family = _family(tokenizer, name), FAMILIES[name]
    pair = Pair("p", Prompt("Write SQL.", "question: how many?"), "SELECT 1")
    row = encode([pair], made)[0]
    served = HuggingFaceModel(None, made).encode([pair.prompt])[0]
    labels = [token for token, label in zip(row.input_ids, row.completion_mask, strict=True) if label]
    assert chat_text(made, pair.prompt) == family["prompt"]
    assert row.input_ids == served + labels
    assert labels == made(family["answer"], add_special_tokens=False)["input_ids"]
    assert labels[-1] == made.eos_token_id and made.eos_token_id not in labels[:-1]
    preflight([row], made, _model(len(made), made.eos_token_id))


def test_a_template_that_renders_nothing_is_refused(tokenizer: Any) -> None:
    broken = copy.deepcopy(tokenizer)
    broken.chat_template = "{{ raise_exception('no') }}"
    with pytest.raises(InputError, match="cannot render a prompt"):
        encode([_pair("p")], broken)
