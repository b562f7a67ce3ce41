"""What the embedded base reads: token shards of prompts and answers in sqlkit's own prompt format.

    python data/base/corpus.py tokenizer --shared DIR --out DIR      train the tokenizer
    python data/base/corpus.py public    --shared DIR --out DIR      sql-create-context, Spider (training parts only)
    python data/base/corpus.py synthetic --out DIR --schemas N       generated pairs over random schemas

Every document is a schema text, a question and an answer. Names are shuffled, renamed and abbreviated, so that the
only way to answer is to read the schema. Nothing of the embedded company or of any test or dev set is read.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from sqlkit.prompt import compose
from sqlkit.records import Prompt
from sqlkit.schema.link import Linked, LinkedColumn, LinkedTable
from sqlkit.schema.types import Column, Table
from sqlkit.schema.words import words

TYPES = ("VARCHAR", "INTEGER", "DOUBLE", "DATE")
NAMES = re.compile(r"CREATE TABLE (\S+) \(([^)]*)\)")
QUOTED = re.compile(r'"([^"]*)"')


def abbreviate(name: str, rng: random.Random) -> str:
    """A name as a database of a company may spell it: vowels dropped, words cut, words left out."""
    parts = words(name) or ["x"]
    style = rng.random()
    if style < 0.4:
        parts = [p if len(p) < 4 or rng.random() < 0.3 else p[0] + re.sub("[aeiou]", "", p[1:])[:4] for p in parts]
    elif style < 0.7:
        parts = [p[: rng.randint(3, 4)] for p in parts]
    elif len(parts) > 1:
        parts = [p if i else p[:1] for i, p in enumerate(parts)]
    return "_".join(parts)[:24] or "x"


def rename(tables: list[LinkedTable], sql: str, rng: random.Random, share: float) -> tuple[list[LinkedTable], str]:
    """Give a share of columns and tables other names; the words of the old name stay beside the new one."""
    mapping: dict[str, str] = {}
    taken = {c.column.name.lower() for t in tables for c in t.columns} | {t.table.name.lower() for t in tables}

    def fresh(old: str) -> str:
        if old.lower() in mapping:
            return mapping[old.lower()]
        new = abbreviate(old, rng)
        if new.lower() in taken or not new[0].isalpha() or rng.random() > share:
            new = old
        taken.add(new.lower())
        mapping[old.lower()] = new
        return new

    renamed = []
    for table in tables:
        name = fresh(table.table.name)
        columns = []
        for column in table.columns:
            new = fresh(column.column.name)
            said = " ".join(words(column.column.name)) if new != column.column.name else column.words
            ref = ".".join(fresh(part) for part in column.references.split(".")) if column.references else ""
            columns.append(replace(column, column=replace(column.column, name=new), words=said, references=ref))
        said = table.words or (" ".join(words(table.table.name)) if name != table.table.name else "")
        renamed.append(LinkedTable(replace(table.table, name=name), said, tuple(columns)))
    pieces = re.split(r"('(?:[^']|'')*')", sql)
    for i in range(0, len(pieces), 2):
        pieces[i] = re.sub(r"[A-Za-z_][A-Za-z_0-9]*", lambda m: mapping.get(m[0].lower(), m[0]), pieces[i])
    return renamed, "".join(pieces)


NOUNS = (
    "results games players teams seasons episodes records list events stations schools films songs matches races "
    "members entries items winners members rankings venues cities projects shows awards albums elections"
).split()


def wikisql(shared: Path, rng: random.Random) -> Iterator[tuple[Prompt, str]]:
    """sql-create-context's WikiSQL part, train split: one table each, widened with its unused columns."""
    folder = shared / "sql_create_context"
    for file in ("rebuilt_wikisql_train.jsonl", "authentic_trainsplit_only.jsonl"):
        for line in (folder / file).open(encoding="utf-8"):
            row = json.loads(line)
            found = NAMES.findall(row.get("context_all_known_columns") or row["context"])
            sql = QUOTED.sub(lambda m: "'" + m[1].replace("'", "''") + "'", row["answer"])
            if len(found) != 1 or not row["question"].isascii() or " AS T" in sql or len(sql) > 300:
                continue
            name, inside = found[0]
            columns = [part.strip().split(" ")[0] for part in inside.split(",")]
            if not all(re.fullmatch(r"[A-Za-z_]\w*", c) for c in columns) or not columns:
                continue
            if re.match(r"table_\w*\d", name):
                new = rng.choice(NOUNS)
                sql, name = sql.replace(name, new), new
            yield from _public(row["question"], sql, [(name, columns, {})], rng)


