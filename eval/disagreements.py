"""Where other evaluators' rules and ours part: one-edit neighbours of Spider's golds, on Spider's databases.

Writes a table of counts, and a sample of disagreements to be read, stratified over policy, direction and class. What others
say is what `sqlkit.evaluate.policies` reproduces; ours is the verdict of `sqlkit grade` on the same one database.

    python eval/disagreements.py SPIDER_FOLDER OUT_FOLDER [PAIRS [SEED]]
"""

from __future__ import annotations

import random
import re
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import speed  # beside this file

from sqlkit.database.sandbox import Sandbox
from sqlkit.evaluate.beside import others_say
from sqlkit.evaluate.grade import Grader
from sqlkit.records import Example, Prediction, read_jsonl, write_jsonl
from sqlkit.sql.mutate import mutants
from sqlkit.sql.parse import SqlglotError

POLICIES = ("bird", "spider", "spider_without_distinct", "defog")
SAMPLE = 130
# why ours says what it says, by words of its reason; the first that fits
CLASSES = (
    ("order", r"in an order"), ("duplicates", r"of the same values"), ("number of columns", r"^\d+ columns? instead"), ("by chance", r"happen to be stored"),
    ("values", r"^[\d,]+ of [\d,]+ rows? wrong|^wrong rows"), ("number of rows", r"rows? instead of"), ("accepted", r"the same"),
    ("gold empty", r"no rows on any"), ("gold not deterministic", r"not deterministic"), ("gold random", r"random"), ("too large", r"too large"),
)  # fmt: skip


def pairs(folder: Path, into: Path, most: int, seed: int) -> Iterator[tuple[str, Path, Any, list[tuple[str, str, str]]]]:
    """For each database its (kind of edit, gold, neighbour), `most` in all, spread evenly over the golds."""
    golds: defaultdict[str, list[str]] = defaultdict(list)
    for row in (row for file in speed.GOLDS for row in read_jsonl(folder / file)):
        if row["duckdb_sql"] not in golds[row["db_id"]]:
            golds[row["db_id"]].append(row["duckdb_sql"])
    each = -(-most // max(1, sum(map(len, golds.values()))))
    chance = random.Random(seed)
    for name, file, schema in speed.databases(folder, into):
        made = []
        for gold in golds[name]:
            try:
                near = mutants(gold, schema)
            except (SqlglotError, RecursionError, ValueError):
                continue
            made += [(m.kind, gold, m.sql) for m in chance.sample(near, min(each, len(near)))]
        yield name, file, schema, made


def judged(folder: Path, most: int, seed: int) -> Iterator[dict[str, Any]]:
    """Each pair with what everyone says of it."""
    with tempfile.TemporaryDirectory() as into:
        for name, file, _, made in pairs(folder, Path(into), most, seed):
            if not made:
                continue
            with Sandbox(file, seconds=5.0, max_rows=100_000) as sandbox:
                grader = Grader(sandbox)
                for kind, gold, pred in made:
                    grade = grader.grade(Example("", "", gold), Prediction("", pred, pred))
                    known = grader.gold(gold)
                    if grade.verdict in ("gold_broken", "unsafe"):
                        continue
                    said = others_say(grader, known, pred)
                    yield {
                        "db_id": name, "edit": kind, "gold": gold, "pred": pred, "verdict": grade.verdict, "reason": grade.reason,
                        "class": next((c for c, words in CLASSES if re.search(words, grade.reason)), "error" if grade.verdict == "error" else "other"),
                        **{policy: said[policy] for policy in POLICIES},
                        "results": {key: grade.details.get(key) for key in ("gold", "predicted", "missing", "extra")},
                    }  # fmt: skip


def main() -> None:
    folder, out, most = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 6000
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else 0
    out.mkdir(parents=True, exist_ok=True)
    counts, classes, apart = Counter[tuple[str, str, bool]](), Counter[tuple[str, bool, str, str]](), defaultdict[Any, list[dict[str, Any]]](list)
    total = 0
    for row in judged(folder, most, seed):
        total += 1
        for policy in POLICIES:
            counts[policy, row["verdict"], row[policy]] += 1
            if row[policy] != (row["verdict"] == "equivalent"):
                key = policy, row[policy], row["verdict"], row["class"]
                classes[key] += 1
                apart[key].append({"policy": policy, "accepts": row[policy], **row})
    lines = [f"{total} pairs", "", "| policy | accepts | ours | class | pairs |", "|---|---|---|---|---|"]
    lines += [f"| {p} | {'yes' if a else 'no'} | {v} | {c} | {n} |" for (p, a, v, c), n in sorted(classes.items(), key=lambda item: (item[0][0], -item[1]))]
    lines += ["", "| policy | ours | accepts | pairs |", "|---|---|---|---|"]
    lines += [f"| {p} | {v} | {'yes' if a else 'no'} | {n} |" for (p, v, a), n in sorted(counts.items())]
    (out / "disagreements.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    chance, sample = random.Random(1), list[dict[str, Any]]()
    for members in apart.values():
        chance.shuffle(members)
    while len(sample) < SAMPLE and any(apart.values()):
        sample += [members.pop() for members in apart.values() if members]
    write_jsonl(out / "sample.jsonl", sample[:SAMPLE])
    print("\n".join(lines))


if __name__ == "__main__":
    main()
