"""What a question says that its query may hold: numbers, years, months, and words that the schema does not know."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence

from sqlkit.schema.link import Linker
from sqlkit.schema.words import STOP, stem, words
from sqlkit.sql.scoped import Said

_NUMBER = re.compile(r"(?<![\w.])(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?(?:\s*(k|m|%|percent|thousand|million)\b|(%))?", re.I)
_YEAR = re.compile(r"(?<!\d)(?:(19|20)(\d\d)(?!\d)|'(\d\d)\b)")
_MEASURED = re.compile(
    r"(?:over|than|above|under|below|least|most|exceed\w*|between|and|up to|order|number|no\.?|id|worth|beyond|[#<>=€$£])\s*(?:EUR\s*)?$", re.I
)
_WEEKS = re.compile(r"(?:(\w+) )?(weeks?|fortnight)\b", re.I)  # a column of days counts them
_SCALE = {"k": 1000.0, "thousand": 1000.0, "m": 1e6, "million": 1e6, "%": 0.01, "percent": 0.01}
_WORDS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen "
    "nineteen twenty"
).split()
_MORE = {
    "dozen": 12, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "hundred": 100, "thousand": 1000, "million": 1_000_000,
    "couple": 2, "pair": 2, "twice": 2, "once": 1, "second": 1, "third": 2, "fourth": 3, "fifth": 4, "tenth": 9, "double": 2, "triple": 3, "half": 0.5,
}  # fmt: skip  # a rank is what stands before it: OFFSET
_MONTHS = (
    "january february march april may june july august september october november december"
).split()
_SEASONS = {"spring", "summer", "autumn", "winter", "fall", "season", "half", "christmas", "easter"}
_LEADS = {"called", "named", "containing", "contains", "contain", "like", "with", "labelled", "titled"}
_LIKE = re.compile(r"\b(?:contain|includ|start|begin|end|like|word|letter|with .+ in (?:the|their|its) )", re.I)
LONGEST = 6


def said(question: str, linker: Linker) -> Said:
    """What a question says that its query may hold."""
    named = tuple(dict.fromkeys(_years(question)))
    low = question.lower()
    spoken = re.findall(r"[a-z]+", low)
    months = [n for n, name in enumerate(_MONTHS, 1) if any(len(w) > 2 and name.startswith(w) for w in spoken)]
    months += [int(m) for m in re.findall(r"\b(1[0-2]|0?[1-9])[-/.](?:19|20)\d\d\b|\b(?:19|20)\d\d[-/.](1[0-2]|0?[1-9])\b", low) for m in m if m]
    seasons = any(w in _SEASONS for w in spoken) or re.search(r"\bh[12]\b", low)
    quarters = "quarter" in low or bool(re.search(r"\bq[1-4]\b", low))
    around = [str(y) for y in sorted({int(y) + d for y in named for d in (-1, 0, 1)})]
    vague = bool({"year", "years", "yr", "annual", "since", "before", "after", "until"}.intersection(spoken))
    return Said(
        words=tuple(_unknown(question, linker)),
        parts=tuple(_parts(question)),
        numbers=tuple(_numbers(question)),
        years=tuple(around) if named else tuple(map(str, range(2000, 2041))) if vague else (),
        months=tuple(map(str, range(1, 13) if seasons else sorted(set(months)))),
        quarters=("1", "2", "3", "4") if quarters else (),
        dates=bool(named or months),
    )  # fmt: skip


def spoken(codes: Mapping[str, Sequence[str]], question: str) -> list[str]:
    """The codes that a question speaks of: by one of their meanings, or as they stand."""
    return list(phrases(codes, question))


def phrases(codes: Mapping[str, Sequence[str]], question: str) -> dict[str, str]:
    """The codes that a question speaks of, each with the longest of its meanings that stands there; '' for one that stands there itself."""
    asked = words(question)
    stems = {stem(w) for w in [*asked, *(a + b for a, b in itertools.pairwise(asked))]}

    def said_as(text: str) -> bool:
        parts = words(text)
        return {stem(w) for w in parts} <= stems or stem("".join(parts)) in stems

    written = set(re.findall(r"\w+", question))
    found = {}
    for code, some in codes.items():
        if here := [m for m in some if said_as(m)]:
            found[code] = max(here, key=len)
        elif len(code) > 1 and code in written:
            found[code] = ""
    return found


def _numbers(question: str) -> Iterator[str]:
    """The numbers that a question may mean: digits, words, thousands, percentages, ranks (and what is before them)."""
    found: list[float] = []
    for match in _NUMBER.finditer(question):
        whole, rest, unit, sign = match.groups(default="")
        value = float(whole.replace(",", "") + rest)
        if _YEAR.fullmatch(match[0].strip()) and not _MEASURED.search(question[: match.start()]):
            continue
        found += [value, value * _SCALE[(unit or sign).lower()]] if unit or sign else [value]
        found += [value - 1] if value.is_integer() and 1 < value < 1000 else []  # at least 5: more than 4
    for word in re.findall(r"[a-z]+", question.lower()):
        if word in _WORDS:
            found += [_WORDS.index(word), max(0, _WORDS.index(word) - 1)]
        elif word in _MORE:
            found.append(_MORE[word])
    for count, unit in _WEEKS.findall(question.lower()):
        many = int(count) if count.isdigit() and len(count) < 4 else _WORDS.index(count) if count in _WORDS else 1
        found.append(many * (14 if unit == "fortnight" else 7))
    for value in dict.fromkeys(found):
        yield f"{value:.10g}"


def _parts(question: str) -> Iterator[str]:
    """The words of a question that asks for texts which contain, begin with or end with something."""
    if not _LIKE.search(question):
        return
    for word in dict.fromkeys(w.strip("?.,;:!()\"'%") for w in question.split()):
        if word and (word.lower() not in STOP or len(word) == 1):
            yield from dict.fromkeys((word, word.title(), word.lower()))


def _years(question: str) -> Iterator[str]:
    for century, rest, short in _YEAR.findall(question):
        yield f"{century}{rest}" if century else f"20{short}"


def _unknown(question: str, linker: Linker) -> Iterator[str]:
    """Runs of words that begin and end with a name that the schema does not know: what a free text may be compared with.

    A name is written large, holds a digit, or follows a word such as 'called'. Names that stand in the database are found by
    the linker, however they are written.
    """
    spoken = [w.strip("?.,;:!()\"'") for w in question.split()]
    spoken = [re.sub(r"'s$", "", w) for w in spoken if w]
    led = [i > 0 and spoken[i - 1].lower() in _LEADS for i in range(len(spoken))]
    name = [i > 0 and (w != w.lower() or any(c.isdigit() for c in w)) for i, w in enumerate(spoken)]
    new = [
        (name[i] or led[i]) and not (w.lower() in STOP or linker.knows(w) or _YEAR.fullmatch(w)) for i, w in enumerate(spoken)
    ]
    for size in range(1, LONGEST + 1):
        for start in range(len(spoken) - size + 1):
            if new[start] and new[start + size - 1]:
                run = " ".join(spoken[start : start + size])
                yield from dict.fromkeys((run, run.title(), run.upper(), run.lower()))


def runs(question: str) -> list[str]:
    """Every run of up to six words of a question, in several cases."""
    spoken = [w.strip("?.,;:!()\"'") for w in question.split()]
    runs = [" ".join(spoken[i : i + n]) for n in range(1, LONGEST + 1) for i in range(len(spoken) - n + 1)]
    forms = (form for run in runs if run for form in (run, run.title(), run.upper(), run.lower()))
    return list(dict.fromkeys(re.sub(r"'s$", "", form, flags=re.I) for form in forms))
