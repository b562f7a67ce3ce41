"""A question over a database: prompt, model, SQL, sandbox, one more try when it failed, a sentence."""

from __future__ import annotations

import dataclasses
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import TypedDict, Unpack

from sqlkit.database import Sandbox, open_sandbox
from sqlkit.errors import SqlkitError
from sqlkit.model.adapter import Manifest, read_manifest
from sqlkit.model.types import Generation, Model
from sqlkit.model.vote import Choice, choose
from sqlkit.nearby import aid
from sqlkit.prompt import Retrieval, Shots, render
from sqlkit.query.answer import Answer, Why
from sqlkit.query.context import adapter_examples, adapter_retriever, live_context
from sqlkit.query.question import complaint
from sqlkit.query.repair import Attempt, Try, another
from sqlkit.query.sentence import failure, missing, sentence
from sqlkit.query.wording import Wording
from sqlkit.records import Result
from sqlkit.schema.strange import Known, refuses
from sqlkit.sight import grammar
from sqlkit.sql.extract import extract, refusal

NO_SQL = Result(error="parse: the model wrote no SQL")


class Limits(TypedDict, total=False):
    """What one query may use; see `database.Sandbox`."""

    seconds: float
    memory_mb: int
    max_rows: int
    max_bytes: int


class Asker:
    """Plain questions over one database. Safe to call from several threads; one question is answered at a time.

    database: a SQLAlchemy URL, or the path of a DuckDB or SQLite file. adapter: a folder that `sqlkit train` made; it
    brings its base, glossary and refusal threshold. base: as for `load_model`. glossary: a YAML file in place of the
    adapter's. model: any object with `generate`, in place of base and adapter's weights. shots: worked examples to
    retrieve from the adapter's training questions. constrained: decode under the grammar of the live schema; None:
    yes, unless the model stands behind a URL, whose server may not know grammars. feedback: show a failed query and
    its error to the model; None: only a model behind a URL, because a tuned one never saw such a prompt.
    samples: answers to draw beside the greedy one; they are run and vote, and so do the queries of like questions where the adapter's
    recipe has neighbours; None: as many as the adapter was judged with.
    english_only: refuse other languages; None: for the embedded base, which knows no other. limits: of the sandbox.

    Raises DatabaseError, SchemaError, InputError or AdapterError when it cannot be set up.
    """

    def __init__(
        self,
        database: str | Path,
        adapter: str | Path | None = None,
        base: str = "embedded",
        *,
        glossary: str | Path | None = None,
        model: Model | None = None,
        shots: int = 0,
        constrained: bool | None = None,
        feedback: bool | None = None,
        english_only: bool | None = None,
        max_new_tokens: int = 160,
        samples: int | None = None,
        **limits: Unpack[Limits],
    ) -> None:
        manifest = read_manifest(adapter) if adapter is not None else None
        base = _base(base, manifest)
        remote = base.startswith(("http://", "https://"))
        self.context = live_context(database, adapter, glossary)
        finder = adapter_retriever(adapter)
        self.context = finder.attach(self.context) if finder else self.context
        self._shots: Retrieval | None = None
        if adapter is not None:
            self._shots = finder.shots(adapter_examples(adapter)) if finder else Shots(adapter_examples(adapter))
        self._threshold = manifest.refuse_threshold if manifest else None
        self._first = Try(shots, (not remote) if constrained is None else constrained)
        self._feedback = (remote and adapter is None) if feedback is None else feedback
        self._english_only = base == "embedded" if english_only is None else english_only
        self._samples = samples if samples is not None else int(manifest.recipe.get("samples", 0)) if manifest else 0
        self._neighbours = int(manifest.recipe.get("neighbours", 0)) if manifest else 0
        self._scoped = bool(manifest and manifest.recipe.get("scoped"))
        self._known = Known(self.context.linker, self._shots.examples) if self._scoped and self._shots and self._shots.examples else None
        self._max_new_tokens = max_new_tokens
        self._lock = threading.Lock()
        self._sandbox: Sandbox = open_sandbox(database, **limits)
        try:
            self._model, self._own = (model, False) if model is not None else (_load(base, adapter), True)
        except BaseException:
            self._sandbox.close()
            raise

    def ask(self, question: str) -> Answer:
        """SQL, rows and a sentence. Refusals and failed queries are values; only an unreachable model raises."""
        with self._lock:
            began = time.perf_counter()
            answer = self._ask(question)
            return dataclasses.replace(answer, seconds=time.perf_counter() - began)

    def _ask(self, question: str) -> Answer:
        if wrong := complaint(question, english_only=self._english_only, values=self.context.profile.index):
            return Answer(answer=wrong, refused=True, why="question")
        first = self._attempt(question, self._first)
        if first.refused:
            return _refusal(question, first)
        last = first if first.result.ok else self._repaired(question, first)
        if last.refused:
            return _refusal(question, last, repaired=True)
        result = last.result
        said = sentence(question, result, Wording(self.context, last.sql)) if result.ok else failure(result.error)
        return Answer(
            last.sql or None, result.columns, result.rows, said, error=result.error, truncated=result.truncated,
            repaired=last is not first,
        )  # fmt: skip

    def _attempt(self, question: str, how: Try) -> Attempt:
        near = self._shots.nearest(question, how.shots) if self._shots and how.shots else []
        said = self._model.generate(
            [how.prompt(render(question, self.context, near))],
            max_new_tokens=self._max_new_tokens,
            batch_size=1,
            grammar=[grammar(question, self.context, near, scoped=self._scoped, refusal=self._known is None)] if how.constrained else None,
            samples=self._samples,
        )[0]
        chosen = self._chosen(question, said) if said.others else None
        sql, text = (chosen.sql, chosen.text) if chosen else (extract(said.text), said.text)
        why: Why = "model" if sql is None else ""
        if not why and self._threshold is not None:
            strange = self._known.strange(question) if self._known else None
            if refuses(said.refuse_probability, self._threshold, strange):
                why, text = "unsure", refusal(", ".join(strange or ()))
        if why or sql is None:
            return Attempt(how, "", text, why)
        result = chosen.result if chosen else self._sandbox.run(sql) if sql else None
        return Attempt(how, sql, text, "", result or NO_SQL)

    def _chosen(self, question: str, said: Generation) -> Choice:
        beside = aid(question, self.context, self._shots, self._neighbours)
        return choose(said, self._sandbox.run, beside.weigh, beside.mend, beside.suggested)

    def _repaired(self, question: str, first: Attempt) -> Attempt:
        """A second attempt, asked in another way; the first one when that is no better."""
        how = another(first, feedback=self._feedback, examples=bool(self._shots and self._shots.examples))
        try:
            second = self._attempt(question, how)
        except SqlkitError:  # a server without grammars; the first answer still stands
            return first
        return second if second.refused or second.result.ok else first

    def close(self) -> None:
        """End the sandbox's process and free the model, unless it was handed in."""
        self._sandbox.close()
        if self._own:
            self._model.close()

    def __enter__(self) -> Asker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _refusal(question: str, attempt: Attempt, repaired: bool = False) -> Answer:
    if attempt.refused == "unsure":
        said = "I cannot answer this: the model does not trust that this database holds the answer."
    else:
        reason = missing(question, attempt.text)
        said = f"This database cannot answer that{f' (missing: {reason})' if reason else ''}."
    return Answer(answer=said, refused=True, why=attempt.refused, repaired=repaired)


def _base(base: str, manifest: Manifest | None) -> str:
    """The base named, or the adapter's own when none is."""
    return manifest.base if manifest is not None and base in {"", "embedded"} else base or "embedded"


def _load(base: str, adapter: str | Path | None) -> Model:
    from sqlkit.model.huggingface import load_model

    return load_model(base, adapter)
