"""What the commands do, as functions: the command line, the demo and the Modal app all call these."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlkit.errors import InputError, RunError
from sqlkit.prompt import Context, Retrieval, Shots, render
from sqlkit.recipe import ANSWERING, Recipe
from sqlkit.records import Example, Grade, Prediction, Result, from_dict, read_jsonl, read_records, write_atomic, write_jsonl
from sqlkit.schema.glossary import Glossary

ARMS = ("base", "base_retrieval", "tuned", "tuned_retrieval")


@contextlib.contextmanager
def progress(title: str, quiet: bool = False) -> Iterator[Callable[[int, int], None]]:
    """A progress bar as a function of (done, total)."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (TextColumn(title), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, disable=quiet) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def where(recipe: Recipe, out: Path) -> tuple[str, str | None]:
    """Database and glossary of a recipe; the embedded company is made beside the run when it is asked for."""
    if recipe.database == "embedded":
        from sqlkit.data import company

        return str(company.database(out / "retail.duckdb")), recipe.glossary or str(company.glossary())
    if not recipe.database:
        raise InputError("no database: give --database URL, or set it in the recipe")
    if "://" not in recipe.database and Path(recipe.database).is_dir():
        return str(_loaded(Path(recipe.database), out / "files.duckdb")), recipe.glossary or None
    return recipe.database, recipe.glossary or None


def _loaded(folder: Path, path: Path) -> Path:
    """A folder of CSV and Parquet files as a database at `path`, made anew when a file is newer than it."""
    from sqlkit.schema.files import files_to_database

    newest = max((p.stat().st_mtime for p in [folder, *folder.rglob("*")]), default=0.0)
    if not path.exists() or path.stat().st_mtime < newest:
        for note in files_to_database(folder, path):
            print(f"sqlkit: {note}", file=sys.stderr)
    return path


def questions(path: str, split: str, recipe: Recipe) -> list[Example]:
    """Questions of a file, or the embedded company's split where the recipe is its own and names none."""
    if path:
        return read_questions(path)
    if recipe.database == "embedded":
        from sqlkit.data import company

        return [*company.questions("train"), *company.questions("more")] if split == "train" else company.questions(split)
    return []


def read_questions(path: str | Path) -> list[Example]:
    """`{"id", "question", "sql"}` a line, `"sql": null` for unanswerable. Raises InputError naming the line."""
    found: list[Example] = []
    for number, row in enumerate(read_jsonl(path), 1):
        if "question" not in row or "sql" not in row:
            raise InputError(f'{path} line {number}: needs the keys "question" and "sql" (null when it cannot be answered)')
        found.append(from_dict(Example, {**row, "id": str(row.get("id", f"q{number}"))}))
    if not found:
        raise InputError(f"{path} holds no questions")
    twice = {e.id for e in found if sum(o.id == e.id for o in found) > 1} if len(found) < 5000 else set()
    if twice:
        raise InputError(f"{path}: id {sorted(twice)[0]!r} stands more than once")
    return found


def build(recipe: Recipe, out: Path, *, quiet: bool = False) -> dict[str, Any]:
    """Pairs of a recipe in `out`; returns the manifest."""
    from sqlkit.commands_data import build as build_pairs

    return build_pairs(recipe, out, quiet=quiet)


