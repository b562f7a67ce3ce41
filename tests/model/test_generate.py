"""Generation on a tiny random model: sampled answers never change the greedy one, and are the same every time."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from sqlkit.embedded import folder
from sqlkit.prompt import SYSTEM
from sqlkit.records import Prompt

PROMPTS = [Prompt(SYSTEM, "t: a number\nquestion: how many?"), Prompt(SYSTEM, "t: a number; b text = 'x'\nquestion: which b is the most?")]
GRAMMAR = 'start: "SELECT a FROM t" (" WHERE a = " /[0-9]{1,3}/)?'


@pytest.fixture(scope="module")
def model() -> Any:
    import torch
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    from sqlkit.model.huggingface import HuggingFaceModel

    torch.manual_seed(0)
    tokenizer = AutoTokenizer.from_pretrained(folder("base"))
    tokenizer.padding_side = "left"
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=2, intermediate_size=64,
        pad_token_id=tokenizer.pad_token_id, eos_token_id=tokenizer.eos_token_id, bos_token_id=None, tie_word_embeddings=True,
    )
    return HuggingFaceModel(LlamaForCausalLM(config).eval(), tokenizer)


@pytest.mark.parametrize("grammar", [None, GRAMMAR, [GRAMMAR, GRAMMAR.replace(" a", " b")]])
def test_samples_stand_beside_the_same_greedy_answer(model: Any, grammar: Any) -> None:
    alone = model.generate(PROMPTS, max_new_tokens=12, grammar=grammar)
    beside = model.generate(PROMPTS, max_new_tokens=12, grammar=grammar, samples=3)
    again = model.generate(PROMPTS, max_new_tokens=12, grammar=grammar, samples=3)
    assert [g.text for g in alone] == [g.text for g in beside]
    assert all(g.others == () for g in alone) and all(len(g.others) == 3 for g in beside)
    assert [g.others for g in beside] == [g.others for g in again]
    assert [g.refuse_probability for g in beside] == pytest.approx([g.refuse_probability for g in alone], rel=1e-4)
    assert any(len({g.text, *g.others}) > 1 for g in beside)


def test_every_sample_keeps_to_the_grammar_of_its_prompt(model: Any) -> None:
    rules = [GRAMMAR, GRAMMAR.replace(" a", " b")]
    for name, made in zip("ab", model.generate(PROMPTS, max_new_tokens=30, grammar=rules, samples=4), strict=True):
        for text in (made.text, *made.others):
            assert text.startswith(f"SELECT {name} FROM t"), text


def test_answers_that_are_kept_are_not_asked_for_again(model: Any) -> None:
    kept: dict[int, Any] = {}
    whole = model.generate(PROMPTS, max_new_tokens=12, batch_size=1, kept=kept)
    assert [kept[0], kept[1]] == whole
    other = dataclasses.replace(kept[1], text="kept")
    told: list[tuple[int, int]] = []
    again = model.generate(PROMPTS, max_new_tokens=12, batch_size=1, kept={1: other}, progress=lambda *n: told.append(n))
    assert (again[0].text, again[1]) == (whole[0].text, other) and told == [(2, 2)]
    mixed = model.generate(PROMPTS, max_new_tokens=12, batch_size=2, kept={1: other})  # a batch is asked whole
    assert mixed[1].text == whole[1].text


def test_a_broken_grammar_is_named(model: Any) -> None:
    from sqlkit.errors import InputError

    with pytest.raises(InputError, match="grammar"):
        model.generate(PROMPTS[:1], grammar="start: nothing_of_that_name")


def test_answers_of_all_lengths_come_whole_however_long_a_stage_is(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    grammar = 'start: "SELECT a FROM t" (" WHERE a = " /[0-9]{1,40}/)?'
    told = []
    for stage in (3, 7, 100):
        monkeypatch.setattr("sqlkit.model.huggingface.STAGE", stage)
        told.append(model.generate(PROMPTS, max_new_tokens=40, grammar=grammar, samples=6))
    assert [[g.text for g in made] for made in told] == [[g.text for g in told[0]]] * 3  # what is drawn differs, the greedy answer does not
    for made in told:
        lengths = {len(text) for g in made for text in (g.text, *g.others)}
        assert len(lengths) > 2 and all(text.startswith("SELECT a FROM t") for g in made for text in (g.text, *g.others))


def test_answers_that_go_on_when_enough_are_whole_are_left_off(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from sqlkit.model.constrain import FirstIsGreedy

    grammar = 'start: "SELECT " /[a-z]{1,80}/ " FROM t;"'
    monkeypatch.setattr("sqlkit.model.huggingface.STAGE", 4)
    # the greedy answers of random weights never end, so the first is drawn as well
    monkeypatch.setattr("sqlkit.model.constrain.FirstIsGreedy", lambda greedy, heat: FirstIsGreedy([False] * len(greedy), heat))
    asked = PROMPTS * 8
    some = model.generate(asked, max_new_tokens=120, batch_size=7, grammar=grammar, samples=6)
    assert any(len(g.others) < 6 for g in some) and all(1 + len(g.others) >= 3.5 for g in some)
    assert all(text.endswith(";") for g in some for text in (g.text, *g.others))  # nothing that was cut has a vote
    monkeypatch.setattr("sqlkit.model.huggingface.ENOUGH", 2.0)  # never
    every = model.generate(asked, max_new_tokens=120, batch_size=7, grammar=grammar, samples=6)
    assert all(len(g.others) == 6 for g in every)
