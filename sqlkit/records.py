"""The records that pass between the verbs, frozen and typed, one JSON object a line on disk.

Example + schema text -> Prompt; Prompt + gold -> Pair; model -> Prediction; database -> Result; grader -> Grade.
"""

from __future__ import annotations

import dataclasses
import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal, TypeVar

from sqlkit.errors import InputError

_UMASK = os.umask(0)
os.umask(_UMASK)
Verdict = Literal["equivalent", "different", "error", "unsafe", "gold_broken", "undecidable"]
Cell = Any  # None, bool, int, float, Decimal, str, bytes, date, time, datetime, timedelta, UUID, list, dict


@dataclasses.dataclass(frozen=True, slots=True)
class Example:
    """A question and its gold SQL; `sql` None means the schema cannot answer it. `alternatives` are golds as good as it."""

    id: str
    question: str
    sql: str | None
    db_id: str = ""
    dialect: str = "duckdb"
    evidence: str = ""
    difficulty: str = ""
    source: str = ""
    shape: str = ""
    made_by: str = ""
    alternatives: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Prompt:
    """What a model is asked, before the chat template: the same in training, evaluation and serving."""

    system: str
    user: str

    def messages(self) -> list[dict[str, str]]:
        return [{"role": "system", "content": self.system}, {"role": "user", "content": self.user}]


@dataclasses.dataclass(frozen=True, slots=True)
class Pair:
    """One training row in TRL's prompt-completion form (https://huggingface.co/docs/trl/dataset_formats)."""

    id: str
    prompt: Prompt
    completion: str
    source: str = ""

    def conversational(self) -> dict[str, list[dict[str, str]]]:
        return {
            "prompt": self.prompt.messages(),
            "completion": [{"role": "assistant", "content": self.completion}],
        }


@dataclasses.dataclass(frozen=True, slots=True)
class Prediction:
    """What a model said (`text`) and the SQL read out of it; `sql` None is a refusal, '' is no SQL found."""

    example_id: str
    sql: str | None
    text: str
    seconds: float = 0.0
    tokens: int = 0


@dataclasses.dataclass(frozen=True, slots=True)
class Result:
    """What a database said. `error` is '' or 'kind: message', kind one of parse, bind, runtime, time, memory,
    size, unsafe, crash. `rows` are at most the sandbox's limit; `truncated` says that there were more."""

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    error: str = ""
    seconds: float = 0.0
    truncated: bool = False
    types: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        return not self.error


@dataclasses.dataclass(frozen=True, slots=True)
class Grade:
    """The verdict on one prediction. `correct` is what execution accuracy counts; refusals included."""

    example_id: str
    verdict: Verdict
    reason: str = ""
    correct: bool = False
    refused: bool = False
    answerable: bool = True
    difficulty: str = ""
    details: dict[str, Any] = dataclasses.field(default_factory=dict)


Record = TypeVar("Record", Example, Pair, Prediction, Result, Grade)


def to_dict(record: Any) -> dict[str, Any]:
    """A record as plain JSON-ready values."""
    return dataclasses.asdict(record)


def from_dict(kind: type[Record], row: dict[str, Any]) -> Record:
    """A record from a JSON object; unknown keys are ignored, missing ones take their default.

    Raises InputError when a required key is missing.
    """
    known = {f.name: f for f in dataclasses.fields(kind)}
    values = {key: value for key, value in row.items() if key in known}
    if kind is Pair and isinstance(values.get("prompt"), dict):
        values["prompt"] = Prompt(**values["prompt"])
    try:
        return kind(**values)
    except TypeError as error:
        raise InputError(f"not a {kind.__name__}: {error}") from None


def read_jsonl(path: str | Path) -> Iterator[dict[str, Any]]:
    """JSON objects of a file, one a line. Raises InputError naming the file and line that is broken."""
    path = Path(path)
    try:
        handle = path.open(encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from None
    with handle:
        for number, line in enumerate(handle, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except ValueError as error:
                raise InputError(f"{path} line {number} is not JSON: {error}") from None
            if not isinstance(row, dict):
                raise InputError(f"{path} line {number} is not a JSON object")
            yield row


def read_records(kind: type[Record], path: str | Path) -> list[Record]:
    """All records of one kind in a JSONL file."""
    return [from_dict(kind, row) for row in read_jsonl(path)]


def write_atomic(path: str | Path, text: str) -> None:
    """Write a whole file or nothing: a temporary file beside it, then a rename."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
            handle.write(text)
        os.chmod(name, 0o666 & ~_UMASK)  # mkstemp makes files that only their owner can read
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_jsonl(path: str | Path, rows: Iterable[Any]) -> int:
    """Write records or dicts, one JSON object a line, atomically; returns how many."""
    lines = [
        json.dumps(row if isinstance(row, dict) else to_dict(row), ensure_ascii=False, default=str) for row in rows
    ]
    write_atomic(path, "".join(line + "\n" for line in lines))
    return len(lines)
