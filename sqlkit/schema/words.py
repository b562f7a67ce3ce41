"""Words: splitting names, folding forms. The one tokenisation that linking and few-shot retrieval share."""

from __future__ import annotations

import re
from functools import lru_cache

_SPLIT = re.compile(r"[^\W\d_]+|\d+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
STOP = frozenset(
    "a an the of in on at for to from by with and or is are was were be been being do does did have has had how what "
    "which who whom whose when where why that this these those there their they them its it i me my we our us you your "
    "please show list give tell find get display can could would should will shall many much any all each every per as "
    "than then so if not no only just also but into over under between during up down out about s t d ll re".split()
)


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """Plural and verb endings taken off, roughly (a light form of Porter's step 1)."""
    word = word.lower()
    for ending, put in (("ies", "y"), ("sses", "ss"), ("ches", "ch"), ("shes", "sh"), ("xes", "x")):
        if word.endswith(ending) and len(word) > len(ending) + 1:
            return word[: -len(ending)] + put
    if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3:
        word = word[:-1]
    for ending, put in (("ier", "y"), ("ment", ""), ("er", "")):
        if word.endswith(ending) and len(word) > len(ending) + 3:
            return word[: -len(ending)] + put
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) > len(ending) + 3:
            word = word[: -len(ending)]
            return word[:-1] if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "sl" else word
    return word[:-1] if word.endswith("e") and len(word) > 4 else word


def words(text: str) -> list[str]:
    """Lower-case words and numbers of a text or an identifier."""
    return list(_words(text))


@lru_cache(maxsize=20_000)
def _words(text: str) -> tuple[str, ...]:
    return tuple(w.lower() for w in _SPLIT.findall(_CAMEL.sub(" ", text)))


def stems(text: str) -> list[str]:
    """Stems of a text without stop words."""
    return [stem(w) for w in words(text) if w not in STOP]
