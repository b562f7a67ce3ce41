"""What is known of a hosted run, in `hosted.json`: written as soon as it is known, so that nothing is paid for twice."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from sqlkit.errors import RunError
from sqlkit.records import write_atomic

FILE = "hosted.json"
DECIDES = ("address", "base_model", "sha256", "epochs", "suffix")  # another one of these is another run


@dataclasses.dataclass
class Hosted:
    """A run at a provider. Ids are '' until the provider has given them."""

    address: str
    base_model: str
    sha256: str
    epochs: int
    suffix: str = ""
    file_id: str = ""
    job_id: str = ""
    status: str = ""
    model_id: str = ""
    trained_tokens: int = 0
    error: str = ""

    def save(self, out: Path) -> None:
        write_atomic(out / FILE, json.dumps(dataclasses.asdict(self), indent=1) + "\n")


def resume(out: Path, wanted: Hosted) -> Hosted:
    """The run that stands in `out`, or `wanted` for a new one. Raises RunError when another run stands there."""
    path = out / FILE
    if not path.exists():
        return wanted
    try:
        found = Hosted(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        raise RunError(f"{path} cannot be read; the provider's list of jobs says what was started") from None
    other = [key for key in DECIDES if getattr(found, key) != getattr(wanted, key)]
    if other:
        names = ", ".join("pairs" if key == "sha256" else key for key in other)
        raise RunError(f"{out} holds a run with other {names} (job {found.job_id or 'not started'}); give another --out")
    return found
