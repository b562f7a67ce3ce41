"""Questions the schema cannot answer: a missing attribute, a missing table, another subject, a wish for the future."""

from __future__ import annotations

import random
import re
from functools import lru_cache

from sqlkit.data.english import plural
from sqlkit.data.phrasing import expand
from sqlkit.data.realise import word
from sqlkit.data.scope import Scope
from sqlkit.data.shapes import Draft, pick_table, subject
from sqlkit.data.world import World
from sqlkit.schema.words import stems

ATTRIBUTES = (
    "shoe size|blood type|favourite colour|horoscope|marital status|number of children|passport number|eye color|hobby|"
    "political party|religion|carbon footprint|battery life|screen size|satisfaction score|net promoter score|phone number|"
    "fax number|website|star rating|page views|click rate|number of likes|insurance policy|tax number|bank account|iban|"
    "middle name|age|birthday|gender|education|languages spoken|vacation days|sick days|overtime hours|bonus|stock options|"
    "warranty period|color|material|energy class|calories|isbn|serial number|expiry date|country of manufacture|recycling rate|"
    "delivery driver|tracking number|truck plate|fuel consumption|gps position|weather|temperature|humidity|opening hours|"
    "rent|parking spaces|square footage|number of windows|electricity bill|social media followers|browser|operating system|"
    "ip address|login count|password|session length|commission|hourly wage|pension|job satisfaction|performance review|"
    "dress size|credit score|mortgage|income|household size|pet name|favourite product|twitter handle|linkedin profile"
).split("|")
THINGS = (
    "job applicants|support tickets|phone calls|website visits|newsletters opened|meetings|parking tickets|insurance claims|"
    "patents|lawsuits|shareholders|board members|competitors|advertising campaigns|tv spots|store visitors|loyalty cards|"
    "gift cards|surveys|complaints by phone|reviews|blog posts|emails sent|software licences|laptops|company cars|forklifts|"
    "trade fairs|coupons printed|tax returns|loans|mortgages|bank accounts|invoices from lawyers|training courses|sick notes|"
    "holidays|accidents|fire drills|solar panels|customs declarations|purchase orders to printers|shelf labels|delivery routes|"
    "drivers|trucks|flights|hotel nights|patients|students|players|movies|songs|recipes|chat messages|bug reports"
).split("|")
OUTSIDE = (
    "what is the weather in {place}?|who won the world cup in {year}?|tell me a joke|what is the capital of {place}?|"
    "write a poem about our {noun}|how do i reset my password?|translate this to french|what time is it?|"
    "what will {metric} be next year?|forecast {metric} for the next 6 months|predict which {noun} will leave|"
    "why did {metric} go down?|which {noun} should we promote?|is our {metric} better than that of our competitors?|"
    "what do {noun} think about us?|recommend a strategy for {noun}|how happy are our {noun}?|what is our market share?|"
    "what is the stock price of the company?|who is the ceo?|what is the meaning of life?|send an email to all {noun}|"
    "delete all {noun}|update the {noun} from {place}|add a new row to {noun}|what is our {metric} compared to the industry average?|"
    "how will inflation change {metric}?|which {noun} are the friendliest?|how many {noun} will we have next quarter?|"
    "what is the best way to increase {metric}?|draw a logo|what is the exchange rate of the dollar?"
).split("|")
# noun phrases and whole questions, as the shapes have them: a question that cannot be answered looks like any other
ASKS = (
    "the {a} of [all |the |]{n}|the average {a} of {n}|average {a} [per|by|for each] {s}|{a} [per|by] {s}|total {a} by {s}|{n} with their {a}|{n} [grouped|broken down] by {a}|"
    "top [5|3|10] {n} by {a}|the {s} with the [highest|lowest|most] {a}|number of {n} [by|per] {a}|{a} of our {n} in [2023|2024]|the number of {n} with a {a}|{n} with the highest {a}|"
    "the {a} for {n}|{n} sorted by {a}|share of {n} with {a}"
)
ASKED = (
    "what [is|was] the {a} of [the |]{n}?|which {n} have the [highest|lowest] {a}?|how many {n} have a {a}?|what's the {a} of each {s}?|which {s} has the [highest|lowest|most] {a}?|"
    "what [is|was] the average {a} [per|of a|of each] {s}?|[show|list|find] {n} [with|and] their {a}|what {a} do [the |our |]{n} have?|how does the {a} differ between {n}?|"
    "how many {n} are there per {a}?|what is the total {a} of all {n}?|do we know the {a} of [each|every] {s}?|for each {s}, what is the {a}?|who or what has the highest {a}?"
)
COUNTS = (
    "the number of {t}|number of {t} per {s}|{t} by [month|quarter] in [2023|2024]|all {t}|the {t} of [2022|2023|2024]|average number of {t} per {s}|top [5|3|10] {n} by {t}|total cost of {t}|"
    "{n} without [any |]{t}|{n} with {t}|the {s} with the most {t}|{t} in [2023|2024]"
)
COUNTED = (
    "how many {t} [are there|do we have]?|how many {t} did we have in [2022|2023|2024]?|which {s} has the [most|fewest] {t}?|how many {t} does each {s} have?|which {t} are [still open|the latest]?|"
    "which {n} have [no|any|more than 5] {t}?|[list|show] [all |the |]{t} [of|in] [2023|2024]|what are the names of all {t}?|how many {n} have {t}?|what was the cost of the {t} in [2023|2024]?"
)


def unanswerable(world: World, rng: random.Random) -> tuple[str, str] | None:
    """A question and what is missing for it; None when a drawn word does exist in the schema."""
    table = pick_table(world, rng)
    if table is None:
        return None
    scope = Scope(world, table)
    many, single = world.noun(table, rng), world.noun(table, rng, many=False)
    if rng.random() < 0.3:
        many = subject(world, scope, rng, most=1).text
    style = rng.random()
    if style < 0.5:
        missing = rng.choice(ATTRIBUTES)
        text = _asked(ASKS, ASKED, rng, a=missing, n=many, s=single)
    elif style < 0.75:
        missing = rng.choice(THINGS)
        text = _asked(COUNTS, COUNTED, rng, t=missing, n=many, s=single)
    else:
        metric = rng.choice([*world.glossary.metrics, f"number of {many}", "sales"])
        missing = "not in the data"
        text = rng.choice(OUTSIDE).format(noun=many, metric=metric, place=rng.choice(("Paris", "Spain", "Lyon", "Tokyo")), year=2022)
        return word(Draft("", (), (text,)), rng), missing
    known = {s for t in world.schema.tables for n in (t.name, world.glossary.table(t.name).name) for s in stems(n)}
    for t, c in world.schema.columns():
        said = world.glossary.column(t.name, c.name)
        known |= {s for n in (c.name, said.name, *said.synonyms) for s in stems(n)}
    wanted = stems(missing) or stems(plural(missing))
    return None if wanted and all(w in known for w in wanted) else (text, missing)


def _asked(phrases: str, questions: str, rng: random.Random, **slots: str) -> str:
    """One of the phrases or questions, worded as those of the shapes are."""
    drawn = [expand(rng.choice(_split(templates)), rng, slots) for templates in (phrases, questions)]
    return word(Draft("", (drawn[0],), (drawn[1],)), rng)


@lru_cache
def _split(templates: str) -> list[str]:
    """Templates cut at the bars that stand in no bracket."""
    return re.findall(r"(?:\[[^\]]*\]|[^|\[\]])+", templates)
