"""Ask a database: prompt, model, SQL, sandbox, answer. A LlamaIndex query engine.

    engine = QueryEngine("company.duckdb", adapter="runs/mine/adapter")
    print(engine.query("how many orders did we ship in May 2024?"))
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from sqlkit.database import Sandbox, open_sandbox
from sqlkit.embedded import resolve_base
from sqlkit.errors import AdapterError, InputError, MissingExtra
from sqlkit.model.adapter import Manifest, read_manifest
from sqlkit.model.types import Generation, Model
from sqlkit.prompt import Context, Shots, render
from sqlkit.query.answer import Answer, sentence
from sqlkit.query.language import unknown_language
from sqlkit.records import Example, Prediction, Result, read_records
from sqlkit.sql.extract import extract

try:
    from llama_index.core.base.response.schema import Response
    from llama_index.core.query_engine import CustomQueryEngine
    from pydantic import PrivateAttr
except ImportError:
    raise MissingExtra("llama-index-core", "query") from None

MAX_NEW_TOKENS = 160


class QueryEngine(CustomQueryEngine):  # type: ignore[misc]
    """Plain questions over one database.

    adapter: a folder that `sqlkit train` made; without one the base model is asked. glossary: a YAML file; an adapter
    brings its own. model: any object with `generate`, in place of base and adapter. shots: how many worked examples to
    retrieve from the adapter's training questions. limits: for the sandbox (seconds, memory_mb, max_rows, max_bytes).

    Raises DatabaseError, SchemaError, InputError or AdapterError when it cannot be set up; a question never raises.
    """

    _model: Model = PrivateAttr()
    _sandbox: Sandbox = PrivateAttr()
    _context: Context = PrivateAttr()
    _shots: Shots | None = PrivateAttr(default=None)
    _k: int = PrivateAttr(default=0)
    _grammar: str | None = PrivateAttr(default=None)
    _threshold: float = PrivateAttr(default=0.5)

    def __init__(
        self,
        database: str | Path,
        adapter: str | Path | None = None,
        base: str = "embedded",
        *,
        glossary: str | Path | None = None,
        model: Model | None = None,
        shots: int = 0,
        constrained: bool = True,
        **limits: Any,
    ) -> None:
        super().__init__()
        manifest = read_manifest(adapter) if adapter is not None else None
        self._context = _context(database, adapter, glossary)
        if adapter is not None and shots:
            self._shots, self._k = Shots(read_records(Example, Path(adapter) / "examples.jsonl")), shots
        if constrained:
            from sqlkit.sql.grammar import select_grammar

            self._grammar = select_grammar(self._context.tables())
        if manifest:
            self._threshold = manifest.refuse_threshold
        self._model = model or _load(base, adapter, manifest)
        self._sandbox = open_sandbox(database, **limits)

    def ask(self, question: str) -> Answer:
        """SQL, rows and a sentence for a question; refusals and failures are in the answer."""
        began = time.perf_counter()

        def refuse(why: str) -> Answer:
            return Answer(None, (), (), why, True, time.perf_counter() - began)

        if not question.strip():
            return refuse("The question is empty.")
        if why := unknown_language(question):
            return refuse(f"Not answered: {why}.")
        prediction = self._predict(question, self._k, self._grammar)
        if prediction.sql is None:
            reason = prediction.text.partition(":")[2].strip()
            return refuse(f"This database cannot answer that{f' (missing: {reason})' if reason else ''}.")
        result = self._run(prediction)
        if not result.ok:
            prediction, result = self._repair(question, prediction, result)
        seconds = time.perf_counter() - began
        if not result.ok:
            text = f"The query could not be run ({result.error.split(':')[0]})."
            return Answer(prediction.sql or None, (), (), text, False, seconds, result.error)
        text = sentence(question, result.columns, result.rows, result.truncated)
        return Answer(prediction.sql, result.columns, result.rows, text, False, seconds)

    def _predict(self, question: str, k: int, grammar: str | None) -> Prediction:
        near = self._shots.nearest(question, k) if self._shots and k else ()
        said: Generation = self._model.generate(
            [render(question, self._context, near)], max_new_tokens=MAX_NEW_TOKENS, batch_size=1, grammar=grammar
        )[0]
        sql = extract(said.text)
        refused = said.refuse_probability >= self._threshold
        return Prediction("", None if refused else sql, said.text, said.seconds, said.tokens)

    def _run(self, prediction: Prediction) -> Result:
        return self._sandbox.run(prediction.sql) if prediction.sql else Result(error="parse: the model wrote no SQL")

    def _repair(self, question: str, first: Prediction, failed: Result) -> tuple[Prediction, Result]:
        """One more try in another way: a small model does not read error messages, but another prompt or decoding helps."""
        if failed.error.startswith(("time", "memory", "size")):
            return first, failed
        other = None if self._grammar else _grammar_of(self._context)
        second = self._predict(question, 0 if self._k else 2, other)
        result = self._run(second) if second.sql else failed
        return (second, result) if result.ok else (first, failed)

    def custom_query(self, query_str: str) -> Response:
        """LlamaIndex's door: the sentence as the response, SQL and rows as its metadata."""
        answer = self.ask(query_str)
        return Response(response=answer.answer, metadata=answer.to_json())

    def close(self) -> None:
        """Free the model and end the sandbox's process."""
        self._sandbox.close()
        self._model.close()


def _grammar_of(context: Context) -> str:
    from sqlkit.sql.grammar import select_grammar

    return select_grammar(context.tables())


def _context(database: str | Path, adapter: str | Path | None, glossary: str | Path | None) -> Context:
    """The live schema and values, with the adapter's glossary unless another is given."""
    if glossary is not None or adapter is None:
        return Context.load(database, glossary)
    trained = Context.open(adapter)
    live = Context.load(database, trained.glossary)
    missing = {t.name for t in trained.schema.tables} - {t.name for t in live.schema.tables}
    if missing == {t.name for t in trained.schema.tables}:
        raise AdapterError(f"adapter {adapter} was trained for another database: none of its tables ({', '.join(sorted(missing)[:3])}, ...) is here")
    return live


def _load(base: str, adapter: str | Path | None, manifest: Manifest | None) -> Model:
    from sqlkit.model.huggingface import load_model

    if manifest is not None and base == "embedded" and manifest.base != "embedded":
        base = manifest.base
    if not base:
        raise InputError("no base model named")
    return load_model(base if base.startswith("http") else resolve_base(base), adapter)
