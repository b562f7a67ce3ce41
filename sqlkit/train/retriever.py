"""`sqlkit retriever`: tune the embedding model that finds worked examples and tables, and a reranker, with sentence-transformers' trainers.

Embeddings: two questions whose SQL has the same parts over the same tables belong together (multiple negatives ranking loss, Henderson et
al. 2017); a question and the tables of its SQL do, and others do not (CoSENT). Reranker: a cross-encoder, binary cross entropy.
"""

from __future__ import annotations

import dataclasses
import random
import shutil
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlkit.errors import InputError, MissingExtra
from sqlkit.model.retriever import load_embedding, load_reranker
from sqlkit.sql.skeleton import outline

NEGATIVES = 3
_NO_CARD = [{"text": ""}]  # no model card is written; without this examples are drawn for one, out of the users' questions


@dataclasses.dataclass(frozen=True, slots=True)
class Known:
    """A training question with what its SQL is made of."""

    question: str
    parts: str
    tables: frozenset[str]

    @classmethod
    def of(cls, question: str, sql: str, tables: Sequence[str]) -> Known:
        return cls(question, outline(sql), frozenset(tables))

    def helps(self, other: Known) -> bool:
        """Whether one is a worked example for the other: the same parts over the same tables."""
        return self.parts == other.parts and self.tables == other.tables


@dataclasses.dataclass(frozen=True, slots=True)
class Settings:
    """Of a tuning run; learning_rate 0: 0.2 for static embeddings, 2e-5 for transformers."""

    epochs: float = 1.0
    batch_size: int = 64
    learning_rate: float = 0.0
    seed: int = 0


def alike(known: Sequence[Known], seed: int) -> list[tuple[str, str]]:
    """For each question another one that is a worked example for it, drawn from those that are."""
    rng, groups = random.Random(seed), defaultdict[tuple[str, frozenset[str]], list[str]](list)
    for one in known:
        groups[one.parts, one.tables].append(one.question)
    found = []
    for one in known:
        others = [q for q in groups[one.parts, one.tables] if q.lower() != one.question.lower()]
        if others:
            found.append((one.question, rng.choice(others)))
    return found


def unlike(known: Sequence[Known], seed: int) -> list[tuple[str, str]]:
    """For each question others that are no worked example for it, half of them over the same tables: those are the ones to tell apart."""
    rng, near = random.Random(seed), defaultdict[frozenset[str], list[Known]](list)
    for one in known:
        near[one.tables].append(one)
    found = []
    for one in known:
        for other in (rng.choice(near[one.tables]), rng.choice(known)):
            if not one.helps(other):
                found.append((one.question, other.question))
    return found


def with_tables(known: Sequence[Known], documents: Mapping[str, str], seed: int) -> list[tuple[str, str, float]]:
    """(question, text of a table, 1 or 0): the tables of its SQL, and others at random."""
    rng, found = random.Random(seed), []
    for one in known:
        rest = sorted(documents.keys() - one.tables)
        found += [(one.question, documents[name], 1.0) for name in sorted(one.tables) if name in documents]
        found += [(one.question, documents[name], 0.0) for name in rng.sample(rest, min(NEGATIVES, len(rest)))]
    return found


def tune_embedding(base: str, known: Sequence[Known], documents: Mapping[str, str], out: Path, settings: Settings) -> None:
    """Tune an embedding model ('static', a folder or hub id) into the folder `out`; a run that was stopped goes on from its last epoch.

    Raises InputError when there is nothing to learn from, or the model cannot be loaded.
    """
    if out.exists():
        return
    pairs, tables = alike(known, settings.seed), with_tables(known, documents, settings.seed)
    if not pairs and not tables:
        raise InputError("nothing to tune a retriever on: no two questions have SQL of the same parts, and there are no tables")
    import datasets
    from sentence_transformers import SentenceTransformerTrainer, SentenceTransformerTrainingArguments
    from sentence_transformers.sentence_transformer import losses

    _quiet()
    model = load_embedding(base, settings.seed)
    model.model_card_data.widget = _NO_CARD
    held: dict[str, Any] = {"questions": _columns(pairs, "anchor", "positive"), "tables": _columns(tables, "sentence1", "sentence2", "score")}
    held = {name: datasets.Dataset.from_dict(rows) for name, rows in held.items() if rows}
    loss = {"questions": losses.MultipleNegativesRankingLoss(model), "tables": losses.CoSENTLoss(model)}
    arguments = SentenceTransformerTrainingArguments(**_arguments(settings, out, 0.2 if base == "static" else 2e-5))
    trainer = SentenceTransformerTrainer(model=model, args=arguments, train_dataset=held, loss={name: loss[name] for name in held})
    _run(trainer, out)


