"""The only prompt: training, evaluation and serving render through here.

    system  Write one DuckDB query for the question, or CANNOT ANSWER.
    user    ord (order): ord_id number key; cust_id number -> cust.cust_id; st_cd text, status {'S' shipped}
            cust (customer): cust_id number key; cty text, city = 'Lyon'
            net revenue: SUM(ord_ln.qty * ord_ln.unit_prc)
            example: how many customers are there? => SELECT COUNT(*) FROM cust
            question: how many orders were shipped to Lyon?
"""

from __future__ import annotations

import dataclasses
import hashlib
import heapq
import inspect
import itertools
import json
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Protocol

from sqlkit.errors import InputError
from sqlkit.records import Example, Prompt, write_atomic
from sqlkit.schema.glossary import Glossary, fitting, load_glossary, with_joins
from sqlkit.schema.keys import joins, roots
from sqlkit.schema.link import Linked, LinkedColumn, Linker
from sqlkit.schema.personal import hidden_columns, without_values
from sqlkit.schema.types import Schema, from_dict
from sqlkit.schema.values import Profile, profile
from sqlkit.schema.words import stem, words
from sqlkit.sql.extract import refusal
from sqlkit.sql.grammar import names_in
from sqlkit.sql.scopes import Join

ASK = "Write the question that this query answers."
SYSTEM = "Write one DuckDB query for the question, or CANNOT ANSWER."
FORMAT = 5  # raised when linking changes what a prompt looks like



@dataclasses.dataclass(frozen=True)
class Context:
    """All a prompt needs to know of a database: schema, glossary, and what stands in the columns."""

    schema: Schema
    glossary: Glossary = dataclasses.field(default_factory=Glossary)
    profile: Profile = dataclasses.field(default_factory=Profile)
    ranker: Callable[[str], Sequence[str]] | None = dataclasses.field(default=None, compare=False, repr=False)

    @cached_property
    def linker(self) -> Linker:
        return Linker(self.schema, self.glossary, self.profile, self.ranker)

    @cached_property
    def joins(self) -> list[Join]:
        return joins(self.schema)

    @cached_property
    def roots(self) -> dict[tuple[str, str], str]:
        return roots(self.schema)

    @classmethod
    def load(cls, url: str | Path, glossary: str | Path | Glossary | None = None, personal_data: str | list[str] = "") -> Context:
        """Read schema and values from a live database; the values of columns that look personal are left out.

        `personal_data`, where it is given, goes before what the glossary says of them. Raises DatabaseError, SchemaError, InputError.
        """
        from sqlkit.schema.read import read_schema

        schema = read_schema(url)
        said = glossary if isinstance(glossary, Glossary) else load_glossary(glossary, schema)
        said = said.model_copy(update={"personal_data": personal_data}) if personal_data else said
        said = fitting(said, schema) if isinstance(glossary, Glossary) else said
        schema = with_joins(schema, said)
        seen = profile(url, schema)
        return cls(schema, said, without_values(seen, hidden_columns(schema, seen, said)))

    def tables(self) -> dict[str, list[str]]:
        """Table name to column names, as grammar and canonical form want them."""
        return {t.name: [c.name for c in t.columns] for t in self.schema.tables}

    def save(self, folder: str | Path) -> None:
        """Write schema and glossary (no values of the database) to `context.json`."""
        data = {"schema": dataclasses.asdict(self.schema), "glossary": self.glossary.model_dump(exclude_defaults=True)}
        write_atomic(Path(folder) / "context.json", json.dumps(data, indent=1, ensure_ascii=False) + "\n")

    @classmethod
    def open(cls, folder: str | Path) -> Context:
        """Read `context.json` back. Raises InputError when it is missing or broken."""
        path = Path(folder) / "context.json"
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            return cls(from_dict(data["schema"]), Glossary.model_validate(data["glossary"]))
        except OSError as error:
            raise InputError(f"cannot read {path}: {error.strerror or error}") from None
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"{path} is not a saved context: {error}") from None


def render(question: str, context: Context, shots: Sequence[Example] = ()) -> Prompt:
    """The prompt for a question over a database, with `shots` as worked examples."""
    return compose(question, context.linker.link(question), shots)


def compose(question: str, linked: Linked, shots: Sequence[Example] = ()) -> Prompt:
    """The prompt for a question over tables already chosen."""
    lines = [_table_line(t.table.name, t.words, t.columns) for t in linked.tables]
    lines += [f"{name}: {sql}" for name, sql in linked.hints]
    lines += [f"example: {_one_line(s.question)} => {completion(s.sql)}" for s in shots]
    lines.append(f"question: {_one_line(question)}")
    return Prompt(SYSTEM, "\n".join(lines))


