"""The Modelfile: filled in as Ollama would, its template gives the text, and so the tokens, that training saw."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sqlkit.errors import InputError
from sqlkit.model.huggingface import chat_text, load_tokenizer
from sqlkit.prompt import SYSTEM
from sqlkit.records import Prompt
from sqlkit.train.export.ollama import go_template, modelfile

USER = "cust (customer): cust_id number key; cty text = 'O''Hara'\nquestion: how many {braces}?"
CHATML = "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
NO_SYSTEM = (
    "{{ bos_token }}{% for m in messages %}{% if m['role'] == 'system' %}{{ raise_exception('no system role') }}{% endif %}"
    "<start>{{ m['role'] }} {{ '{{' }} {{ m['content'] }}<stop>{% endfor %}{% if add_generation_prompt %}<start>model{% endif %}"
)
TRIMMING = CHATML.replace("m['content']", "m['content'] | trim")
SHOUTING = CHATML.replace("m['content']", "m['content'] | upper")


@pytest.fixture
def tokenizer(base: Path) -> Any:
    made = load_tokenizer(str(base))
    made.bos_token = "<|system|>"  # any of its tokens
    return made


def filled(template: str, prompt: Prompt) -> str:
    """What Ollama makes of it for a first question; our templates use no other part of Go's."""
    holes = (("{{ .System }}", prompt.system), ("{{ .Prompt }}", prompt.user), ("{{ .Response }}", ""), ('{{ "{{" }}', "{{"))
    for hole, text in holes:
        template = template.replace(hole, text)
    return template


@pytest.mark.parametrize("adds_bos", [False, True])
@pytest.mark.parametrize("template", ["own", CHATML, TRIMMING, NO_SYSTEM], ids=["own", "chatml", "trims", "no system role"])
def test_the_template_gives_the_tokens_of_training(template: str, adds_bos: bool, tokenizer: Any) -> None:
    if template != "own":
        tokenizer.chat_template = template
    prompt = Prompt(SYSTEM, USER)
    text = filled(go_template(tokenizer, adds_bos=adds_bos), prompt)
    wanted = chat_text(tokenizer, prompt)
    if adds_bos and template == NO_SYSTEM:  # llama.cpp puts it there, and must not find it there
        assert not text.startswith(tokenizer.bos_token)
        text = tokenizer.bos_token + text
    if template == "own" and adds_bos:
        assert wanted.startswith(tokenizer.bos_token)
        text = tokenizer.bos_token + text
    assert tokenizer(text)["input_ids"] == tokenizer(wanted)["input_ids"]


def test_the_file_names_model_prompt_and_stop(tokenizer: Any) -> None:
    text = modelfile(tokenizer, adds_bos=False, max_new_tokens=110, context=1024)
    assert text.startswith("FROM ./model.gguf\n") and f'SYSTEM """{SYSTEM}"""' in text
    assert 'PARAMETER stop "<|end|>"' in text and "PARAMETER temperature 0\n" in text and "PARAMETER num_predict 110\n" in text


def test_a_template_that_changes_messages_is_refused(tokenizer: Any) -> None:
    tokenizer.chat_template = SHOUTING
    with pytest.raises(InputError, match="changes the messages"):
        go_template(tokenizer, adds_bos=False)
