"""A tuned retriever: finds worked examples and tables for a question by embeddings, and reranks them with a cross-encoder if there is one.

A folder: `embedding/` (sentence-transformers), maybe `reranker/`, `recall.json`. The fingerprint of every prompt that it shapes holds its hash.
"""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlkit.embedded import folder as embedded
from sqlkit.errors import InputError, MissingExtra
from sqlkit.prompt import Context
from sqlkit.records import Example
from sqlkit.schema.glossary import Glossary
from sqlkit.schema.types import Schema

PARTS = ("embedding", "reranker")
CANDIDATES = 20  # that a reranker reads
STATIC_SIZE = 256


def retriever_hash(folder: str | Path) -> str:
    """One hash over a retriever's files, '' where there is none."""
    if not str(folder):
        return ""
    root, digest = Path(folder), hashlib.sha256()
    files = sorted(path for part in PARTS for path in (root / part).rglob("*") if path.is_file() and path.suffix != ".md")
    for path in files:
        digest.update(str(path.relative_to(root)).encode())
        with path.open("rb") as handle:
            while block := handle.read(2**20):
                digest.update(block)
    return digest.hexdigest()[:16] if files else ""


def load_embedding(base: str, seed: int = 0) -> Any:
    """An embedding model: a folder, a hub id, or 'static': random vectors for the embedded base's tokens, good for nothing until tuned.

    Raises InputError when it cannot be loaded, MissingExtra.
    """
    try:
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    except ImportError:
        raise MissingExtra("sentence-transformers", "retrieve") from None
    if base == "static":
        import torch
        from transformers import AutoTokenizer

        torch.manual_seed(seed)
        tokenizer = AutoTokenizer.from_pretrained(embedded("base"))
        return SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_dim=STATIC_SIZE)], device=None if torch.cuda.is_available() else "cpu")
    return _loaded(SentenceTransformer, base, "embedding model")


def load_reranker(base: str) -> Any:
    """A cross-encoder of one score: a folder or a hub id. Raises InputError, MissingExtra."""
    try:
        from sentence_transformers import CrossEncoder
    except ImportError:
        raise MissingExtra("sentence-transformers", "retrieve") from None
    return _loaded(CrossEncoder, base, "reranker", num_labels=1)


def _loaded(kind: Any, base: str, what: str, **more: Any) -> Any:
    try:
        return kind(base, **more)
    except (OSError, ValueError, RuntimeError, ImportError) as error:
        raise InputError(f"cannot load {what} {base}: {(str(error).splitlines() or [repr(error)])[0][:200]}") from None


class Retriever:
    """Opened once, asked for every question. Raises InputError when the folder is no retriever."""

    def __init__(self, folder: str | Path) -> None:
        self.folder, self.hash = Path(folder), retriever_hash(folder)
        if not (self.folder / "embedding").is_dir():
            raise InputError(f"{folder} is no retriever: it has no folder embedding; make one with: sqlkit retriever")
        self._embedding = load_embedding(str(self.folder / "embedding"))
        self._reranker = load_reranker(str(self.folder / "reranker")) if (self.folder / "reranker").is_dir() else None

    def shots(self, examples: Sequence[Example]) -> DenseShots:
        return DenseShots(self._embedding, self._reranker, examples)

    def attach(self, context: Context) -> Context:
        """The context with this retriever's tables taken into every prompt."""
        return dataclasses.replace(context, ranker=Tables(self._embedding, self._reranker, documents(context.schema, context.glossary)))


def open_retriever(folder: str | Path) -> Retriever | None:
    """The retriever of a folder; None for no folder ('')."""
    return Retriever(folder) if str(folder) else None


class Ranking:
    """Texts embedded once; the best for a question first."""

    def __init__(self, embedding: Any, reranker: Any, texts: Sequence[str]) -> None:
        self._embedding, self._reranker, self._texts = embedding, reranker, list(texts)
        self._vectors = self._embed(self._texts) if self._texts else None
        self._known = dict(zip(self._texts, range(len(self._texts)), strict=True))

    def _embed(self, texts: Sequence[str]) -> Any:
        return self._embedding.encode(list(texts), normalize_embeddings=True, show_progress_bar=False, convert_to_numpy=True)

    def order(self, question: str, leave_out: frozenset[int] = frozenset()) -> list[int]:
        """Numbers of all texts but those left out, the nearest first; equals in the order that they were given."""
        return [number for number, _ in self.ranked(question, leave_out)]

    def ranked(self, question: str, leave_out: frozenset[int] = frozenset()) -> list[tuple[int, float]]:
        """As `order`, with the cosine of each; a reranker changes the order alone."""
        import numpy as np

        if self._vectors is None:
            return []
        own = self._known.get(question)
        vector = self._vectors[own] if own is not None else self._embed([question])[0]
        # rounded: the last bits of a product depend on how many rows are multiplied at once, and must not decide
        near = np.round(self._vectors @ vector, 5)
        found = [(int(i), float(near[i])) for i in np.argsort(-near, kind="stable") if int(i) not in leave_out]
        if self._reranker is None:
            return found
        head = found[:CANDIDATES]
        scores = self._reranker.predict([(question, self._texts[i]) for i, _ in head], show_progress_bar=False)
        ranked = sorted(range(len(head)), key=lambda i: (-round(float(scores[i]), 5), i))
        return [head[i] for i in ranked] + found[CANDIDATES:]


class DenseShots:
    """Few-shot retrieval by embeddings: in place of `prompt.Shots`."""

    def __init__(self, embedding: Any, reranker: Any, examples: Sequence[Example]) -> None:
        self.examples = list(examples)
        self._ranking = Ranking(embedding, reranker, [e.question for e in self.examples])

    def nearest(self, question: str, k: int = 2, exclude_id: str = "") -> list[Example]:
        """The k nearest examples, nearest last; never the one with `exclude_id`, never the question itself."""
        return [example for example, _ in itertools.islice(self.ranked(question, exclude_id), k)][::-1]

    def ranked(self, question: str, exclude_id: str = "") -> Iterator[tuple[Example, float]]:
        """The examples, nearest first, with their likeness (0 to 1); not the ones that `nearest` leaves out."""
        same = question.lower()
        out = frozenset(i for i, e in enumerate(self.examples) if e.id == exclude_id or e.question.lower() == same)
        yield from ((self.examples[i], max(0.0, near)) for i, near in self._ranking.ranked(question, out))


class Tables:
    """Table names for a question, the likeliest first."""

    def __init__(self, embedding: Any, reranker: Any, texts: Mapping[str, str]) -> None:
        self._names = list(texts)
        self._ranking = Ranking(embedding, reranker, list(texts.values()))
        self._said: dict[str, list[str]] = {}

    def __call__(self, question: str) -> list[str]:
        if question not in self._said:  # a prompt and its grammar link the same question
            if len(self._said) > 10_000:
                self._said.clear()
            self._said[question] = [self._names[i] for i in self._ranking.order(question)]
        return self._said[question]


def documents(schema: Schema, glossary: Glossary) -> dict[str, str]:
    """A text for each table: its name and its columns', with what people call them; no values."""
    found = {}
    for table in schema.tables:
        said = glossary.table(table.name)
        columns = []
        for column in table.columns:
            named = glossary.column(table.name, column.name)
            columns.append(" ".join(dict.fromkeys([column.name, *filter(None, [named.name]), *named.synonyms])))
        found[table.name] = f"{' '.join(dict.fromkeys([table.name, *filter(None, [said.name]), *said.synonyms]))}: {', '.join(columns)}"
    return found
