"""Shortening a prompt to a budget of tokens: schema that the answer does not need goes first, question and SQL never.

TRL cuts a long example at its end, which is where question and SQL stand, and then drops without a word what has no label left.
What is left here is a prompt that linking with fewer tables would have made, so it looks like those in serving.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlkit.records import Prompt

QUESTION, EXAMPLE, QUERY = "question: ", "example: ", "query: "
_WORD = re.compile(r"\w+")


def prune(prompt: Prompt, completion: str, fits: Callable[[Prompt], bool]) -> Prompt | None:
    """The prompt with as few lines and columns less as make it fit; None when it cannot be made to.

    In this order, from the last line up: worked examples; tables and metrics that the completion does not use; columns that
    it does not use and that are no keys.
    """
    lines = prompt.user.split("\n")
    query = " ".join(line for line in lines if line.startswith(QUERY))  # of a pair from a query to its question
    used = set(_WORD.findall(f"{completion} {query}".lower()))
    said = " ".join(completion.split()).lower()

    def spare(line: str) -> bool:
        head, _, rest = line.partition(": ")
        return (_WORD.findall(head.lower()) or [""])[0] not in used and rest.lower() not in said

    schema = [i for i, line in enumerate(lines) if not line.startswith((QUESTION, EXAMPLE, QUERY))]
    whole = [i for i, line in enumerate(lines) if line.startswith(EXAMPLE)][::-1] + [i for i in schema if spare(lines[i])][::-1]
    left = dict(enumerate(lines))

    def made() -> Prompt:
        return Prompt(prompt.system, "\n".join(left[i] for i in sorted(left)))

    for i in whole:
        if i in schema and sum(j in left for j in schema) == 1:
            break  # a prompt without any table is none
        del left[i]
        if fits(made()):
            return made()
    for i in [i for i in schema if i in left][::-1]:
        head, colon, columns = left[i].partition(": ")
        kept = [c for c in columns.split("; ") if c.split(" ")[0].lower() in used or " key" in c or " -> " in c]
        if kept:
            left[i] = head + colon + "; ".join(kept)
        if fits(made()):
            return made()
    return None
