"""Pairs as the JSONL that OpenAI and Azure OpenAI tune on, checked before anything is sent.

Form and limits: OpenAI's guide to supervised fine-tuning (platform.openai.com/docs/guides/supervised-fine-tuning) and Azure's
(learn.microsoft.com, "Customize a model with fine-tuning").
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

from sqlkit.errors import InputError

LEAST_ROWS = 10
MOST_BYTES = 512 * 2**20
MOST_TOKENS = 65_536  # of one row, the limit of the models that can be tuned at the time of writing
BYTES_A_TOKEN = 3  # an estimate on the high side: English text and SQL have about 4
SHOWN = 5
BOM = b"\xef\xbb\xbf"  # Azure's guide asks for it


@dataclasses.dataclass(frozen=True, slots=True)
class Training:
    """A file that may be sent. `tokens` is an estimate, of one epoch."""

    path: Path
    rows: int
    size: int
    tokens: int
    sha256: str


def to_row(pair: dict[str, Any]) -> dict[str, Any]:
    """A line of pairs.jsonl as a conversation. Raises KeyError, TypeError."""
    prompt = pair["prompt"]
    said = {"system": prompt["system"], "user": prompt["user"], "assistant": pair["completion"]}
    return {"messages": [{"role": role, "content": content} for role, content in said.items()]}


def fault(row: Any, most_tokens: int = MOST_TOKENS) -> str:
    """What the provider would refuse of a row, '' for a good one."""
    messages = row.get("messages") if isinstance(row, dict) else None
    if not isinstance(messages, list) or not messages:
        return "no messages"
    for message in messages:
        if not isinstance(message, dict) or message.get("role") not in {"system", "user", "assistant"}:
            return "a message without a role"
        if not isinstance(message.get("content"), str) or not message["content"].strip():
            return f"the {message['role']}'s text is empty"
    if messages[-1]["role"] != "assistant" or not any(m["role"] == "user" for m in messages):
        return "no user's text before the assistant's"
    length = tokens(row)
    return f"about {length} tokens, {most_tokens} at most" if length > most_tokens else ""


def tokens(row: dict[str, Any]) -> int:
    """Tokens of a row, estimated from its bytes."""
    return sum(-(-len(m["content"].encode()) // BYTES_A_TOKEN) + 4 for m in row["messages"])


def prepare(pairs: Path, out: Path, *, bom: bool = False, most_tokens: int = MOST_TOKENS, most_bytes: int = MOST_BYTES) -> Training:
    """Write the provider's file for pairs.jsonl; the same pairs give the same bytes.

    Raises InputError naming the lines that cannot be sent; then nothing is written.
    """
    written: list[str] = []
    faults: list[str] = []
    counted = 0
    try:
        lines = pairs.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {pairs}: {getattr(error, 'strerror', None) or error}") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = to_row(json.loads(line))
            reason = fault(row, most_tokens)
        except (ValueError, KeyError, TypeError) as error:
            reason = "not JSON" if isinstance(error, ValueError) else "no pair of prompt and completion"
        if reason:
            faults.append(f"line {number}: {reason}")
            continue
        counted += tokens(row)
        written.append(json.dumps(row, ensure_ascii=False))
    if faults:
        more = f"; and {len(faults) - SHOWN} more" if len(faults) > SHOWN else ""
        raise InputError(f"{pairs}: {'; '.join(faults[:SHOWN])}{more}")
    if len(written) < LEAST_ROWS:
        raise InputError(f"{pairs} holds {len(written)} pairs, a provider wants {LEAST_ROWS} at least")
    data = (BOM if bom else b"") + "".join(line + "\n" for line in written).encode()
    if len(data) > most_bytes:
        raise InputError(f"{pairs} makes {len(data) / 2**20:.0f} MB, a provider takes {most_bytes / 2**20:.0f} MB at most")
    digest = hashlib.sha256(data).hexdigest()
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"sqlkit-{digest[:16]}.jsonl"  # by its name it is found again at the provider
    partial = path.with_suffix(".partial")
    partial.write_bytes(data)
    partial.replace(path)
    return Training(path, len(written), len(data), counted, digest)
