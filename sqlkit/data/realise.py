"""Wording: a draft's phrases as the many ways people ask, from a polite sentence to keywords with a typo."""

from __future__ import annotations

import random
import re

from sqlkit.data.phrasing import expand
from sqlkit.data.shapes.base import Draft

COMMANDS = (
    "[show|show me|give me|get|find|return|display|pull|fetch|provide|tell me|list|see] {it}",
    "[please |]show [me |]{it}",
    "[i need|i want|i would like|i am looking for|i'd like|need] {it}",
    "[can|could|would] you [give|show|tell|get|send] me {it}[, please|]?",
    "[please|pls] [list|give|show|find|provide] {it}",
    "i [want|need] to [know|see|have] {it}",
    "let me [see|have] {it}",
    "[show|give] us {it}",
    "{it}[ please|, please|]",
    "[find|look up|get me|report|state] {it}",
    "[i'd like to know|we need|looking for|what about|how about] {it}",
)
FIGURES = (
    "what [is|was] {it}?",
    "what's {it}?",
    "[calculate|compute|determine|work out|find out] {it}",
    "[do you know|can you tell me|could you tell me] {it}?",
    "[find|tell me|give me|show me|show] {it}",
    "what would be {it}?",
)
ROWS = (
    "what are {it}?",
    "which are {it}?",
    "[list|show|give me|find|list out|enumerate|name] {it}",
    "[can you|could you|please] list {it}[?|]",
    "do we know {it}?",
)
CONTEXT = (
    "[hi|hello|hey], {it}",
    "quick question: {it}",
    "{it} [thanks|thank you|thx]",
    "for [the|a|my] report: {it}",
    "for [the|tomorrow's] meeting: {it}",
    "[i'm preparing|i am working on] a [report|presentation], {it}",
    "[hey|ok], [quick one|one more]: {it}",
    "just wondering, {it}",
    "[my boss|the team|someone] is asking: {it}",
    "i was asked {it}",
)
SWAPS = (
    (r"\bhow many\b", ("what number of", "how many", "how many", "how many")),
    (r"\bat least\b", ("at least", "a minimum of")),
    (r"\bper\b", ("per", "for each", "by", "per")),
    (r"\bwithout any\b", ("without", "without any", "lacking")),
    (r"\bwhich\b(?! of| are)", ("which", "what", "which")),
    (r"\bdo not\b", ("don't",)),
    (r"\bare not\b", ("aren't",)),
    (r"\band\b", ("and", "&")),
    (r"\bthat are\b", ("which are", "that are")),
    (r"\bthat have\b", ("which have", "having", "with")),
)
_FIGURE = re.compile(
    r"^(?:the |our |all )?(?:total |overall )?(?:number|count|average|mean|avg|sum|total|share|percentage|proportion|percent|ratio|highest|lowest|maximum|minimum|median|difference|change)\b"
)
_PLURAL = re.compile(r"^the (?:\w+ )?\w+(?:s|people|children)\b(?<!ss) (?:and|of|with)\b")


def typo(text: str, rng: random.Random) -> str:
    """One slip of the finger in a longer word that is no number."""
    places = [m for m in re.finditer(r"[a-z]{5,}", text)]
    if not places:
        return text
    chosen = rng.choice(places)
    i = rng.randint(chosen.start() + 1, chosen.end() - 2)
    style = rng.random()
    if style < 0.4:
        return text[:i] + text[i + 1 :]
    if style < 0.75:
        return text[:i] + text[i + 1] + text[i] + text[i + 2 :]
    return text[:i] + text[i] + text[i:]


def telegraph(text: str, rng: random.Random) -> str:
    """The words that carry the meaning: no articles, 'orders 2024' for 'orders in 2024'."""
    text = re.sub(r"\b(?:the|a|an|our) (?=\w)", "", text)
    if rng.random() < 0.5:
        text = re.sub(r"\b(?:in|for|during) (?=(?:q[1-4] )?(?:19|20)\d\d\b)", "", text, flags=re.I)
    if rng.random() < 0.3:
        text = re.sub(r"\bnumber of (?=\w)", rng.choice(("# ", "count ", "no. of ", "nr of ")), text)
    return text


def word(draft: Draft, rng: random.Random) -> str:
    """One wording of a draft."""
    text = rng.choice(draft.questions) if draft.questions and rng.random() < 0.55 else _opened(rng.choice(draft.phrases), rng)
    for pattern, others in SWAPS:
        if rng.random() < 0.2:
            text = re.sub(pattern, rng.choice(others), text, count=1)
    if rng.random() < 0.05:
        text = expand(rng.choice(CONTEXT), rng, {"it": text})
    if rng.random() < 0.05:
        text = typo(text, rng)
    return _spelled(text, rng)


def _opened(phrase: str, rng: random.Random) -> str:
    """A noun phrase as a command, a question, keywords or as it stands."""
    style = rng.random()
    if style < 0.17:
        return telegraph(phrase, rng)
    if style < 0.32:
        return phrase
    if style < 0.6 and (_FIGURE.match(phrase) or phrase.startswith(("the ", "all "))):
        forms = FIGURES if _FIGURE.match(phrase) else ROWS if _PLURAL.match(phrase) or phrase.startswith("all ") else FIGURES[4:5]
        return expand(rng.choice(forms), rng, {"it": phrase})
    return expand(rng.choice(COMMANDS), rng, {"it": phrase})


def _spelled(text: str, rng: random.Random) -> str:
    """Capitals and the mark at the end, as people set them or do not."""
    text = re.sub(r"\s+([?,])", r"\1", re.sub(r"\s+", " ", text)).strip()
    text = re.sub(r"\ba (?=[aei]\w|o(?!ne\b|nce\b)\w)", "an ", text)
    style = rng.random()
    if style < 0.5:
        text = text[:1].upper() + text[1:]
    elif style < 0.55:
        text = text.lower()
    if rng.random() < 0.25:
        text = text.rstrip("?.")
    elif text[-1:] not in "?." and rng.random() < 0.15:
        text += "."
    return text
