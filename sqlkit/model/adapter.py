"""An adapter's papers: what it was trained on, and the refusal to load it on anything else."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pydantic

from sqlkit.errors import AdapterError, SqlkitError
from sqlkit.model.retriever import retriever_hash
from sqlkit.prompt import fingerprint

MANIFEST = "sqlkit.json"


class Manifest(pydantic.BaseModel):
    """Kept beside the weights in `sqlkit.json`.

    method: how it was trained; of an export, which holds a whole model, 'full', 'gguf' or 'onnx'. dev_ex: share of the `dev_n` dev
    questions judged correct, refusals included.
    """

    base: str
    base_sha256: str
    tokenizer_sha256: str
    chat_template_sha256: str
    prompt_fingerprint: str
    method: str
    data_sha256: str = ""
    recipe: dict[str, Any] = {}
    refuse_threshold: float = 0.5
    dev_ex: float | None = None
    dev_n: int = 0
    versions: dict[str, str] = {}


def sha256_files(folder: Path, *patterns: str) -> str:
    """One hash over the files of a folder that match, '' when there are none."""
    digest = hashlib.sha256()
    files = sorted({path for pattern in patterns for path in folder.glob(pattern)})
    for path in files:
        digest.update(path.name.encode())
        with path.open("rb") as handle:
            while block := handle.read(2**20):
                digest.update(block)
    return digest.hexdigest()[:16] if files else ""


def weights_sha256(folder: Path) -> str:
    """The hash of an adapter's or an export's weights, whatever their format."""
    return sha256_files(folder, "*.safetensors", "*.gguf", "*.onnx", "*.onnx.data")


def base_hashes(base: str, tokenizer: Any) -> dict[str, str]:
    """Hashes that name a base: its weights (a local folder) or its hub id, its vocabulary and its chat template."""
    folder = Path(base)
    weights = sha256_files(folder, "*.safetensors") if folder.is_dir() else hashlib.sha256(base.encode()).hexdigest()[:16]
    vocabulary = json.dumps(sorted(tokenizer.get_vocab().items())).encode()
    template = str(tokenizer.chat_template or "").encode()
    return {
        "base_sha256": weights,
        "tokenizer_sha256": hashlib.sha256(vocabulary).hexdigest()[:16],
        "chat_template_sha256": hashlib.sha256(template).hexdigest()[:16],
    }


def read_manifest(folder: str | Path) -> Manifest:
    """Raises AdapterError when the folder is no adapter that sqlkit made."""
    path = Path(folder) / MANIFEST
    if not Path(folder).is_dir():
        raise AdapterError(f"adapter {folder} does not exist; train one with: sqlkit train")
    try:
        return Manifest.model_validate_json(path.read_text(encoding="utf-8"))
    except OSError:
        raise AdapterError(f"{folder} is not an adapter of sqlkit: it has no {MANIFEST}") from None
    except (ValueError, SqlkitError) as error:
        raise AdapterError(f"{path} is broken: {str(error).splitlines()[0]}") from None


def check_adapter(folder: str | Path, base: str, tokenizer: Any) -> Manifest:
    """The manifest of an adapter that fits this base, prompt and tokenizer; else AdapterError names the difference."""
    manifest = read_manifest(folder)
    for name, found in base_hashes(base, tokenizer).items():
        wanted = getattr(manifest, name)
        if wanted != found:
            what = name.removesuffix("_sha256").replace("_", " ")
            raise AdapterError(f"adapter {folder} was trained on another {what} ({wanted}) than {base} has ({found}); train it again")
    now = fingerprint(retriever_hash(Path(folder) / "retriever"))
    if manifest.prompt_fingerprint != now:
        raise AdapterError(f"adapter {folder} was trained with prompt {manifest.prompt_fingerprint}, this sqlkit renders {now}; train it again")
    return manifest