def spider(shared: Path, rng: random.Random) -> Iterator[tuple[Prompt, str]]:
    """Spider and Spider-Syn, train: joins, groups, nesting; SQL in the kit's canonical form."""
    from sqlkit.sql.canonical import canonical

    rows = json.loads((shared / "spider" / "tables_train.json").read_text())
    described = {row["db_id"]: _spider_tables(row) for row in rows}
    syn = [json.loads(x) for x in (shared / "spider_variants" / "spider_syn_train.jsonl").open()]
    other: dict[tuple[str, str], str] = {(r["db_id"], r["SpiderQuestion"]): r["SpiderSynQuestion"] for r in syn}
    for file in ("duckdb_gold_train.jsonl", "duckdb_gold_train_others.jsonl"):
        for line in (shared / "spider" / file).open():
            row = json.loads(line)
            tables = described.get(row["db_id"])
            if not row.get("duckdb_sql") or tables is None or "INCORRECT" in str(row.get("judge")):
                continue
            sql = canonical(row["duckdb_sql"], {t: list(c) for t, c, _ in tables}).replace(" NULLS FIRST", "")
            if len(sql) > 320:
                continue
            used = [t for t in tables if re.search(rf"\b{re.escape(t[0])}\b", sql, re.I)]
            others = [t for t in tables if t not in used]
            chosen = used + rng.sample(others, min(len(others), rng.randint(0, max(0, 3 - len(used)))))
            for question in filter(None, (row["question"], other.get((row["db_id"], row["question"])))):
                yield from _public(question.replace(" ?", "?").replace(" ,", ","), sql, chosen, rng)


def _spider_tables(row: dict[str, Any]) -> list[tuple[str, list[str], dict[str, str]]]:
    names = row["table_names_original"]
    columns = row["column_names_original"]
    refs: dict[int, dict[str, str]] = {}
    for source, target in row["foreign_keys"]:
        refs.setdefault(columns[source][0], {})[columns[source][1]] = f"{names[columns[target][0]]}.{columns[target][1]}"
    return [
        (name, [c for t, c in columns if t == i], refs.get(i, {})) for i, name in enumerate(names)
    ]


def _public(
    question: str, sql: str, tables: list[tuple[str, list[str], dict[str, str]]], rng: random.Random
) -> Iterator[tuple[Prompt, str]]:
    """One document from a public row: columns widened, shuffled and renamed, values of the answer shown or not."""
    literals = [m.replace("''", "'") for m in re.findall(r"'((?:[^']|'')*)'", sql)]
    plain = re.sub(r"'(?:[^']|'')*'", "''", sql)
    compared = {m.lower() for m in re.findall(r"(\w+) (?:>|<|>=|<=|BETWEEN) ?[\d]", plain)}
    compared |= {m.lower() for m in re.findall(r"(?:SUM|AVG)\(\s*(?:\w+\.)?(\w+)", plain)}
    linked = []
    for name, columns, references in tables:
        used = [c for c in columns if re.search(rf"\b{re.escape(c)}\b", plain, re.I)]
        rest = [c for c in columns if c not in used]
        kept = used + rng.sample(rest, min(len(rest), rng.randint(1, 6)))
        rng.shuffle(kept)
        shown = []
        for column in kept:
            hit = next((v for v in literals if re.search(rf"\b{re.escape(column)} = '{re.escape(v)}'", sql, re.I)), None)
            present = hit is not None and hit.lower() in question.lower()
            values = (hit,) if hit and (not present or hit not in question or rng.random() < 0.6) else ()
            numeric = column.lower() in compared or bool(re.search("year|count|num|age|price|total", column, re.I))
            kind = "INTEGER" if numeric and not hit else "DATE" if re.search("date", column, re.I) else "VARCHAR"
            key = column in references or (column.lower().endswith("id") and rng.random() < 0.5)
            shown.append(
                LinkedColumn(Column(column, kind), "", (), values, key and column not in references,
                             references.get(column, ""))
            )
        linked.append(LinkedTable(Table(name, tuple(Column(c) for c in kept)), "", tuple(shown)))
    rng.shuffle(linked)
    renamed, new = rename(linked, sql, rng, rng.choice((0.0, 0.5, 0.9)))
    text = question if rng.random() < 0.7 else question.lower().rstrip("?. ")
    yield compose(text, Linked(tuple(renamed))), new


