"""Wording: a draft's phrases as the many ways people ask, from a polite sentence to keywords with a typo."""

from __future__ import annotations

import random
import re

from sqlkit.data.shapes import Draft

COMMANDS = (
    "show me {}", "show {}", "list {}", "give me {}", "get {}", "find {}", "i need {}", "i want to see {}", "please show {}",
    "can you give me {}?", "could you show me {}, please?", "display {}", "tell me {}", "i'd like to know {}", "{} please", "pull {}",
    "return {}", "let me see {}", "can you tell me {}?", "do you have {}?",
)
ASKING = ("what is {}?", "what are {}?", "what's {}?", "do we know {}?")
POLITE = ("please: {}", "hi, {}", "quick question: {}", "{} thanks", "could you tell me: {}", "for the report: {}")
SWAPS = (
    (r"\bhow many\b", ("what number of", "how many", "how many")), (r"\bat least\b", ("at least", "a minimum of")),
    (r"\bmore than\b", ("more than", "over", "more than")), (r"\bper\b", ("per", "for each", "by", "per")),
    (r"\bwithout any\b", ("without", "without any", "lacking")), (r"\bwhich\b", ("which", "what", "which")),
)


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


def word(draft: Draft, rng: random.Random) -> str:
    """One wording of a draft."""
    if draft.questions and rng.random() < 0.5:
        text = rng.choice(draft.questions)
    else:
        text = rng.choice(draft.phrases)
        style = rng.random()
        if style < 0.5:
            text = rng.choice(COMMANDS).format(text)
        elif style < 0.68 and text.startswith("the "):
            text = rng.choice(ASKING).format(text)
    for pattern, others in SWAPS:
        if rng.random() < 0.25:
            text = re.sub(pattern, rng.choice(others), text, count=1)
    if rng.random() < 0.05:
        text = rng.choice(POLITE).format(text)
    if rng.random() < 0.07:
        text = typo(text, rng)
    text = re.sub(r"\s+([?,])", r"\1", re.sub(r"\s+", " ", text)).strip()
    style = rng.random()
    if style < 0.45:
        text = text[:1].upper() + text[1:]
    elif style < 0.5:
        text = text.lower()
    if rng.random() < 0.3:
        text = text.rstrip("?.")
    elif text[-1:] not in "?." and rng.random() < 0.15:
        text += "."
    return text
