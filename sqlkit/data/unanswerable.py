"""Questions the schema cannot answer: a missing attribute, a missing table, another subject, a wish for the future."""

from __future__ import annotations

import random

from sqlkit.data.english import plural
from sqlkit.data.shapes import pick_table, subject
from sqlkit.data.world import Scope, World
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
ASKS = (
    "what is the {a} of {n}?|average {a} of {n}|list {n} with their {a}|which {n} have the highest {a}?|how many {n} have a {a}?|"
    "{a} per {s}|show me {a} for {n}|total {a} by {s}|top 5 {n} by {a}|what's the {a} of each {s}?|number of {n} by {a}|"
    "{n} grouped by {a}|which {s} has the lowest {a}?|{a} of our {n} in 2024"
).split("|")
COUNTS = (
    "how many {t} are there?|how many {t} did we have in 2024?|list all {t}|number of {t} per {s}|which {s} has the most {t}?|"
    "how many {t} does each {s} have?|show the {t} of 2023|average number of {t} per {s}|{t} by month in 2024|top 5 {n} by {t}|"
    "total cost of {t}|which {t} are still open?|{n} without {t}"
).split("|")


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
        text = rng.choice(ASKS).format(a=missing, n=many, s=single)
    elif style < 0.75:
        missing = rng.choice(THINGS)
        text = rng.choice(COUNTS).format(t=missing, n=many, s=single)
    else:
        metric = rng.choice([*world.glossary.metrics, f"number of {many}", "sales"])
        missing = "not in the data"
        text = rng.choice(OUTSIDE).format(noun=many, metric=metric, place=rng.choice(("Paris", "Spain", "Lyon", "Tokyo")), year=2022)
        return text, missing
    known = {s for t in world.schema.tables for n in (t.name, world.glossary.table(t.name).name) for s in stems(n)}
    for t, c in world.schema.columns():
        said = world.glossary.column(t.name, c.name)
        known |= {s for n in (c.name, said.name, *said.synonyms) for s in stems(n)}
    wanted = stems(missing) or stems(plural(missing))
    return None if wanted and all(w in known for w in wanted) else (text, missing)