def train(
    recipe: Recipe, pairs: Path, out: Path, *, quiet: bool = False, told: Callable[[int, float], None] | None = None,
    graded: Callable[[Sequence[Grade]], None] | None = None,
) -> Path:
    """An adapter from built pairs; returns its folder. The same folder again goes on where it stopped.

    told: hears of (step, EX) on dev and may raise to end the run; graded: of the grades behind each measure.
    """
    check_space(out, 500)
    if not (pairs / "pairs.jsonl").exists():
        raise InputError(f"{pairs} holds no pairs.jsonl; build pairs with: sqlkit build --out {pairs}")
    if recipe.method in ("grpo", "dpo"):
        from sqlkit.commands_further import train_further

        return train_further(recipe, pairs, out, quiet=quiet)
    from sqlkit.database import Sandbox
    from sqlkit.evaluate.grade import Grader, grade_all
    from sqlkit.model.retriever import open_retriever
    from sqlkit.train.sft import train as tune

    _same_prompt(recipe, pairs)
    examples = read_records(Example, pairs / "examples.jsonl")
    shots = [e for e in examples if not e.made_by.startswith("published")]  # those are about other schemas
    dev = questions(recipe.dev_questions, "dev", recipe)
    if not dev:
        return tune(recipe, pairs / "pairs.jsonl", [], Context.open(pairs), out, shots, judge=lambda _: 0.0, quiet=quiet)
    database, glossary = built_on(recipe, pairs)
    context = Context.load(database, glossary, personal(recipe, pairs))
    if finder := open_retriever(recipe.retriever):
        context = finder.attach(context)
    with Sandbox(database) as sandbox:
        grader = Grader(sandbox)

        def judge(predictions: Sequence[Prediction]) -> float:
            grades = grade_all(dev, predictions, grader)
            if graded is not None:
                graded(grades)
            return sum(g.correct for g in grades) / len(grades)

        return tune(recipe, pairs / "pairs.jsonl", dev, context, out, shots, judge=judge, told=told, quiet=quiet)


def _same_prompt(recipe: Recipe, pairs: Path) -> None:
    """Raises InputError when pairs were rendered otherwise than the recipe will have questions rendered."""
    from sqlkit.model.retriever import retriever_hash
    from sqlkit.prompt import fingerprint

    path = pairs / "manifest.json"
    before = json.loads(path.read_text(encoding="utf-8")).get("prompt_fingerprint") if path.exists() else None
    now = fingerprint(retriever_hash(recipe.retriever))
    if before not in (None, now):
        raise InputError(f"{pairs} was rendered with prompt {before}, this recipe renders {now} (another retriever or sqlkit); build the pairs again")


def personal(recipe: Recipe, folder: Path | None) -> str | list[str]:
    """What a recipe says of personal data; where it says nothing, what the pairs or the adapter in a folder were made with."""
    carried = folder is not None and (folder / "context.json").exists()
    return recipe.personal_data or (Context.open(folder).glossary.personal_data if folder and carried else "")


def built_on(recipe: Recipe, pairs: Path) -> tuple[str, str | Glossary | None]:
    """Database and glossary that pairs were built on: those of the recipe, else the database that the build made of DDL or data files."""
    from sqlkit.data.ground import MADE

    if recipe.database:
        return where(recipe, pairs)
    if not (pairs / MADE).exists():
        raise InputError(f"no database to judge the dev questions on: give --database URL; {pairs} was not built from --ddl or --files")
    return str(pairs / MADE), recipe.glossary or Context.open(pairs).glossary


def show_tokens(recipe: Recipe, pairs: Path, count: int) -> None:
    """Print the first pairs as the model will see them, what the loss covers in green. Raises InputError."""
    from rich.console import Console

    from sqlkit.embedded import resolve_base
    from sqlkit.model.huggingface import load_tokenizer
    from sqlkit.records import Pair
    from sqlkit.train.tokens import coloured, fit

    tokenizer = load_tokenizer(resolve_base(recipe.base_model))
    for row in fit(read_records(Pair, pairs / "pairs.jsonl")[:count], tokenizer, recipe.max_length).rows:
        Console().print(coloured(row, tokenizer), soft_wrap=True)


def answering(adapter: Path) -> dict[str, Any]:
    """How an adapter's recipe has questions answered."""
    from sqlkit.model.adapter import read_manifest

    recipe = read_manifest(adapter).recipe
    return {key: recipe[key] for key in ANSWERING if key in recipe}


