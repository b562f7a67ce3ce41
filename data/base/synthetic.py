"""Random companies and questions over them, in the kit's own prompt: what the embedded base learns SQL from."""

from __future__ import annotations

import datetime
import random
import re
from collections.abc import Iterator, Sequence
from typing import Any

from corpus import abbreviate
from vocabulary import CODES, ENTITIES, PEOPLE, PLACES, SYNONYMS, TEXTS

from sqlkit.data.realise import word
from sqlkit.data.shapes import SHAPES
from sqlkit.data.unanswerable import unanswerable
from sqlkit.data.world import World
from sqlkit.prompt import Context, Shots, completion, compose
from sqlkit.records import Example, Prompt
from sqlkit.schema.glossary import ColumnWords, Glossary, Metric, Segment, TableWords
from sqlkit.schema.types import Column, ForeignKey, Schema, Table
from sqlkit.schema.values import ColumnProfile, Profile

MARKS = "#$%@!~=^?"
PARSED = [(line.split(": ")[0], line.split(": ")[1]) for line in ENTITIES.split("\n")]
ATTRIBUTE = re.compile(rf"([a-z][a-z ]*?)([{re.escape(MARKS)}])")


def attributes(text: str) -> list[tuple[str, str]]:
    return [(m[1].strip(), m[2]) for m in ATTRIBUTE.finditer(text)]


def name_of(words_: str, style: int, taken: set[str], rng: random.Random) -> str:
    plain = words_.replace(" ", "_")
    made = abbreviate(words_, rng) if style and rng.random() < (0.45, 0.95)[style - 1] else plain
    while made in taken or made in {"from", "to", "in", "on", "is", "as", "or", "and", "order", "group", "at", "by", "all", "end", "case"}:
        made = f"{made}{rng.choice('abcdefghkmnprstw')}" if rng.random() < 0.7 else f"{plain}_{rng.randint(1, 9)}"
    taken.add(made)
    return made


ONSETS = "b br c ch d dr f fl g gr h j k kl l m n p pr qu r s sh st t tr v w z".split()
ENDS = "a e i o u an ar el en er ia in is ix ok ol on or os um us ana ella ett ick".split()


def invented(rng: random.Random) -> str:
    """A name that nobody has: it cannot be guessed, only copied."""
    made = "".join(rng.choice(ONSETS) + rng.choice("aeiou") for _ in range(rng.randint(1, 2))) + rng.choice(ONSETS)[:1] + rng.choice(ENDS)
    return made.title() if rng.random() < 0.9 else made.upper()


