"""English as people type it: plurals, participles of dates, numbers in words, and what sort of thing a noun is."""

from __future__ import annotations

import random
import re
from functools import lru_cache

_IRREGULAR = {"person": "people", "child": "children", "man": "men", "woman": "women", "foot": "feet", "mouse": "mice", "datum": "data"}
_SAME = {"series", "species", "staff", "equipment", "stock", "inventory", "information", "news", "aircraft", "people", "children"}

# the last word of a noun decides: "sales rep" is a person, "distribution centre" a place
PERSONS = frozenset(
    "person people customer client buyer shopper employee worker colleague member user patient doctor physician nurse student teacher "
    "professor instructor author writer actor director player driver passenger pilot guest visitor artist singer manager boss supervisor rep "
    "salesperson salesman representative agent owner technician engineer coach judge lawyer attorney officer contact subscriber applicant "
    "candidate donor volunteer tenant landlord resident host speaker trainer researcher scientist editor reviewer borrower lender holder "
    "staff head chief captain lead farmer chef clerk assistant analyst consultant adviser advisor tutor pupil parent child man woman athlete "
    "referee reporter broker dealer planner vet veterinarian midwife surgeon caretaker operator inspector".split()
)
PLACES = frozenset(
    "warehouse depot centre center site store shop branch office school university college hospital clinic ward library hotel airport station "
    "stadium port museum theatre theater restaurant plant factory building room hall park garden city town country region state county "
    "district location venue campus department lab laboratory facility gym market farm yard terminal studio gallery bank studio".split()
)
GROUPS = frozenset(
    "category categories type kind class group genre segment team division series family brand line section league label tag topic subject "
    "department program programme project campaign course sector industry level tier grade".split()
)
WHERE = frozenset(
    "city town country nation region state county district location place province area continent hometown nationality village borough "
    "neighbourhood neighborhood zone territory".split()
)
_PARTICIPLES = frozenset(
    "sold sent paid left built begun born made written taken held bought given known seen founded found won lost due begun flown shown grown "
    "drawn driven eaten run cut put set shot kept led met read spent taught worn chosen broken spoken stolen woken lent".split()
)
_DATED = {
    "hire": "hired", "launch": "launched", "order": "ordered", "ship": "shipped", "shipping": "shipped", "shipment": "shipped",
    "delivery": "delivered", "birth": "born", "registration": "registered", "creation": "created", "payment": "paid", "return": "returned",
    "publication": "published", "release": "released", "departure": "departing", "arrival": "arriving", "admission": "admitted",
    "discharge": "discharged", "enrollment": "enrolled", "enrolment": "enrolled", "purchase": "purchased", "sale": "sold", "start": "starting",
    "end": "ending", "begin": "starting", "booking": "booked", "opening": "opened", "closing": "closed", "expiry": "expiring",
    "expiration": "expiring", "graduation": "graduated", "join": "joined", "signup": "signed up", "update": "updated", "issue": "issued",
    "invoice": "invoiced", "due": "due", "transaction": "made", "starts": "starting", "ends": "ending", "expires": "expiring",
    "installation": "installed", "completion": "completed", "submission": "submitted", "approval": "approved", "founding": "founded",
}  # fmt: skip
_ACTING = {
    "sold": "selling", "sent": "sending", "paid": "paying", "built": "building", "made": "making", "written": "writing", "taken": "taking", "given": "giving",
    "held": "holding", "bought": "buying", "found": "finding", "led": "leading", "drawn": "drawing", "driven": "driving", "flown": "flying", "run": "running",
}  # fmt: skip
_UNITS = "zero one two three four five six seven eight nine ten eleven twelve".split()


@lru_cache(maxsize=20_000)
def plural(noun: str) -> str:
    """An English plural, by rule; of a phrase the last word."""
    head, _, last = noun.rpartition(" ")
    before = f"{head} " if head else ""
    if words_before := re.match(r"(year|quarter|month|name|number|kind|type|city|country|date)( .+)$", noun):
        if words_before[2].split()[0] in {"of", "in"} or last.endswith("ed") or last in _PARTICIPLES:
            return plural(words_before[1]) + words_before[2]
    if last.endswith("ed") and before:
        return noun
    if (
        last in _SAME
        or last.endswith(("ies", "ches", "shes", "xes", "sses"))
        or (last.endswith("s") and not last.endswith(("ss", "us", "is")))
    ):
        return noun
    if last in _IRREGULAR:
        return before + _IRREGULAR[last]
    if last.endswith("sis"):
        return noun[:-2] + "es"
    if last.endswith(("s", "x", "z", "ch", "sh")):
        return noun + "es"
    if last.endswith("y") and last[-2:-1] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + "s"


