"""Should one tune at all? Few-shot retrieval against tuning on the same questions, in figures and in plain words."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

from sqlkit.evaluate.metrics import Gain, Interval, paired_gain, share
from sqlkit.records import write_atomic

_Z95, _POWER80 = 1.959963984540054, 0.8416212335729143
TRUSTED = 0.8  # below this share right, nobody should act on an answer unread
FEW = 30


@dataclasses.dataclass(frozen=True, slots=True)
class Prices:
    """Money: a million tokens of prompt, a million of answer, an hour of the machine that answers one question after the other."""

    prompt: float = 0.0
    answer: float = 0.0
    hour: float = 0.0

    def thousand(self, prompt: float, answer: float, seconds: float) -> float:
        """What 1,000 questions of so many tokens and seconds each cost."""
        return 1000 * ((prompt * self.prompt + answer * self.answer) / 1e6 + seconds * self.hour / 3600)


@dataclasses.dataclass(frozen=True, slots=True)
class Way:
    """One way to answer, measured: which answerable questions it got right, tokens and seconds a question; prompt tokens None: not counted."""

    right: Sequence[bool]
    prompt_tokens: float | None
    answer_tokens: float
    seconds: float
    prices: Prices = Prices()

    @property
    def ex(self) -> Interval:
        return share(self.right)

    @property
    def cost(self) -> float:
        """For 1,000 questions."""
        return self.prices.thousand(self.prompt_tokens or 0.0, self.answer_tokens, self.seconds)


def advise(few: Way, tuned: Way, tuning: float = 0.0) -> dict[str, Any]:
    """What to choose, why, and all figures behind it, as plain JSON values; both ways on the same questions in the same order.

    tuning: what the tuning cost or will cost, once. `choice` is tune, few-shot, or undecided.
    """
    gain = paired_gain(tuned.right, few.right)
    saved = few.cost - tuned.cost
    even = None if not tuning or saved <= 0 else math.ceil(1000 * tuning / saved)
    choice = "tune" if gain.low > 0 else "few-shot" if gain.high < 0 else "undecided"
    told = {
        "choice": choice,
        "few_shot": _figures(few),
        "tuned": _figures(tuned),
        "gain": dataclasses.asdict(gain),
        "tuning_cost": tuning,
        "saved_per_1000": saved,
        "break_even_questions": even,
        "questions_to_decide": needed(gain) if choice == "undecided" else None,
    }
    return {**told, "words": _words(choice, few, tuned, gain, tuning, even)}


def _figures(way: Way) -> dict[str, Any]:
    return {
        "ex": dataclasses.asdict(way.ex), "prompt_tokens": way.prompt_tokens, "answer_tokens": way.answer_tokens, "seconds": way.seconds,
        "prices": dataclasses.asdict(way.prices), "cost_per_1000": way.cost, "cost_per_1000_right": way.cost / way.ex.value if way.ex.value else None,
    }  # fmt: skip


def needed(gain: Gain) -> int | None:
    """Questions on which a difference as large as the one seen would show in four of five samples (normal approximation of
    McNemar's test, Connor 1987); None where none was seen."""
    if not gain.value:
        return None
    apart = (gain.won + gain.lost) / gain.n
    spread = _Z95 * math.sqrt(apart) + _POWER80 * math.sqrt(max(0.0, apart - gain.value**2))
    return max(gain.n + 1, math.ceil((spread / gain.value) ** 2))


def _words(choice: str, few: Way, tuned: Way, gain: Gain, tuning: float, even: int | None) -> list[str]:
    """The advice in sentences, the choice first."""
    better = "tuning" if gain.value > 0 else "few-shot retrieval"
    points = f"{100 * abs(gain.value):.1f} points ({100 * gain.low:+.1f} to {100 * gain.high:+.1f} for tuning, 95%)"
    saved = few.cost - tuned.cost
    lines = []
    if choice == "tune":
        lines.append(f"Tune: it is right more often than few-shot retrieval, by {points} on these {gain.n} questions.")
    elif choice == "few-shot":
        lines.append(f"Do not tune, or not like this: few-shot retrieval is right more often, by {points} on these {gain.n} questions.")
    else:
        more = needed(gain)
        much = f"; a difference of this size needs about {more:,} questions to show" if more else ""
        seen = f"{better} is ahead by {points}" if gain.value else f"both are right equally often ({100 * gain.low:+.1f} to {100 * gain.high:+.1f}, 95%)"
        lines.append(f"These {gain.n} questions do not decide it: {seen}{much}.")
        if gain.n:
            cheap = "tuning" if saved > 0 else "few-shot retrieval" if saved < 0 else ""
            lines.append(f"Until then take what is cheaper to run: {cheap}." if cheap else "Until then leave it untuned: that is less to keep up.")
    lines += _money(few, tuned, gain, tuning, even)
    if few.seconds and tuned.seconds:
        lines.append(f"Tuned, an answer takes {tuned.seconds:.2f} s; with few-shot retrieval {few.seconds:.2f} s.")
    if max(few.ex.value, tuned.ex.value) < TRUSTED:
        best = max(few.ex, tuned.ex, key=lambda ex: ex.value)
        lines.append(f"Neither is to be trusted unread: of 100 answers at best {round(100 * best.value)} are right.")
    if gain.n < FEW:
        lines.append(f"{gain.n} questions are few: ask at least {FEW}, better 100.")
    return lines


def _money(few: Way, tuned: Way, gain: Gain, tuning: float, even: int | None) -> list[str]:
    if not few.cost and not tuned.cost:
        return ["No prices were given, so nothing is said of cost."]
    saved = few.cost - tuned.cost
    lines = [f"1,000 questions cost {tuned.cost:,.2f} tuned and {few.cost:,.2f} with few-shot retrieval."]
    if tuning and even is not None:
        lines.append(f"Tuning costs {tuning:,.2f} once and is paid back after {even:,} questions.")
    elif saved <= 0 and gain.value > 0:
        extra = -saved / (1000 * gain.value)
        lines.append(f"Tuning is never paid back by cheaper questions; each further right answer costs {extra:,.4f}" + (f", beside {tuning:,.2f} once." if tuning else "."))
    elif saved <= 0:
        lines.append("Tuning is never paid back: it is neither cheaper to run nor right more often here.")
    return lines


def markdown(told: dict[str, Any], about: dict[str, str]) -> str:
    """The advice as a page: words, table, what it was measured on."""
    lines = ["# Should I tune at all?", "", *(f"- {line}" for line in told["words"]), ""]
    lines += ["| | EX (95%) | tokens of prompt | tokens of answer | s per question | cost of 1,000 | cost of 1,000 right |", "|---|---|---|---|---|---|---|"]
    for key, name in (("few_shot", "few-shot retrieval"), ("tuned", "tuned")):
        f = told[key]
        prompt = "not counted" if f["prompt_tokens"] is None else f"{f['prompt_tokens']:.0f}"
        right = "" if f["cost_per_1000_right"] is None else f"{f['cost_per_1000_right']:,.2f}"
        lines.append(f"| {name} | {Interval(**f['ex'])} | {prompt} | {f['answer_tokens']:.0f} | {f['seconds']:.3f} | {f['cost_per_1000']:,.2f} | {right} |")
    lines += ["", f"Tuned against few-shot retrieval, paired: {Gain(**told['gain'])}", "", *(f"- {key}: {value}" for key, value in about.items())]
    return "\n".join(lines) + "\n"


def write_advice(path: Any, told: dict[str, Any], about: dict[str, str]) -> str:
    """Write advice.md and advice.json into a folder; returns the Markdown."""
    import json

    text = markdown(told, about)
    write_atomic(path / "advice.json", json.dumps({**told, "about": about}, indent=1) + "\n")
    write_atomic(path / "advice.md", text)
    return text
