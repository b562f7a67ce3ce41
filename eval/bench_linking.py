"""`make bench-linking`: prompts of a schema of 1,000 tables; one line of JSON.

    python eval/bench_linking.py [QUESTIONS [SEED]]

The schema is `eval/schemas/erp.py`'s with rows by the grader's populator, no glossary. Questions are drawn by the sampler from every table by
turns, in all its shapes, and kept whether or not the linker finds what they need; gold tables and columns are those that the query
names. So they use the schema's own words, with the sampler's typos: what a glossary would add, and people's other words for
things, are not measured here. Recall is over all gold tables (columns) of the questions; `whole` are the questions of which none is missing.

Some questions do not tell what they are about: "the average pos amt" where two hundred tables have one. `recall_*` and `whole` are over
the others, those that hold the words of each table of which they read more than keys (one letter may be wrong), `all_recall_*` over all.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from sqlkit.data.ground import from_ddl
from sqlkit.data.realise import word
from sqlkit.data.shapes import SHAPES
from sqlkit.data.steer import Steered
from sqlkit.data.used import facts_in, names_of, used
from sqlkit.data.wanted import Item
from sqlkit.embedded import resolve_base
from sqlkit.model.huggingface import load_tokenizer
from sqlkit.prompt import Context, compose
from sqlkit.schema.misspelled import one_edit
from sqlkit.schema.types import Schema
from sqlkit.schema.words import stems
from sqlkit.sight import in_sight

ROWS = 30  # of each table
WIDEST = 4  # tables of one question


def questions(context: Context, count: int, seed: int) -> Iterator[tuple[str, str, set[str], set[str]]]:
    """(question, SQL, gold tables, gold columns as 'table.column')."""
    rng = random.Random(seed)
    world, names = Steered(context, rng), names_of(context.schema)
    weights = [weight for _, weight in SHAPES.values()]
    tables = [t.name for t in context.schema.tables]
    rng.shuffle(tables)
    made = 0
    while made < count:
        world.focus(Item(tables[made % len(tables)]))
        try:
            draft = SHAPES[rng.choices(list(SHAPES), weights)[0]][0](world, rng)
        except LookupError:
            continue
        if draft is None:
            continue
        read, columns = used(facts_in(draft.sql, names), context.schema)
        if read and len(read) <= WIDEST:
            made += 1
            yield word(draft, rng), draft.sql, set(read), set(columns)


def told(question: str, columns: set[str], schema: Schema) -> bool:
    """Whether a question names each table of which it reads more than keys, or reads of it only columns that no other table has."""
    asked = set(stems(question))
    for table in schema.tables:
        keys = {*table.primary_key, *(c for k in table.foreign_keys for c in k.columns)}
        read = [c.name for c in table.columns if f"{table.name}.{c.name}" in columns and c.name not in keys]
        named = all(w in asked or (len(w) > 4 and any(one_edit(w, other) for other in asked)) for w in stems(table.name))
        if not named and any(sum(c.name == name for _, c in schema.columns()) > 1 for name in read):
            return False
    return True


def main() -> None:
    sys.path.insert(0, str(Path(__file__).with_name("schemas")))
    from erp import ddl

    count, seed = (int(sys.argv[i]) if len(sys.argv) > i else default for i, default in ((1, 1000), (2, 0)))
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "erp.sql"
        path.write_text(ddl(large=True), encoding="utf-8")
        database, _ = from_ddl(path, "", Path(name), rows=ROWS)
        context = Context.load(database)
    began = time.perf_counter()
    context.linker.link("warm up")
    built = time.perf_counter() - began
    tokenizer = load_tokenizer(resolve_base("embedded"))
    gold, seen, asked, whole, seconds, tokens, quarters, missed = [[0, 0], [0, 0]], [[0, 0], [0, 0]], 0, 0, [], [], [], []
    for question, sql, tables, columns in questions(context, count, seed):
        began = time.perf_counter()
        linked = context.linker.link(question)
        seconds.append(time.perf_counter() - began)
        prompt = compose(question, linked)
        text = f"{prompt.system}\n{prompt.user}"
        tokens.append(len(tokenizer(text)["input_ids"]))
        quarters.append(len(text) / 4)
        shown = in_sight(linked, context)
        both = (tables & set(shown), columns & {f"{t}.{c}" for t, cs in shown.items() for c in cs})
        clear = told(question, columns, context.schema)
        for part in (0, 1) if clear else (0,):  # of all, of those that tell
            for kind, wanted in enumerate((tables, columns)):
                gold[part][kind] += len(wanted)
                seen[part][kind] += len(both[kind])
        asked += clear
        whole += clear and both == (tables, columns)
        if both != (tables, columns):
            missed.append({"told": clear, "question": question, "sql": sql, "missing": sorted((tables | columns) - both[0] - both[1])})
    if len(sys.argv) > 3:
        Path(sys.argv[3]).write_text("".join(json.dumps(m) + "\n" for m in missed), encoding="utf-8")
    print(json.dumps({
        "tables": len(context.schema.tables), "columns": sum(1 for _ in context.schema.columns()), "questions": count,
        "told": asked, "recall_tables": round(seen[1][0] / gold[1][0], 4), "recall_columns": round(seen[1][1] / gold[1][1], 4),
        "whole": round(whole / asked, 4), "all_recall_tables": round(seen[0][0] / gold[0][0], 4), "all_recall_columns": round(seen[0][1] / gold[0][1], 4),
        "tokens_median": statistics.median(tokens), "tokens_most": max(tokens), "quarters_of_characters_most": round(max(quarters)),
        "seconds_median": round(statistics.median(seconds), 4), "seconds_p95": round(sorted(seconds)[int(0.95 * len(seconds))], 4),
        "seconds_to_build": round(built, 2),
    }))  # fmt: skip


if __name__ == "__main__":
    main()