def tune_reranker(base: str, known: Sequence[Known], documents: Mapping[str, str], out: Path, settings: Settings) -> None:
    """Tune a cross-encoder (a folder or hub id) into the folder `out`. Raises InputError."""
    if out.exists():
        return
    rows = [(a, b, 1.0) for a, b in alike(known, settings.seed)] + [(a, b, 0.0) for a, b in unlike(known, settings.seed)]
    rows += with_tables(known, documents, settings.seed)
    if len({label for _, _, label in rows}) < 2:
        raise InputError("nothing to tune a reranker on: the questions are all of one kind")
    import datasets
    from sentence_transformers.cross_encoder import CrossEncoderTrainer, CrossEncoderTrainingArguments, losses

    _quiet()
    random.Random(settings.seed).shuffle(rows)
    model = load_reranker(base)
    model.model_card_data.widget = _NO_CARD
    arguments = CrossEncoderTrainingArguments(**_arguments(settings, out, 2e-5))
    data = datasets.Dataset.from_dict(_columns(rows, "sentence1", "sentence2", "label"))
    _run(CrossEncoderTrainer(model=model, args=arguments, train_dataset=data, loss=losses.BinaryCrossEntropyLoss(model)), out)


def _columns(rows: Sequence[tuple[Any, ...]], *names: str) -> dict[str, list[Any]]:
    return {name: list(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)} if rows else {}


def _arguments(settings: Settings, out: Path, rate: float) -> dict[str, Any]:
    import torch

    return {
        "output_dir": str(out.with_name(f"{out.name}.checkpoints")), "num_train_epochs": settings.epochs, "seed": settings.seed,
        "per_device_train_batch_size": settings.batch_size, "learning_rate": settings.learning_rate or rate, "warmup_steps": 0.1,
        "save_strategy": "epoch", "save_total_limit": 1, "report_to": "none", "disable_tqdm": True, "logging_strategy": "no",
        "use_cpu": not torch.cuda.is_available(), "dataloader_pin_memory": torch.cuda.is_available(),
    }  # fmt: skip


def _run(trainer: Any, out: Path) -> None:
    """Train from the last whole checkpoint and put the model in place by one rename."""
    from transformers.trainer_callback import PrinterCallback

    trainer.remove_callback(PrinterCallback)
    checkpoints = out.with_name(f"{out.name}.checkpoints")
    whole = [p for p in checkpoints.glob("checkpoint-*") if (p / "trainer_state.json").exists()]  # written last
    last = max(whole, key=lambda p: int(p.name.rsplit("-", 1)[1]), default=None)
    trainer.train(resume_from_checkpoint=str(last) if last else None)
    partial = out.with_name(f"{out.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    trainer.model.save_pretrained(str(partial), create_model_card=False)
    partial.rename(out)
    shutil.rmtree(checkpoints, ignore_errors=True)


def _quiet() -> None:
    import logging

    import datasets

    datasets.disable_progress_bars()
    for name in ("transformers", "sentence_transformers", "datasets"):
        logging.getLogger(name).setLevel(logging.ERROR)


def check_extra() -> None:
    """Raises MissingExtra without sentence-transformers."""
    import importlib.util

    if importlib.util.find_spec("sentence_transformers") is None:
        raise MissingExtra("sentence-transformers", "retrieve")