def evaluate(
    asked: Sequence[Example],
    database: str,
    out: Path,
    *,
    adapter: Path | None = None,
    base: str = "",
    glossary: str | None = None,
    shots: Path | None = None,
    arms: Sequence[str] = (),
    recipe: Recipe | None = None,
    quiet: bool = False,
    title: str = "Evaluation",
) -> dict[str, Any]:
    """Answer and judge questions, one arm after the other; writes the report and returns it.

    An arm whose predictions of the same questions stand in `out` is not run again; one that was cut goes on after its last answer.
    """
    from sqlkit.database import Sandbox
    from sqlkit.evaluate.grade import Grader, grade_all
    from sqlkit.evaluate.report import Arm, write_report
    from sqlkit.model.adapter import read_manifest
    from sqlkit.model.retriever import open_retriever

    recipe = recipe or Recipe()
    check_space(out, 50)
    manifest = read_manifest(adapter) if adapter else None
    base = base or (manifest.base if manifest else recipe.base_model)
    carried = adapter / "context.json" if adapter else None
    words = glossary or (Context.open(adapter).glossary if adapter and carried and carried.exists() else None)
    context = Context.load(database, words, personal(recipe, adapter))
    examples = shots or (adapter / "examples.jsonl" if adapter else None)
    finder = open_retriever(retriever_of(recipe, adapter))
    context = finder.attach(context) if finder else context
    known = read_records(Example, examples) if examples and examples.exists() else None
    retrieval = None if known is None else finder.shots(known) if finder else Shots(known)
    chosen = _arms(arms, adapter is not None, retrieval is not None)
    results: dict[str, Arm] = {}
    seen = [*(render(e.question, context).user for e in asked), *([e.question, e.sql] for e in (retrieval.examples if retrieval else ()))]
    shown = hashlib.sha256(json.dumps(seen).encode()).hexdigest()  # schema, glossary, values, worked examples
    with Sandbox(database) as sandbox:
        grader = Grader(sandbox)
        for arm in chosen:
            told = _answers(arm, asked, context, shown, out, base, adapter, retrieval, recipe, manifest, sandbox.run, quiet)
            with progress(f"grade {arm}", quiet) as tell:
                grades = grade_all(asked, told, grader, tell)
            write_jsonl(out / f"grades-{arm}.jsonl", grades)
            results[arm] = Arm(told, grades)
    about = {"base": base, "adapter": str(adapter or "none"), "database": _name(database), "questions": str(len(asked))}
    return write_report(out, results, asked, title=title, about=about)


def retriever_of(recipe: Recipe, adapter: Path | None) -> str:
    """The folder of the retriever to use: an adapter answers with the one that it was trained with, or none."""
    if adapter is None:
        return recipe.retriever
    return str(adapter / "retriever") if (adapter / "retriever").is_dir() else ""


def grade(
    out: Path, *, cases: Path | None = None, gold: Path | None = None, predicted: Path | None = None, database: str = "",
    ddl: Path | None = None, dialect: str = "", policy: str = "relaxed", details: bool = False, suite: bool = False, jobs: int = 0,
    seconds: float = 5.0, quiet: bool = False,
) -> tuple[Any, list[str]]:
    """Grade a case file, or a gold file against a prediction file, into `out`; returns the tally and what was amiss.

    Raises InputError for what the user gave and cannot be used; a broken line costs that line.
    """
    from sqlkit.evaluate.batch import grade_cases
    from sqlkit.evaluate.cases import of_files, read_cases
    from sqlkit.evaluate.grade import POLICIES
    from sqlkit.evaluate.group import Options
    from sqlkit.evaluate.tally import Tally
    from sqlkit.sql.parse import is_dialect

    if policy not in POLICIES:
        raise InputError(f"unknown policy {policy!r}: one of {', '.join(POLICIES)}")
    if dialect and not is_dialect(dialect):
        raise InputError(f"unknown SQL dialect {dialect!r}")
    amiss: list[str] = []
    if cases is not None:
        if gold or predicted or database or ddl or dialect:
            raise InputError("--cases names golds, predictions and databases itself; give nothing beside it")
        for _ in read_cases(cases):
            break  # a file that cannot be read is told before anything starts
        held: Callable[[], Any] = lambda: read_cases(cases)  # noqa: E731
    else:
        if gold is None or predicted is None:
            raise InputError("nothing to grade: give --cases FILE, or a gold file and a prediction file")
        if bool(database) == bool(ddl):
            raise InputError("give either --database URL or --ddl FILE")
        if database and "://" not in database and not Path(database).exists():
            raise InputError(f"database {database} does not exist")
        listed, amiss = of_files(gold, predicted, database=database, ddl=_text(ddl), dialect=dialect)
        held = lambda: listed  # noqa: E731
    tally = Tally()
    options = Options(policy, details, seconds, suite=suite)
    with progress("grade", quiet) as tell:
        for case, outcome in grade_cases(held, out, options, jobs=jobs or os.cpu_count() or 1, progress=lambda n, _: tell(n, 0)):
            tally.add(case, outcome)
    more = tally.broken - len(tally.unusable)
    return tally, amiss + tally.unusable + ([f"and {more} more that cannot be graded"] if more else [])