def write(documents: Iterable[tuple[Prompt, str]], tokenizer: Any, path: Path, size: int = 20_000) -> None:
    """Token shards of `size` documents each."""
    batch: list[tuple[Prompt, str]] = []
    part = 0

    def flush() -> None:
        nonlocal part
        if not batch:
            return
        texts, cuts = [], []
        for prompt, answer in batch:
            head = tokenizer.apply_chat_template(prompt.messages(), tokenize=False, add_generation_prompt=True)
            asked = head.rindex("\nquestion: ")
            texts.append(head + answer + "<|end|>")
            cuts.append((asked, len(head)))
        coded = tokenizer(texts, add_special_tokens=False, return_offsets_mapping=True)
        tokens: list[int] = []
        starts, question, answer_at = [0], [], []
        for ids, offsets, (asked, answered) in zip(coded["input_ids"], coded["offset_mapping"], cuts, strict=True):
            if len(ids) > 500:
                continue
            begins = [o[0] for o in offsets]
            question.append(int(np.searchsorted(begins, asked + 1)))
            answer_at.append(int(np.searchsorted(begins, answered)))
            tokens += ids
            starts.append(len(tokens))
        partial = path.with_name(f".{path.name}-{part:04d}.tmp.npz")
        np.savez(partial, tokens=np.array(tokens, np.uint16), starts=np.array(starts, np.int64),
                 question=np.array(question, np.int32), answer=np.array(answer_at, np.int32))
        partial.rename(path.with_name(f"{path.name}-{part:04d}.npz"))
        print(f"{path.name}-{part:04d}: {len(question)} documents, {len(tokens) / max(1, len(question)):.0f} tokens each")
        sys.stdout.flush()
        part += 1
        batch.clear()

    for document in documents:
        batch.append(document)
        if len(batch) == size:
            flush()
    flush()


def vocabulary_texts(rng: random.Random) -> Iterator[str]:
    """Column and code texts in the prompt's punctuation, so that its signs become single tokens."""
    from vocabulary import CODES, ENTITIES, PLACES, SYNONYMS, TEXTS

    entities = [line.split(": ") for line in ENTITIES.split("\n")]
    for _ in range(12_000):
        name, attributes = rng.choice(entities)
        attribute = " ".join(rng.sample(re.sub("[^a-z ]", "", attributes).split(), 2))
        codes = ", ".join(f"'{k}' {v[0]}" for k, v in rng.choice(CODES).items())
        place, text = rng.choice(PLACES), rng.choice(TEXTS)
        said = " ".join(rng.choice(list(SYNONYMS.items()))[1])
        short = abbreviate(attribute, rng)
        yield (
            f"{abbreviate(name, rng)} ({name}): {short}_id number key; {short} text, {attribute} {{{codes}}}; {short}_id number "
            f"-> {name}.{short}_id; city text = '{place}' | '{text}'; {short} date, {said}\nquestion: total {attribute} of "
            f"{name}s per {said} in {place}\nexample: {text} => SELECT COUNT(*), SUM({name}.{short}) FROM t AS t1 WHERE "
            f"YEAR({short}) = 2024 AND {short} >= '2024-01-01' AND {short} <> '{text}' GROUP BY {short}"
        )


def tokenizer_texts(shared: Path) -> Iterator[str]:
    """Text the tokenizer learns from: prompts and answers of the public part, questions and SQL of BIRD's train."""
    rng = random.Random(0)
    yield from vocabulary_texts(rng)
    for number, (prompt, answer) in enumerate(wikisql(shared, rng)):
        if number % 3 == 0:
            yield prompt.user + "\n" + answer
    for line in (shared / "spider" / "duckdb_gold_train.jsonl").open():
        row = json.loads(line)
        yield f"{row['question']}\n{row.get('duckdb_sql') or ''}\n" * 2
    for line in (shared / "bird" / "bird_train_developers.jsonl").open():
        row = json.loads(line)
        yield f"{row['question']}\n{row['SQL']}".replace("`", "")
    for path in (shared / "vanna_training").rglob("*.json"):
        yield path.read_text(encoding="utf-8", errors="ignore")[:20_000]


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("part", choices=("tokenizer", "public", "synthetic"))
    options.add_argument("--shared", type=Path)
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--schemas", type=int, default=2000)
    options.add_argument("--tokenizer", type=Path)
    chosen = options.parse_args()
    rng = random.Random(chosen.seed)
    chosen.out.mkdir(parents=True, exist_ok=True)
    if chosen.part == "tokenizer":
        sys.path.insert(0, str(Path(__file__).parent))
        from tokenizer import build

        build(tokenizer_texts(chosen.shared)).save_pretrained(chosen.out)
        return
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(chosen.tokenizer)
    if chosen.part == "public":
        write(wikisql(chosen.shared, rng), tokenizer, chosen.out / f"wikisql-{chosen.seed}")
        write(spider(chosen.shared, rng), tokenizer, chosen.out / f"spider-{chosen.seed}")
    else:
        from synthetic import documents

        write(documents(rng, chosen.schemas), tokenizer, chosen.out / f"synthetic-{chosen.seed}")


if __name__ == "__main__":
    main()
