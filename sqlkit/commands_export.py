"""What `sqlkit export` and `sqlkit adapters` do, as functions."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlkit import commands
from sqlkit.errors import InputError, RunError
from sqlkit.evaluate.gate import Gate, gate
from sqlkit.evaluate.metrics import wilson
from sqlkit.model.adapter import Manifest, read_manifest, weights_sha256
from sqlkit.model.registry import Entry, add
from sqlkit.recipe import Recipe
from sqlkit.records import Example, Grade, Prediction, read_records, write_atomic
from sqlkit.train.export import Wanted, write

EXPORT = "export.json"
MOST = 2.0  # points of EX that an export may lose


def export(
    adapter: Path, out: Path, wanted: Wanted, *, questions: str = "", database: str = "", glossary: str | None = None, most: float = MOST,
    gated: bool = True, quiet: bool = False,
) -> tuple[dict[str, Any], Gate | None]:
    """Write an adapter in a format to `out` and judge it against the adapter; what `export.json` holds, and the judgement.

    questions, database: by default those that the adapter's recipe was judged on. The folder appears by one rename when the gate is
    passed. Raises RunError when it is not: then `OUT.refused` has the predictions and figures of both, and no weights.
    """
    manifest = read_manifest(adapter)
    about: dict[str, Any] = {
        "adapter": str(adapter), "weights_sha256": weights_sha256(adapter), "base": manifest.base, "method": manifest.method,
        "to": wanted.to, "asked_onto": wanted.onto, "asked_precision": wanted.precision, "prompt_fingerprint": manifest.prompt_fingerprint,
    }  # fmt: skip
    if out.exists():
        return _there(out, about), None
    wanted.check(adapter)
    asked, url = _suite(manifest, questions, database) if gated else ([], "")
    commands.check_space(out, 100)
    partial = out.with_name(f"{out.name}.partial")
    for path in partial.iterdir() if partial.exists() else ():  # a run that was stopped; what it had answered is kept
        if path.name != "gate":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    partial.mkdir(parents=True, exist_ok=True)
    try:
        about |= write(adapter, partial, wanted, out.name)
    except BaseException as error:
        if not (partial / "gate").exists():
            shutil.rmtree(partial)
        from sqlkit.train.sft import no_space

        if isinstance(error, Exception) and no_space(error):
            raise RunError(f"no space left on the disk of {out}; free some and run the same command again") from None
        raise
    judged = judge(adapter, partial, asked, url, glossary=glossary, most=most, quiet=quiet) if gated else None
    about["questions"] = questions or manifest.recipe.get("dev_questions") or "dev split of the embedded company" if judged else None
    about["gate"] = judged.to_json() if judged else None
    about["bytes"] = sum(p.stat().st_size for p in partial.rglob("*") if p.is_file() and "gate" not in p.relative_to(partial).parts)
    write_atomic(partial / EXPORT, json.dumps(about, indent=1) + "\n")
    if judged and not judged.passed:
        _refuse(partial, out, judged)
    partial.rename(out)
    return about, judged


def judge(
    adapter: Path, exported: Path, asked: Sequence[Example], database: str, *, glossary: str | None = None, most: float = MOST, quiet: bool = False
) -> Gate:
    """Both answer the questions as the adapter's recipe says; answers are kept in `exported/gate` and not asked for twice."""
    recipe = Recipe.of({**Recipe().model_dump(), **commands.answering(adapter)}, str(adapter))
    arms: list[tuple[list[Grade], list[Prediction]]] = []
    for name, folder in (("adapter", adapter), ("export", exported)):
        out = exported / "gate" / name
        commands.evaluate(asked, database, out, adapter=folder, glossary=glossary, arms=["tuned"], recipe=recipe, quiet=quiet, title=f"Export gate: {name}")
        arms.append((read_records(Grade, out / "grades-tuned.jsonl"), read_records(Prediction, out / "predictions-tuned.jsonl")))
    (before, said), (after, told) = arms
    return gate(before, after, (said, told), most)


def _suite(manifest: Manifest, questions: str, database: str) -> tuple[list[Example], str]:
    """The questions and the database to judge on. Raises InputError when there are none."""
    recipe = Recipe.of({k: v for k, v in manifest.recipe.items() if k in Recipe.model_fields}, "the adapter's recipe")
    recipe = recipe.model_copy(update={"database": database or recipe.database})
    asked = commands.questions(questions or recipe.dev_questions, "dev", recipe)
    if not asked or not recipe.database:
        raise InputError("nothing to judge the export by: give --questions FILE and --database URL, or --no-gate to go without")
    return asked, commands.where(recipe, Path("runs/embedded"))[0]


def _there(out: Path, about: dict[str, Any]) -> dict[str, Any]:
    """What a finished export tells of itself. Raises InputError when the folder is anything else."""
    try:
        found: dict[str, Any] = json.loads((out / EXPORT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise InputError(f"{out} exists and is no export; use another --out") from None
    changed = [key for key, value in about.items() if found.get(key) != value and key != "adapter"]
    if changed:
        raise InputError(f"{out} holds another export ({', '.join(changed)} differ); use another --out")
    return found


def _refuse(partial: Path, out: Path, judged: Gate) -> None:
    """Leave the judgement, take the weights away."""
    refused = out.with_name(f"{out.name}.refused")
    shutil.rmtree(refused, ignore_errors=True)
    refused.mkdir()
    for name in (EXPORT, "gate"):
        (partial / name).rename(refused / name)
    shutil.rmtree(partial)
    raise RunError(f"the export loses more than {judged.most:g} points and was stopped: {judged}; the questions are in {refused}")


def register(adapter: Path, name: str, registry: Path, report: Path | None = None) -> Entry:
    """Put an adapter into the registry, with its EX of a report of `sqlkit eval`, else of the dev questions of its training.

    Raises InputError when the report cannot be read or judges another adapter.
    """
    manifest = read_manifest(adapter)
    if report is None:
        if manifest.dev_ex is None or not manifest.dev_n:
            return add(adapter, name, registry)
        share = wilson(round(manifest.dev_ex * manifest.dev_n), manifest.dev_n)
        ex = {"value": share.value, "low": share.low, "high": share.high, "n": share.n}
        return add(adapter, name, registry, ex, "dev questions of its training, by which it was chosen; refusals counted")
    path = report / "report.json" if report.is_dir() else report
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
        arm = next(a for a in ("tuned", "tuned_retrieval") if a in read)
        ex, about = {key: read[arm]["ex"][key] for key in ("value", "low", "high", "n")}, read["about"]
    except (OSError, ValueError, KeyError, TypeError, StopIteration):
        raise InputError(f"{path} is no report of sqlkit eval with a tuned arm") from None
    if Path(about["adapter"]).resolve() != adapter.resolve():
        raise InputError(f"{path} judges {about['adapter']}, not {adapter}")
    return add(adapter, name, registry, ex, f"{about['questions']} questions on {about['database']}, arm {arm}")