def _text(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from None


def _arms(wanted: Sequence[str], adapter: bool, retrieval: bool) -> list[str]:
    able = [a for a in ARMS if (adapter or not a.startswith("tuned")) and (retrieval or not a.endswith("retrieval"))]
    for arm in wanted:
        if arm not in ARMS:
            raise InputError(f"unknown arm {arm!r}; there are {', '.join(ARMS)}")
        if arm not in able:
            raise InputError(f"arm {arm} needs {'--adapter' if arm.startswith('tuned') and not adapter else '--shots'}")
    return list(wanted) or able


def _answers(
    arm: str, asked: Sequence[Example], context: Context, shown: str, out: Path, base: str, adapter: Path | None, retrieval: Retrieval | None,
    recipe: Recipe, manifest: Any, run: Callable[[str], Result], quiet: bool,
) -> list[Prediction]:
    from sqlkit.evaluate.kept import KeptAnswers
    from sqlkit.evaluate.predict import predict
    from sqlkit.model.adapter import weights_sha256
    from sqlkit.model.huggingface import load_model
    from sqlkit.model.retriever import retriever_hash
    from sqlkit.schema.strange import Known

    tuned = arm.startswith("tuned")
    path, stamp = out / f"predictions-{arm}.jsonl", out / f"predictions-{arm}.json"
    weights = weights_sha256(adapter) if tuned and adapter else base
    key = {"questions": [[e.id, e.question] for e in asked], "weights": weights, "constrained": recipe.constrained, "scoped": recipe.scoped}
    neighbours = recipe.neighbours if tuned else 0
    key |= {"shots": recipe.shots, "samples": recipe.samples, "neighbours": neighbours, "max_new_tokens": recipe.max_new_tokens, "seen": shown}
    key |= {"retriever": found} if (found := retriever_hash(retriever_of(recipe, adapter))) else {}
    if path.exists() and stamp.exists() and json.loads(stamp.read_text(encoding="utf-8")) == json.loads(json.dumps(key)):
        return read_records(Prediction, path)
    kept = KeptAnswers(out / f"answers-{arm}.jsonl", key)
    model = load_model(base, adapter if tuned else None)
    with progress(f"answer {arm}", quiet) as tell:
        told = predict(
            model, asked, context, shots=retrieval if arm.endswith("retrieval") else None, k=recipe.shots,
            refuse_threshold=manifest.refuse_threshold if tuned and manifest else None,
            known=Known(context.linker, retrieval.examples) if tuned and recipe.scoped and retrieval else None,
            constrained=recipe.constrained, scoped=recipe.scoped, samples=recipe.samples, run=run,
            pool=retrieval, neighbours=neighbours, max_new_tokens=recipe.max_new_tokens, batch_size=recipe.per_device_eval_batch_size, progress=tell,
            kept=kept,
        )
    model.close()
    write_jsonl(path, told)
    write_atomic(stamp, json.dumps(key))
    kept.done()
    return told


def _name(database: str) -> str:
    """A database's name without its password or folder."""
    return Path(database.rpartition("@")[2]).name or database


def check_space(folder: Path, megabytes: int) -> None:
    """Raises RunError when the disk has less free space than a stage needs, before anything is written."""
    parent = folder.absolute()
    while not parent.exists():
        parent = parent.parent
    try:
        found = os.statvfs(parent)
    except OSError as error:
        raise RunError(f"cannot use {folder}: {error.strerror or error}") from None
    free = found.f_bavail * found.f_frsize // 2**20
    if free < megabytes:
        raise RunError(f"{parent} has {free} MB free, this stage needs {megabytes} MB; free some and run the same command again")
    if not os.access(parent, os.W_OK):
        raise RunError(f"cannot write to {parent}")


def timed(stages: dict[str, float], name: str, began: float) -> None:
    """Note a stage's seconds."""
    stages[name] = round(time.perf_counter() - began, 1)