_KEEP = set("gas alias atlas canvas lens news goods sms gps os sas dns axis series species means headquarters".split())  # one, though it ends in s
_ONE_ES = re.compile(r"(?:sses|shes|[^a]ches|xes|zzes|iases|gases|lenses|atlases|(?:stat|bon|camp|vir|cens|\bb|minib)uses)$")


def singular(noun: str) -> str:
    """One of what an English plural names, by rule; of a phrase the last word."""
    head, gap, last = noun.rpartition(" ")
    return head + gap + _one(last)


def _one(word: str) -> str:
    for one, many in _IRREGULAR.items():
        if word == many and word != "data":
            return one
    if len(word) < 3 or word in _KEEP or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4 and word not in {"movies", "cookies", "calories", "selfies", "zombies"}:
        return word[:-3] + "y"
    return word[:-2] if _ONE_ES.search(word) else word[:-1]


@lru_cache(maxsize=20_000)
def sort_of(noun: str) -> str:
    """'person', 'place', 'group' or 'thing': decides between who and which, by, at, in and of."""
    last = noun.lower().split()[-1] if noun.split() else ""
    for name, known in (("person", PERSONS), ("place", PLACES), ("group", GROUPS)):
        if last in known or (last.endswith("s") and last[:-1] in known):
            return name
    return "thing"


@lru_cache(maxsize=20_000)
def participle(said: str) -> str:
    """'hired' for 'hire date', 'placed' for 'placed', '' where no verb is known."""
    words = said.lower().split()
    if not words:
        return ""
    first = words[0]
    if len(words) == 1 or (len(words) == 2 and words[1] in {"up", "in", "out", "on", "off", "at"}):
        if (first.endswith("ed") and len(first) > 4) or first in _PARTICIPLES:
            return " ".join(words[:-1] if words[-1] in {"on", "at"} else words)
        return _DATED.get(first, "") if len(words) == 1 else ""
    if words[-1] in {"date", "time", "day", "timestamp", "at", "on", "dt", "ts"}:
        if first.endswith("ed") and len(first) > 4:
            return first
        return _DATED.get(words[-2], "") if len(words) <= 3 else ""
    return ""


def acting(said: str) -> str:
    """'verifying' for 'verified by', '' where no verb stands before 'by': who verified it is the verifying physician."""
    words = said.lower().split()
    if len(words) != 2 or words[1] != "by":
        return ""
    verb = words[0]
    if verb.endswith("ied"):
        return f"{verb[:-3]}ying"
    if verb.endswith("ed"):
        return verb[:-1] + "ing" if verb.endswith("eed") else verb[:-2] + "ing"
    return _ACTING.get(verb, "")


def is_noun(said: str, date: bool) -> bool:
    """Whether a synonym can stand where a noun must: 'hired' and 'sold by' cannot, 'hire date' and 'reserved units' can."""
    words = said.lower().split()
    verb = words[0].endswith("ed") or words[0] in _PARTICIPLES or words[0] in {"became", "came", "why", "reports"}
    return not verb or (
        len(words) > 1
        and words[-1] not in {"by", "to", "on", "from", "catalogue", "up", "in", "back", "newsletter", "at"}
        and not (date and len(words) > 2)
    )


def figure(value: int | float, rng: random.Random) -> str:
    """A number as people write it: in digits, at times as a word, with a thousands sign or a k."""
    if isinstance(value, float) and not value.is_integer():
        return str(value)
    whole = int(value)
    if 0 < whole <= 12 and rng.random() < 0.2:
        return _UNITS[whole]
    if abs(whole) >= 1000 and rng.random() < 0.35:
        if whole % 1000 == 0 and rng.random() < 0.5:
            return f"{whole // 1000}k"
        return f"{whole:,}"
    return str(value)


def several(items: list[str]) -> str:
    """'a', 'a and b', 'a, b and c'."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def strip_article(text: str) -> str:
    return re.sub(r"^(?:the|a|an|all) ", "", text)
