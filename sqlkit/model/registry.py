"""A registry: a folder of adapters by name, each with what it is, what it stands on and how well it answers.

    runs/adapters/shop/            a copy of the adapter
    runs/adapters/shop/entry.json  its entry

There is no index beside the folders, so nothing can disagree with them.
"""

from __future__ import annotations

import datetime as dt
import difflib
import os
import re
import shutil
from pathlib import Path
from typing import Any

import pydantic

from sqlkit.errors import AdapterError, InputError
from sqlkit.model.adapter import MANIFEST, read_manifest, sha256_files

ENTRY = "entry.json"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class Entry(pydantic.BaseModel):
    """What the registry knows of an adapter. `ex` is {value, low, high, n}, a share with its 95% interval, or nothing."""

    name: str
    base: str
    base_sha256: str
    method: str
    data_sha256: str
    weights_sha256: str
    prompt_fingerprint: str
    created: str
    bytes: int
    ex: dict[str, float] | None = None
    judged_on: str = ""


def registry_folder(given: str | Path = "") -> Path:
    """The folder given, that of SQLKIT_ADAPTERS, or `runs/adapters`."""
    return Path(given or os.environ.get("SQLKIT_ADAPTERS") or "runs/adapters")


def add(adapter: str | Path, name: str, registry: Path, ex: dict[str, Any] | None = None, judged_on: str = "") -> Entry:
    """Copy an adapter into the registry under a name, whole or not at all; the same adapter again renews its entry.

    ex: {value, low, high, n} as a report has it. Raises InputError for a name that cannot be used or is another adapter's,
    AdapterError when the folder is no adapter.
    """
    if not NAME.fullmatch(name):
        raise InputError(f"{name!r} cannot be an adapter's name: letters, digits, '.', '_' and '-', the first no sign")
    manifest, source, place = read_manifest(adapter), Path(adapter), registry / name
    weights = sha256_files(source, "*.safetensors")
    if not weights:
        raise AdapterError(f"{adapter} holds no weights (*.safetensors)")
    if place.exists() and (before := read_entry(place)).weights_sha256 != weights:
        raise InputError(f"{registry} holds another adapter {name} (of {before.created}); choose another --name, or remove {place}")
    entry = Entry(
        name=name, base=manifest.base, base_sha256=manifest.base_sha256, method=manifest.method, data_sha256=manifest.data_sha256,
        weights_sha256=weights, prompt_fingerprint=manifest.prompt_fingerprint, created=_written(source / MANIFEST),
        bytes=sum(p.stat().st_size for p in source.glob("*.safetensors")), ex=ex, judged_on=judged_on,
    )  # fmt: skip
    registry.mkdir(parents=True, exist_ok=True)
    partial = registry / f".{name}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    shutil.copytree(source, partial)
    (partial / ENTRY).write_text(entry.model_dump_json(indent=1) + "\n", encoding="utf-8")
    if place.exists():
        (partial / ENTRY).replace(place / ENTRY)
        shutil.rmtree(partial)
    else:
        partial.rename(place)
    return entry


def entries(registry: Path) -> list[Entry]:
    """All entries by name. Raises InputError when there is no registry, or an entry cannot be read."""
    if not registry.is_dir():
        raise InputError(f"no registry at {registry}; make one with: sqlkit adapters add ADAPTER --name NAME")
    return [read_entry(path.parent) for path in sorted(registry.glob(f"[!.]*/{ENTRY}"))]


def read_entry(place: Path) -> Entry:
    """The entry in an adapter's folder. Raises InputError when it is missing or broken."""
    try:
        return Entry.model_validate_json((place / ENTRY).read_text(encoding="utf-8"))
    except OSError:
        raise InputError(f"{place} is no entry of a registry: it has no {ENTRY}") from None
    except ValueError as error:
        raise InputError(f"{place / ENTRY} is broken: {str(error).splitlines()[0]}") from None


def find(adapter: str | Path, registry: str | Path = "") -> Path:
    """The folder of an adapter that is given as a folder or by its name in the registry.

    A folder goes first. Raises AdapterError, naming the nearest name, when there is neither.
    """
    if Path(adapter).is_dir():
        return Path(adapter)
    place = registry_folder(registry)
    if NAME.fullmatch(str(adapter)) and (place / str(adapter) / ENTRY).exists():
        return place / str(adapter)
    names = [path.parent.name for path in place.glob(f"[!.]*/{ENTRY}")]
    near = difflib.get_close_matches(str(adapter), names, 1)
    hint = f"did you mean {near[0]}?" if near else "train one with: sqlkit train"
    raise AdapterError(f"adapter {adapter} does not exist, neither as a folder nor in the registry {place}; {hint}")


def _written(path: Path) -> str:
    """When a file was written last, in UTC."""
    return dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC).isoformat(timespec="seconds")
