"""A Modelfile beside a GGUF: our chat template in Ollama's form, our system prompt, our stop tokens.

The form: https://github.com/ollama/ollama/blob/main/docs/modelfile.md; templates are Go's text/template.
"""

from __future__ import annotations

from typing import Any

from sqlkit.errors import InputError
from sqlkit.model.huggingface import GGUF, chat_text
from sqlkit.prompt import SYSTEM
from sqlkit.records import Prompt

MARKS = ("\u2af7system\u2af8", "\u2af7user\u2af8")
OTHERS = (("Write SQL.", "question: how many?"), ("a {{ b }}", "two\n lines"))  # prompts neither begin nor end with blanks


def modelfile(tokenizer: Any, *, adds_bos: bool, max_new_tokens: int, context: int) -> str:
    """The Modelfile. adds_bos: llama.cpp puts the beginning token before every prompt itself, so the template must not.

    Raises InputError when the template does more with a message than write it, so that no text with holes can stand for it.
    """
    template = go_template(tokenizer, adds_bos=adds_bos)
    stops = dict.fromkeys(text for text in (tokenizer.eos_token, tokenizer.pad_token) if text)
    if '"""' in template:
        raise InputError('the chat template holds """, which a Modelfile cannot')
    lines = [f"FROM ./{GGUF}", f'TEMPLATE """{template}"""', f'SYSTEM """{SYSTEM}"""']
    lines += [f"PARAMETER stop {_quoted(text)}" for text in stops]
    lines += ["PARAMETER temperature 0", f"PARAMETER num_predict {max_new_tokens}", f"PARAMETER num_ctx {context}"]
    return "\n".join(lines) + "\n"


def go_template(tokenizer: Any, *, adds_bos: bool) -> str:
    """The chat template for one system and one user message, with Ollama's names where they stand. Raises InputError."""
    text = chat_text(tokenizer, Prompt(*MARKS))
    start = tokenizer.bos_token or ""
    if adds_bos and start and text.startswith(start):
        text = text[len(start) :]
    for system, user in OTHERS:
        rendered = chat_text(tokenizer, Prompt(system, user))
        rendered = rendered[len(start) :] if adds_bos and start and rendered.startswith(start) else rendered
        if text.replace(MARKS[0], system).replace(MARKS[1], user) != rendered:
            raise InputError("the chat template changes the messages that it writes, so it cannot be written for Ollama; --to gguf keeps it as it is")
    parts: list[str] = []
    for i, part in enumerate(text.replace(MARKS[1], MARKS[0]).split(MARKS[0])):
        parts += ([("{{ .System }}", "{{ .Prompt }}")[i - 1]] if i else []) + [part.replace("{{", '{{ "{{" }}')]
    if [text.count(mark) for mark in MARKS] != [1, 1] or text.index(MARKS[0]) > text.index(MARKS[1]):
        raise InputError("the chat template does not write the system message once before the user's, so it cannot be written for Ollama")
    return "".join(parts) + "{{ .Response }}"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '\\"') + '"'
