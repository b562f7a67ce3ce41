"""What ships with sqlkit: the embedded company and the embedded base model."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from sqlkit.errors import InputError


def folder(name: Literal["retail", "base", "sources"]) -> Path:
    """data/<name> of the checkout, or the copy inside the installed wheel. Raises InputError when it is not there."""
    here = Path(__file__).resolve().parent
    for candidate in (here.parent / "data" / name, here / "_data" / name):
        if candidate.is_dir():
            return candidate
    raise InputError(f"the embedded {name} is missing from this installation; install sqlkit from its repository")


def resolve_base(base: str) -> str:
    """'embedded' as the folder of the embedded base; anything else as it is."""
    return str(folder("base")) if base == "embedded" else base


def amiss(base: str) -> str:
    """Why no base can be called this, or ''."""
    if Path(base).is_dir() or (not base.startswith(("/", ".", "~")) and base.count("/") == 1):
        return ""
    return f"base_model {base} is neither a folder nor an owner/name on the hub"