def render_back(sql: str, context: Context) -> Prompt:
    """The prompt for the way back, from a query to its question: the tables and columns that it names, and the query."""
    named = names_in(sql)
    tables = [t for t in context.schema.tables if t.bare in named]
    lines = []
    for table in tables:
        columns = [context.linker.describe(table, c, linked=True) for c in table.columns if c.name in named]
        lines.append(_table_line(table.name, context.glossary.table(table.name).name, columns))
    return Prompt(ASK, "\n".join([*lines, f"query: {_one_line(sql)}"]))


def completion(sql: str | None, reason: str = "") -> str:
    """What the model should answer: the SQL, or the refusal when there is none."""
    return refusal(reason) if sql is None else _one_line(sql)


def fingerprint(retriever: str = "") -> str:
    """A hash of everything that shapes a prompt; an adapter is only good under the one it was trained with.

    retriever: the hash of a tuned retriever that chose tables and worked examples.
    """
    source = inspect.getsource(compose) + inspect.getsource(_table_line) + inspect.getsource(_column_text)
    return hashlib.sha256(f"{FORMAT}\n{SYSTEM}\n{source}{retriever}".encode()).hexdigest()[:16]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _table_line(name: str, said: str, columns: Iterable[LinkedColumn]) -> str:
    title = f"{name} ({said})" if said and said != name else name
    return f"{title}: {'; '.join(map(_column_text, columns))}"


def _column_text(linked: LinkedColumn) -> str:
    text = f"{linked.column.name} {linked.column.kind}"
    if linked.key:
        text += " key"
    if linked.references:
        text += f" -> {linked.references}"
    if linked.words:
        text += f", {linked.words}"
    if linked.codes:
        text += " {" + ", ".join(f"'{code}' {meaning}".strip() for code, meaning in linked.codes) + "}"
    if linked.values:
        text += " = " + " | ".join("'" + value.replace("'", "''") + "'" for value in linked.values)
    return text


class Retrieval(Protocol):
    """Where worked examples come from: `Shots`, or a tuned retriever's."""

    examples: list[Example]

    def nearest(self, question: str, k: int = 2, exclude_id: str = "") -> list[Example]: ...

    def ranked(self, question: str, exclude_id: str = "") -> Iterator[tuple[Example, float]]: ...


class Shots:
    """Few-shot retrieval: the examples whose questions are nearest by TF-IDF cosine over stems."""

    def __init__(self, examples: Sequence[Example]) -> None:
        self.examples = list(examples)
        bags = [Counter(map(stem, words(e.question))) for e in self.examples]
        seen = Counter(term for bag in bags for term in bag)
        self._idf = {term: math.log(1 + len(bags) / n) for term, n in seen.items()}
        self._postings: dict[str, list[tuple[int, float]]] = {}
        for number, bag in enumerate(bags):
            for term, weight in self._unit(bag).items():
                self._postings.setdefault(term, []).append((number, weight))

    def _unit(self, bag: Counter[str]) -> dict[str, float]:
        weights = {term: n * self._idf.get(term, 0.0) for term, n in bag.items()}
        length = math.sqrt(sum(w * w for w in weights.values())) or 1.0
        return {term: w / length for term, w in weights.items() if w}

    def nearest(self, question: str, k: int = 2, exclude_id: str = "") -> list[Example]:
        """The k nearest examples, nearest last; never the one with `exclude_id`, never the question itself."""
        return [example for example, _ in itertools.islice(self.ranked(question, exclude_id), k)][::-1]

    def ranked(self, question: str, exclude_id: str = "") -> Iterator[tuple[Example, float]]:
        """Examples that share a word with the question and how like it they are (0 to 1), nearest first; not the ones `nearest` leaves out."""
        scores: defaultdict[int, float] = defaultdict(float)
        for term, weight in self._unit(Counter(map(stem, words(question)))).items():
            for number, other in self._postings.get(term, ()):
                scores[number] += weight * other
        order = [(-score, number) for number, score in scores.items()]
        heapq.heapify(order)  # a few are taken of thousands
        while order:
            score, number = heapq.heappop(order)
            example = self.examples[number]
            if example.id != exclude_id and example.question.lower() != question.lower():
                yield example, -score
