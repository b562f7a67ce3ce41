"""The model card beside an adapter: what it was made of, how it did, what it cannot do; and pushing it to the hub."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import yaml

from sqlkit.errors import RunError
from sqlkit.model.adapter import Manifest
from sqlkit.recipe import Recipe

CARD = """# {name}

{what} of [`{base}`]({link}) that writes SQL (DuckDB) for one database. Made with sqlkit.

## Use

    sqlkit ask "how many orders were shipped?" --database $URL --adapter {name}

sqlkit refuses to load it on another base, tokenizer, chat template or prompt than it was trained with: base `{manifest.base_sha256}`,
tokenizer `{manifest.tokenizer_sha256}`, template `{manifest.chat_template_sha256}`, prompt `{manifest.prompt_fingerprint}`.

## Data

{pairs} pairs of prompt and SQL, data hash `{manifest.data_sha256}`. The schema that it was trained for is in `context.json`: **table and column
names can be read from this adapter's files**, and values of the database may be learnt in its weights.

## Metrics

{metrics}

## Limits

It knows the schema it was trained on, and SQL as DuckDB reads it. It can be wrong without a sign of it: run its SQL read-only, in a sandbox, and look at
the SQL before a decision rests on the answer.

## Licence

That of the base model, [`{base}`]({link}), and of the data that it was trained on; whoever publishes the adapter has to say which.

## Recipe

```yaml
{recipe}```

Versions: {versions}.
"""


def card(name: str, recipe: Recipe, manifest: Manifest, pairs: int, asked: int) -> str:
    """The README of an adapter, with the hub's header. `asked`: questions of the dev set, 0 when there was none."""
    header = {
        "base_model": manifest.base, "library_name": "transformers" if recipe.method == "full" else "peft", "pipeline_tag": "text-generation",
        "tags": ["text-to-sql", "sqlkit", recipe.method],
    }
    what = "A full tuning" if recipe.method == "full" else f"A {manifest.method} adapter (rank {recipe.lora_r})"
    what += f", tuned further by {recipe.method}," if recipe.method in ("grpo", "dpo") else ""
    return f"---\n{yaml.safe_dump(header)}---\n" + CARD.format(
        name=name, what=what, base=manifest.base, link=f"https://huggingface.co/{manifest.base}" if manifest.base.count("/") == 1 else "#data",
        manifest=manifest, pairs=pairs, metrics=_metrics(manifest.dev_ex, asked), recipe=recipe.yaml(),
        versions=", ".join(f"{k} {v}" for k, v in manifest.versions.items()),
    )


def _metrics(ex: float | None, asked: int) -> str:
    if ex is None or not asked:
        return "Not measured: there were no dev questions. Judge it with `sqlkit eval`."
    low, high = wilson(ex, asked)
    return (
        f"Execution accuracy on {asked} dev questions: {ex:.1%} (95 % interval {low:.1%} to {high:.1%}). The checkpoint was chosen by these "
        "questions, so the figure flatters; judge it on questions of your own with `sqlkit eval`."
    )


def wilson(share: float, n: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's interval of a share of n (https://doi.org/10.1080/01621459.1927.10502953)."""
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def push(adapter: Path, repository: str) -> str:
    """Upload a finished adapter to the hub; returns its address. Raises RunError, the adapter stays where it is."""
    from huggingface_hub import HfApi

    json.loads((adapter / "sqlkit.json").read_text(encoding="utf-8"))  # a whole adapter, not part of one
    try:
        hub: Any = HfApi()
        hub.create_repo(repository, private=True, exist_ok=True)
        return str(hub.upload_folder(folder_path=str(adapter), repo_id=repository, commit_message="sqlkit train"))
    except Exception as error:
        said = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise RunError(f"the adapter is in {adapter}, but not on the hub: {said}; push it with: hf upload {repository} {adapter}") from None