def spread(kind: str, rng: random.Random) -> tuple[list[Any], str]:
    """Eleven quantiles for a numeric or date column and its type."""
    if kind in "@!":
        first = datetime.date(rng.randint(2008, 2022), rng.randint(1, 12), rng.randint(1, 28))
        days = rng.randint(200, 2500)
        dates = [(first + datetime.timedelta(days=days * i // 10)).isoformat() for i in range(11)]
        return (dates, "DATE") if kind == "@" else ([d + " 10:00:00" for d in dates], "TIMESTAMP")
    top = 10 ** rng.uniform(1, 5)
    if kind == "%":
        return [round(top / 50 * (i + 1), 1) for i in range(11)], "DOUBLE"
    values = sorted(int(top * rng.random() ** 2) + i for i in range(11))
    return values, "DECIMAL(12,2)" if kind == "$" else "INTEGER"


def title_of(rng: random.Random) -> str:
    kind = "revenue margin income profit yield load score volume turnover usage index rate share value cost ratio stock spend".split()
    how = "net gross total adjusted effective annual real core average free late open return sold".split()
    return f"{rng.choice(how)} {rng.choice(kind)}" if rng.random() < 0.8 else rng.choice(kind)


def measure(table: Table, usable: dict[str, list[str]], coded: dict[str, list[tuple[str, list[str]]]], nullable: list[str],
            dates: dict[str, str], rng: random.Random) -> tuple[str, Metric]:
    """A business metric as companies define them: over one table and its parents, with a condition that is easy to forget."""
    parents = [k.ref_table for k in table.foreign_keys if k.ref_table != table.name]
    own = [f"{table.name}.{c}" for c in usable[table.name]]
    far = [f"{p}.{c}" for p in parents for c in usable[p]]
    a, b, c = rng.choice(own), rng.choice(own), rng.choice(far if far and rng.random() < 0.5 else own)
    codes = [(f"{t}.{column}", v) for t in (table.name, *parents) for column, v in coded[t]]
    test = ""
    if codes and rng.random() < 0.6:
        column, known = rng.choice(codes)
        test = f"{column} {rng.choice(('<>', '<>', '='))} '{rng.choice(known)}'"
    elif nullable:
        test = f"{table.name}.{rng.choice(nullable)} IS {rng.choice(('NULL', 'NOT NULL'))}"
    forms = [
        "SUM({a})", "SUM({a} * {c})", "SUM({a} * {c})", "SUM({a} - {c})", "SUM({a} * {b} * (1 - {c}))", "SUM({a} * ({b} - {c}))",
        "SUM({a} * ({b} * (1 - {c}) - {d}))", "SUM({a} * {c}) / COUNT(*)", "SUM({a}) / SUM({c})", "AVG({a} - {c})", "SUM({a}) / COUNT(DISTINCT {k})",
    ]
    shares = ["100.0 * SUM(CASE WHEN {t} THEN 1 ELSE 0 END) / COUNT(*)", "100.0 * SUM(CASE WHEN {a} > {b} THEN 1 ELSE 0 END) / COUNT(*)"]
    form = rng.choice(shares if rng.random() < 0.25 and (test or a != b) else forms)
    if ("{t}" in form and not test) or ("> {b}" in form and a == b):
        form = forms[0]
    keys = [column for k in table.foreign_keys for column in k.columns] or [table.primary_key[0]]
    sql = form.format(a=a, b=b, c=c, d=rng.choice(far or own), k=f"{table.name}.{rng.choice(keys)}", t=test)
    where = "" if "{t}" in form or rng.random() < 0.35 else test
    named = {t for t in parents if f"{t}." in sql + " " + where}
    synonyms = list(dict.fromkeys(title_of(rng) for _ in range(rng.randint(0, 2))))
    dated = [t for t in (table.name, *parents) if dates.get(t)]
    date = f"{dated[0]}.{dates[dated[0]]}" if dated and rng.random() < 0.8 else ""
    return title_of(rng), Metric(table=table.name, sql=sql, where=where, tables=sorted(named), date=date, synonyms=synonyms)


def company(rng: random.Random) -> Context:
    """A random schema with glossary and invented values."""
    style = rng.choice((0, 1, 1, 2, 2))
    chosen = rng.sample(PARSED, rng.randint(2, 6))
    taken: set[str] = set()
    tables: list[Table] = []
    said: dict[str, TableWords] = {}
    columns_seen: dict[str, ColumnProfile] = {}
    index: dict[str, list[tuple[str, str, str]]] = {}
    metrics: dict[str, Metric] = {}
    segments: dict[str, Segment] = {}
    usable: dict[str, list[str]] = {}
    coded: dict[str, list[tuple[str, list[str]]]] = {}
    dates: dict[str, str] = {}
    for position, (entity, text) in enumerate(chosen):
        name = name_of(entity, style, taken, rng)
        used: set[str] = set()
        key = rng.choice(("id", f"{name}_id", f"{name}_id", f"{name}_no"))
        used.add(key)
        columns, words_, label, keys, date = [Column(key, "INTEGER", False)], {}, "", [], ""
        for parent in rng.sample(tables, min(len(tables), rng.choice((1, 1, 2)))) if position else []:
            ref = rng.choice((parent.primary_key[0], f"{parent.name}_id")) if parent.primary_key[0] != "id" else f"{parent.name}_id"
            if ref not in used:
                used.add(ref)
                columns.append(Column(ref, "INTEGER", rng.random() < 0.3))
                keys.append(ForeignKey((ref,), parent.name, parent.primary_key))
        if rng.random() < 0.12:
            up = name_of(rng.choice(("parent", "manager", "boss", "parent group")), 0, used, rng) + "_id"
            columns.append(Column(up, "INTEGER", True))
            keys.append(ForeignKey((up,), name, (key,)))
        drawn = attributes(text)
        rng.shuffle(drawn)
        labels = [a for a in drawn if a[1] == "~"][:1]
        for attribute, kind in labels + [a for a in drawn if a[1] != "~"][: rng.randint(3, 8)]:
            column = name_of(attribute, style, used, rng)
            nulls = rng.random() < 0.3
            seen, made = ColumnProfile(), "VARCHAR"
            codes: dict[str, list[str]] = {}
            if kind == "~":
                label = column
                pool = PEOPLE if rng.random() < 0.6 else [w.title() for w in TEXTS]
                strange = rng.choice((0.0, 0.5, 1.0))

                def part(pool: Sequence[str] = pool, strange: float = strange) -> str:
                    return invented(rng) if rng.random() < strange else rng.choice(pool)

                sizes = rng.choices((1, 2, 3), (2, 7, 1), k=14)
                values = list(dict.fromkeys(" ".join(part() for _ in range(size)) for size in sizes))
                seen = ColumnProfile(300, 0.0, tuple(sorted(values)))
            elif kind == "=":
                codes = {k: [*v, *([rng.choice(TEXTS)] if rng.random() < 0.1 else [])] for k, v in rng.choice(CODES).items()}
                if rng.random() < 0.3:
                    codes = {rng.choice("ABCDEFGHKLMNPRSTX") + str(i): [w] for i, w in enumerate(rng.sample(TEXTS, 4))}
                values = list(codes)
                seen = ColumnProfile(len(values), 0.0, tuple(values))
            elif kind == "^":
                values = rng.sample(PLACES, 10) if attribute in {"city", "country", "nationality", "region", "location"} else rng.sample(TEXTS, 8)
                values = [v.upper() if rng.random() < 0.05 else v.title() if rng.random() < 0.6 else v for v in values]
                seen = ColumnProfile(len(values), 0.1 if nulls else 0.0, tuple(values))
            elif kind == "?":
                made, seen = "BOOLEAN", ColumnProfile(2, 0.0, (True, False))
            else:
                quantiles, made = spread(kind, rng)
                seen = ColumnProfile(200, 0.1 if nulls else 0.0, tuple(quantiles), tuple(quantiles))
                if kind in "@!" and not date:
                    date = column
            columns_seen[f"{name}.{column}"] = seen
            for value in seen.values if made == "VARCHAR" else ():
                index.setdefault(str(value).lower(), []).append((name, column, str(value)))
            plain = attribute == column.replace("_", " ")
            synonyms = SYNONYMS.get(attribute, [])
            words_[column] = ColumnWords(name="" if plain else attribute, values=codes, synonyms=synonyms if rng.random() < 0.6 else [])
            columns.append(Column(column, made, nulls and kind != "~"))
        rest = columns[1:]
        rng.shuffle(rest)
        tables.append(Table(name, (columns[0], *rest), (key,), tuple(keys)))
        hidden = entity != name.replace("_", " ")
        said[name] = TableWords(name=entity if hidden else "", synonyms=SYNONYMS.get(entity, []), label=label, date=date, columns=words_)
        dates[name] = date
        numbers = [c for c in columns if c.type in {"INTEGER", "DECIMAL(12,2)", "DOUBLE"} and c.name not in used - {c.name} and c.name in words_]
        usable[name] = [c.name for c in numbers]
        coded[name] = [(c, list(w.values)) for c, w in words_.items() if w.values]
        for _ in range(rng.choice((0, 1, 1, 2)) if numbers else 0):
            title, metric = measure(tables[-1], usable, coded, [c.name for c in columns if c.nullable and c.name in words_], dates, rng)
            metrics.setdefault(title, metric)
        nullable = [c for c in columns if c.nullable and c.name in words_]
        if rng.random() < 0.5 and (nullable or numbers):
            if nullable and rng.random() < 0.6:
                where = f"{name}.{rng.choice(nullable).name} IS {rng.choice(('NULL', 'NOT NULL'))}"
            elif numbers:
                c = rng.choice(numbers)
                q = columns_seen[f"{name}.{c.name}"].quantiles
                where = f"{name}.{c.name} {rng.choice(('>', '<', '>='))} {q[rng.randint(3, 8)]}"
            else:
                continue
            segments[f"{rng.choice('active current premium overdue idle major minor late regular key risky settled valid stale'.split())} {entity}"] = Segment(table=name, where=where)
    glossary = Glossary(tables=said, metrics=metrics, segments=segments)
    order = list(tables)
    rng.shuffle(order)
    return Context(Schema(tuple(order)), glossary, Profile(columns_seen, {k: tuple(v) for k, v in index.items()}, {}))


def drafts(context: Context, rng: random.Random, count: int) -> list[tuple[str, str | None, str]]:
    """Questions, their SQL and shape over one company."""
    world = World(context)
    names, weights = list(SHAPES), [w for _, w in SHAPES.values()]
    made: list[tuple[str, str | None, str]] = []
    for _ in range(count * 2):
        if len(made) >= count:
            break
        if rng.random() < 0.06:
            if refused := unanswerable(world, rng):
                made.append((refused[0], None, refused[1]))
            continue
        shape = rng.choices(names, weights)[0]
        try:
            draft = SHAPES[shape][0](world, rng)
        except LookupError:
            continue
        if draft and len(draft.sql) < 420:
            made.append((word(draft, rng), draft.sql, shape))
    return made


def documents(rng: random.Random, schemas: int, each: int = 60) -> Iterator[tuple[Prompt, str]]:
    """Prompts and answers; every fourth with worked examples of the same company."""
    for _ in range(schemas):
        context = company(rng)
        made = drafts(context, rng, each)
        shots = Shots([Example(str(i), q, s) for i, (q, s, _) in enumerate(made)])
        for number, (question, sql, why) in enumerate(made):
            some = shots.nearest(question, rng.choice((1, 2)), exclude_id=str(number)) if rng.random() < 0.2 else []
            # a name that is not in sight cannot be copied: the tables of the answer are always shown
            need = [t.name for t in context.schema.tables if sql and re.search(rf"\b{re.escape(t.name)}\b", sql)]
            yield compose(question, context.linker.link(question, need), some), completion(sql, why if sql is None else "")
