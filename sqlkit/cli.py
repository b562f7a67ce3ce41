"""The command line: parse, call one function, print."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import warnings
from pathlib import Path
from typing import Annotated, Any

import typer

from sqlkit.cli_adapters import adapters, export
from sqlkit.errors import SqlkitError
from sqlkit.interrupt import heeded

STOPPED = 130  # exit code of an interrupted command

app = typer.Typer(
    help="Make a model that answers questions over your database, and prove that it does.",
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None,
)
RecipeName = Annotated[str, typer.Argument(help="a recipe file or the name of a shipped one (see: sqlkit recipes)", metavar="[RECIPE]")]
Set = Annotated[list[str] | None, typer.Option("--set", help="change a key of the recipe: --set learning_rate=1e-4", metavar="KEY=VALUE")]
Database = Annotated[str, typer.Option(help="SQLAlchemy URL or file of the database; 'embedded' for the shipped company")]
PrintConfig = Annotated[bool, typer.Option("--print-config", help="print the resolved recipe and stop")]
Adapter = Annotated[str, typer.Option(help="folder that sqlkit train made, or its name in the registry (sqlkit adapters)")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="check everything that can be checked without running, print the plan, stop")]


def _recipe(name: str, overrides: list[str] | None, **flags: Any) -> Any:
    from sqlkit.recipe import Recipe, parse_overrides

    given = {k: v for k, v in flags.items() if v not in (None, "")}
    if name:
        data = Recipe.load(name, overrides or []).model_dump()
        return Recipe.of({**data, **given}, name)
    return Recipe.of({**parse_overrides(overrides or []), **given}, "flags")


def _adapter(given: str) -> Path | None:
    """The folder of an adapter given as a folder or by name."""
    from sqlkit.model.registry import find

    return find(given) if given else None


def _stop_early(recipe: Any, print_config: bool, dry_run: bool, what: str, **more: Any) -> bool:
    if print_config:
        typer.echo(recipe.yaml(), nl=False)
    elif dry_run:
        from sqlkit.plan import plan

        typer.echo(plan(recipe, what, **more))
    return print_config or dry_run


@app.command()
def build(
    recipe: RecipeName = "", database: Database = "",
    ddl: Annotated[str, typer.Option(help="CREATE statements instead of a database; rows are made up")] = "",
    dialect: Annotated[str, typer.Option(help="of the DDL: postgres, mysql, snowflake, ...")] = "",
    files: Annotated[str, typer.Option(help="folder of CSV, Parquet or JSON files instead of a database")] = "",
    glossary: str = "", pairs: int | None = None, seed: int | None = None,
    questions: Annotated[str, typer.Option(help="people's questions to train on, JSONL")] = "",
    dev_questions: Annotated[str, typer.Option(help="held out: no pair may resemble them")] = "",
    test_questions: Annotated[str, typer.Option(help="held out: no pair may resemble them")] = "",
    log: Annotated[list[str] | None, typer.Option(help="query log of the database: pg_stat_statements, MySQL, Snowflake, BigQuery, .sql")] = None,
    source: Annotated[list[str] | None, typer.Option(help="sql-create-context, spider, bird, ... from the hub, NAME=FILE, or FILE", metavar="NAME=FILE")] = None,
    suite: Annotated[list[str] | None, typer.Option(help="evaluation suite; the build fails when a question resembles one of it")] = None,
    drop_leaks: Annotated[bool | None, typer.Option("--drop-leaks", help="leave such questions out instead")] = None,
    split: Annotated[str, typer.Option(help="parts to hold out: dev=0.1,test=0.1")] = "",
    rewrite: Annotated[str, typer.Option(help="LLM that puts questions in other words: http://host/v1#model, or one of OpenAI's models")] = "",
    teacher: Annotated[str, typer.Option(help="LLM that writes further examples; named as for --rewrite")] = "",
    jobs: Annotated[int, typer.Option(help="processes that clean sources; 0 is one for each core", min=0)] = 0,
    out: Path = Path("runs/data"), set_: Set = None, print_config: PrintConfig = False, dry_run: DryRun = False,
) -> None:
    """Make verified prompt/SQL pairs from a database, its query logs, and public or own questions."""
    from sqlkit import commands_data
    from sqlkit.recipe import parse_overrides

    shares = parse_overrides([part for part in split.split(",") if part]) or None
    made = _recipe(recipe, set_, database=database, ddl=ddl, dialect=dialect, files=files, glossary=glossary, pairs=pairs, seed=seed,
                   questions=questions, dev_questions=dev_questions, test_questions=test_questions, logs=log, sources=source, suites=suite,
                   drop_leaks=drop_leaks, split=shares, rewrite=rewrite, teacher=teacher)
    if _stop_early(made, print_config, dry_run, "build"):
        return
    manifest = commands_data.build(made, out, jobs=jobs)
    for told in manifest["sources"]:
        typer.echo(f"{told['source']}: {told['rows']} rows, {told['kept']} kept, {told['repaired']} repaired, {sum(told['dropped'].values())} dropped")
    dropped = sum(manifest["dropped"].values())
    for line in manifest["notes"]:
        print(f"sqlkit: {line}", file=sys.stderr)
    if manifest["personal_data"]:
        print(f"sqlkit: values of {len(manifest['personal_data'])} columns that look personal are left out (sqlkit schema shows which)", file=sys.stderr)
    typer.echo(f"{manifest['pairs']} pairs in {out} ({manifest['seconds']} s; {dropped} drafts dropped, reasons in manifest.json)")
    typer.echo(f"data card in {out / 'data_card.html'}")


data = typer.Typer(help="Look at what a build made.", no_args_is_help=True)
app.add_typer(data, name="data")


@data.command("show")
def data_show(
    folder: Annotated[Path, typer.Argument(help="folder that sqlkit build made")] = Path("runs/data"), find: Annotated[str, typer.Option(help="only pairs that hold this text")] = "",
    count: Annotated[int, typer.Option(help="pairs to print where there is no terminal to page in")] = 10,
) -> None:
    """Page through the prompts and completions of a build."""
    import itertools

    from rich.console import Console

    from sqlkit import commands_data

    console = Console()
    pairs = commands_data.show(folder, find)
    first = next(pairs, None)
    if first is None:
        raise SqlkitError(f"no pair in {folder} holds {find!r}" if find else f"{folder} holds no pairs")
    chosen = itertools.chain([first], pairs)
    page = console.is_terminal
    with console.pager(styles=True) if page else contextlib.nullcontext():
        for pair in chosen if page else itertools.islice(chosen, count):
            console.rule(f"{pair.id}  {pair.source}", align="left")
            console.print(pair.prompt.system, style="dim", markup=False, highlight=False, soft_wrap=True)
            console.print(pair.prompt.user, markup=False, highlight=False, soft_wrap=True)
            console.print(pair.completion, style="cyan", markup=False, highlight=False, soft_wrap=True)


@app.command()
def train(
    recipe: RecipeName = "", pairs: Annotated[Path, typer.Option(help="folder that sqlkit build made")] = Path("runs/data"),
    out: Path = Path("runs/train"), database: Database = "", dev_questions: str = "", base_model: str = "", set_: Set = None,
    gpu: Annotated[str, typer.Option(help="with --dry-run: the GPU to plan for, such as L40S or H100; default this machine")] = "",
    show_tokens: Annotated[int, typer.Option(help="print so many pairs token by token, what the loss covers in colour, and stop")] = 0,
    hourly: Annotated[float, typer.Option(help="with --dry-run: its price for an hour")] = 0.0,
    provider: Annotated[str, typer.Option(help="tune there instead: openai or azure; --base-model is one of its models")] = "",
    print_config: PrintConfig = False, dry_run: DryRun = False,
) -> None:
    """Tune a base model on pairs; the best checkpoint by execution accuracy on dev is kept."""
    from sqlkit import commands

    made = _recipe(recipe, set_, database=database, dev_questions=dev_questions, base_model=base_model, provider=provider)
    if made.provider and not print_config:
        from sqlkit import commands_teach

        for line in commands_teach.hosted(made, pairs, out, dry_run=dry_run):
            typer.echo(line)
        return
    if _stop_early(made, print_config, dry_run, "train", pairs=pairs, gpu=gpu, hourly=hourly):
        return
    if show_tokens:
        commands.show_tokens(made, pairs, show_tokens)
        return
    adapter = commands.train(made, pairs, out)
    if os.environ.get("RANK", "0") == "0":  # of several processes one speaks
        typer.echo(f"adapter in {adapter}")


@app.command()
def search(
    recipe: Annotated[str, typer.Argument(help="a recipe with a search: block")],
    pairs: Annotated[Path, typer.Option(help="folder that sqlkit build made")] = Path("runs/data"), out: Path = Path("runs/search"),
    database: Database = "", dev_questions: str = "", base_model: str = "", set_: Set = None,
    jobs: Annotated[int, typer.Option(help="processes that train at the same time", min=1)] = 1,
    trials: Annotated[int, typer.Option(help="trials in all, in place of the recipe's", min=0)] = 0,
    print_config: PrintConfig = False, dry_run: DryRun = False,
) -> None:
    """Search a recipe's search.space for the settings with the best execution accuracy on dev; the same folder goes on."""
    from sqlkit import commands_search

    made = _recipe(recipe, set_, database=database, dev_questions=dev_questions, base_model=base_model)
    if trials:
        made = made.model_copy(update={"search": made.search.model_copy(update={"trials": trials})})
    commands_search.check(made)
    if _stop_early(made, print_config, dry_run, "search", pairs=pairs):
        return
    commands_search.search(made, pairs, out, jobs=jobs)
    typer.echo((out / "report.md").read_text(encoding="utf-8"))
    typer.echo(f"best recipe in {out / 'best.yaml'}, report in {out / 'report.html'}")


@app.command("eval")
def evaluate(
    recipe: RecipeName = "", questions: Annotated[str, typer.Option(help='JSONL: {"id", "question", "sql"}; "sql": null if unanswerable')] = "",
    database: Database = "", adapter: Adapter = "", base_model: str = "", glossary: str = "",
    shots: Annotated[Path | None, typer.Option(help="examples.jsonl for few-shot retrieval; an adapter brings its own")] = None,
    arms: Annotated[str, typer.Option(help="of base,base_retrieval,tuned,tuned_retrieval; default all that can be run")] = "",
    constrained: Annotated[bool | None, typer.Option(help="decode under the grammar of the live schema")] = None,
    out: Path = Path("runs/eval"), set_: Set = None, print_config: PrintConfig = False,
) -> None:
    """Judge answers by execution accuracy: report.json and report.html."""
    from sqlkit import commands

    tuned = _adapter(adapter)
    carried = commands.answering(tuned) if tuned and not recipe else {}  # as the adapter was judged in training
    settings = [*(f"{key}={json.dumps(value)}" for key, value in carried.items()), *(set_ or [])]
    made = _recipe(recipe, settings, database=database, glossary=glossary, base_model=base_model, constrained=constrained)
    if _stop_early(made, print_config, False, "eval"):
        return
    asked = commands.questions(questions or made.test_questions, "test", made)
    if not asked:
        raise SqlkitError("no questions: give --questions FILE")
    where, words = commands.where(made, out)
    report = commands.evaluate(
        asked, where, out, adapter=tuned, base=base_model, glossary=words, shots=shots, recipe=made,
        arms=[a.strip() for a in arms.split(",") if a.strip()],
    )
    typer.echo(summary(report))
    typer.echo(f"report in {out / 'report.html'}")


@app.command()
def retriever(
    recipe: RecipeName = "", data: Annotated[Path, typer.Option("--pairs", help="folder that sqlkit build made")] = Path("runs/data"),
    out: Path = Path("runs/retriever"), database: Database = "", dev_questions: str = "",
    embedding: Annotated[str, typer.Option(help="embedding model: a folder, a hub id, or 'static', which starts from nothing")] = "static",
    reranker: Annotated[str, typer.Option(help="cross-encoder: a folder or a hub id; default none")] = "",
    epochs: Annotated[float, typer.Option(min=0.0)] = 1.0, batch_size: Annotated[int, typer.Option(min=2)] = 64,
    learning_rate: Annotated[float, typer.Option(help="default 0.2 for static embeddings, 2e-5 for transformers", min=0.0)] = 0.0,
    set_: Set = None, print_config: PrintConfig = False,
) -> None:
    """Tune what finds worked examples and tables on your own pairs; recall@k on dev before and after."""
    from sqlkit import commands_retriever

    made = _recipe(recipe, set_, database=database, dev_questions=dev_questions)
    if _stop_early(made, print_config, False, "retriever"):
        return
    text = commands_retriever.tune(
        made, data, out, embedding=embedding, reranker=reranker, epochs=epochs, batch_size=batch_size, learning_rate=learning_rate
    )
    typer.echo(text)
    typer.echo(f"retriever in {out}; use it: build, train and eval with --set retriever={out}")


@app.command()
def advise(
    recipe: RecipeName = "", questions: Annotated[str, typer.Option(help='JSONL: {"id", "question", "sql"}, none of which is tuned on')] = "",
    database: Database = "", base_model: str = "", glossary: str = "",
    adapter: Annotated[Path | None, typer.Option(help="an adapter that is there")] = None,
    report: Annotated[Path | None, typer.Option(help="folder of sqlkit eval with the arms base_retrieval and tuned; nothing is answered anew")] = None,
    steps: Annotated[int, typer.Option(help="without either: tune so many steps first", min=0)] = 0,
    pairs: Annotated[Path | None, typer.Option(help="to tune on; built from the database when they are not there")] = None,
    sample: Annotated[int, typer.Option(help="questions to ask; 0 for all", min=0)] = 100,
    prices: Annotated[str, typer.Option(help="of few-shot retrieval: a million tokens in and out, an hour of machine", metavar="in=N,out=N,hour=N")] = "",
    tuned_prices: Annotated[str, typer.Option(help="of the tuned model; default the same", metavar="in=N,out=N,hour=N")] = "",
    tuning_cost: Annotated[float, typer.Option(help="of tuning, once; default its measured time at the hour's price", min=0)] = 0.0,
    tokenizer: Annotated[str, typer.Option(help="to count tokens of prompts with, where the base stands behind a URL")] = "",
    out: Path = Path("runs/advise"), set_: Set = None, print_config: PrintConfig = False,
) -> None:
    """Should I tune at all? Few-shot retrieval against tuning: accuracy, tokens, seconds, cost, break-even, and what to choose."""
    from sqlkit import commands, commands_advise

    carried = commands.answering(adapter) if adapter and not recipe else {}
    settings = [*(f"{key}={json.dumps(value)}" for key, value in carried.items()), *(set_ or [])]
    made = _recipe(recipe, settings, database=database, glossary=glossary, base_model=base_model)
    if _stop_early(made, print_config, False, "advise"):
        return
    few = commands_advise.prices(prices)
    asked = [] if report else commands.questions(questions or made.test_questions or made.dev_questions, "dev", made)
    _, text = commands_advise.advise(
        made, asked, out, adapter=adapter, report=report, pairs=pairs, steps=steps, sample=sample, few=few,
        tuned=commands_advise.prices(tuned_prices, few), tuning=tuning_cost, tokenizer=tokenizer,
    )
    typer.echo(text)
    typer.echo(f"figures in {out / 'advice.json'}")


@app.command()
def grade(
    gold: Annotated[Path | None, typer.Argument(help="gold queries: Spider's gold.sql, BIRD's JSON, JSONL, CSV")] = None,
    pred: Annotated[Path | None, typer.Argument(help="predicted queries, in any of these forms")] = None,
    cases: Annotated[Path | None, typer.Option(help="JSONL with id, ddl, gold, pred, and rows or database and dialect")] = None,
    database: Annotated[str, typer.Option(help="SQLAlchemy URL, file, or a folder with a database for each db_id")] = "",
    ddl: Annotated[Path | None, typer.Option(help="CREATE statements, and INSERT statements if there are rows")] = None,
    dialect: Annotated[str, typer.Option(help="of the queries (and the DDL); default the database's own")] = "",
    out: Annotated[Path, typer.Option(help="JSONL: id, verdict, reason, witness")] = Path("runs/grades.jsonl"),
    policy: Annotated[str, typer.Option(help="relaxed, strict (columns in order) or subset (further columns allowed)")] = "relaxed",
    details: Annotated[bool, typer.Option(help="also what other graders would say, partial credit, the repair")] = False,
    suite: Annotated[bool, typer.Option("--suite", help="ask right answers again on perturbed samples of the rows given")] = False,
    jobs: Annotated[int, typer.Option(help="processes; 0 is one for each core", min=0)] = 0,
    seconds: Annotated[float, typer.Option(help="time limit of one query")] = 5.0,
    fail_under: Annotated[float | None, typer.Option(help="exit 1 when EX, a share from 0 to 1, is lower")] = None,
) -> None:
    """Judge SQL that others wrote by what it returns; exits 2 when something could not be graded for the files' fault."""
    from sqlkit import commands

    if fail_under is not None and not 0 <= fail_under <= 1:
        raise SqlkitError(f"--fail-under {fail_under:g} is no share from 0 to 1")
    tally, amiss = commands.grade(
        out, cases=cases, gold=gold, predicted=pred, database=database, ddl=ddl, dialect=dialect, policy=policy, details=details, suite=suite,
        jobs=jobs, seconds=seconds, quiet=not sys.stderr.isatty(),
    )
    typer.echo(tally.text())
    typer.echo(f"grades in {out}")
    for line in amiss:
        print(f"sqlkit: {line}", file=sys.stderr)
    if tally.broken:
        raise typer.Exit(2)
    if fail_under is not None and tally.ex.value < fail_under:
        print(f"sqlkit: EX {tally.ex.value:.1%} is under {fail_under:.1%}", file=sys.stderr)
        raise typer.Exit(1)


@app.command()
def compare(
    runs: Annotated[list[Path], typer.Argument(help="what `sqlkit grade --details` wrote: one file, or two: before and after")],
    out: Annotated[Path, typer.Option(help="folder for report.html, report.md, report.json")] = Path("runs/compare"),
    title: str = "",
) -> None:
    """A report of graded runs: one, or two side by side with what was won and lost."""
    from sqlkit.evaluate.compared import report_of

    report = report_of(runs, out, title=title)
    for name in ("first", "second"):
        if name in report:
            ex = report[name]["ex"]
            typer.echo(f"{name:7} EX {ex['value']:.1%} [{ex['low']:.1%}, {ex['high']:.1%}], n = {ex['n']}")
    if report["gain"]:
        g = report["gain"]
        typer.echo(
            f"second against first: {100 * g['value']:+.1f} points [{100 * g['low']:+.1f}, {100 * g['high']:+.1f}], "
            f"won {g['won']}, lost {g['lost']}, p = {g['p']:.2g}"
        )
    typer.echo(f"report in {out / 'report.html'}")


@app.command()
def ask(
    question: str, database: Database = "", adapter: Adapter = "", base_model: str = "embedded", glossary: str | None = None,
    shots: Annotated[int, typer.Option(help="worked examples to retrieve for the prompt")] = 0,
    constrained: Annotated[bool, typer.Option(help="decode under the grammar of the live schema")] = True,
    seconds: Annotated[float, typer.Option(help="time limit of the query")] = 10.0,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    """Ask a database in plain language."""
    from sqlkit import commands
    from sqlkit.query import Asker
    from sqlkit.recipe import Recipe

    where, words = commands.where(Recipe.of({"database": database}, "flags"), Path("runs/embedded")) if database else ("", None)
    if not where:
        raise SqlkitError("no database: give --database URL (or the path of a DuckDB or SQLite file)")
    tuned = _adapter(adapter)
    with Asker(where, tuned, base_model, glossary=glossary or (None if tuned else words), shots=shots,
               constrained=constrained, seconds=seconds) as asker:
        answer = asker.ask(question)
    if answer.why == "question":
        raise SqlkitError(answer.answer)
    if as_json:
        typer.echo(json.dumps(answer.to_json(), ensure_ascii=False))
        return
    show_answer(answer)


def show_answer(answer: Any) -> None:
    """SQL, rows as a table, the sentence."""
    from rich.console import Console
    from rich.table import Table

    from sqlkit.query.answer import show

    console = Console()
    if answer.sql:
        console.print(answer.sql, style="cyan", markup=False, soft_wrap=True)
    if answer.rows:
        table = Table(*map(str, answer.columns))
        for row in answer.rows[:20]:
            table.add_row(*map(show, row))
        console.print(table)
        if len(answer.rows) > 20:
            console.print(f"... {len(answer.rows) - 20} more rows")
    console.print(answer.answer, markup=False)
    if answer.error:
        console.print(answer.error, style="red", markup=False)


@app.command()
def demo(out: Path = Path("runs/demo"), set_: Set = None) -> None:
    """The whole loop on the embedded company: build, train, prove, ask. Offline, on a CPU."""
    from sqlkit.demo import run

    run(out, set_ or [])


@app.command()
def schema(
    what: Annotated[list[str], typer.Argument(help="a database URL or file, a script (.sql), a folder of CSV/Parquet, dbt's manifest.json; "
                                              "or: diff OLD NEW, each of these or a folder of sqlkit build", metavar="SOURCE | diff OLD NEW")],
    glossary: Annotated[str, typer.Option(help="glossary whose joins and words on personal data are followed")] = "",
    dialect: Annotated[str, typer.Option(help="of a script; default guessed from its text")] = "",
    only: Annotated[str, typer.Option("--schemas", help="schemas to read, with commas; default all that are not the system's")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
    template: Annotated[bool, typer.Option("--glossary-template", help="print a glossary to fill in")] = False,
    pairs: Annotated[Path | None, typer.Option(help="with diff: folder of sqlkit build whose questions are checked; default OLD")] = None,
) -> None:
    """What sqlkit reads of a database, or what changed between two; values of columns that look personal are not shown."""
    from sqlkit.schema import show

    if what[0] == "diff":
        if len(what) != 3:
            raise SqlkitError("give two schemas: sqlkit schema diff OLD NEW")
        typer.echo(show.schema_diff(what[1], what[2], pairs=pairs, dialect=dialect, as_json=as_json))
        return
    if len(what) != 1:
        raise SqlkitError("give one schema, or: sqlkit schema diff OLD NEW")
    form = "json" if as_json else "template" if template else "text"
    text, notes = show.describe_schema(what[0], form, glossary=glossary, dialect=dialect, schemas=[s for s in only.split(",") if s])
    typer.echo(text)
    for line in notes:
        print(f"sqlkit: {line}", file=sys.stderr)


@app.command()
def recipes() -> None:
    """Recipes that ship with sqlkit."""
    from sqlkit.recipe import Recipe, names

    for name in names():
        typer.echo(f"{name:22} {Recipe.load(name).base_model}")


app.command()(export)
app.add_typer(adapters, name="adapters")


def summary(report: dict[str, Any]) -> str:
    """The arms of a report as lines of text."""
    lines = [f"{'arm':18} {'EX':>6}  {'95% interval':15} {'runs':>6} {'refused right':>14} {'refused wrong':>14}  s/question"]
    for arm in ("base", "base_retrieval", "tuned", "tuned_retrieval"):
        if arm in report:
            r = report[arm]
            ex = r["ex"]
            lines.append(
                f"{arm:18} {ex['value']:6.1%}  {ex['low']:6.1%}-{ex['high']:6.1%} {r['valid_sql']:7.1%} {r['refused_right']:14.1%} "
                f"{r['refused_wrong']:14.1%} {r['seconds_per_question']:11.3f}"
            )
    if report.get("gain"):
        g = report["gain"]
        lines.append(f"gain of tuned over base_retrieval: {g['value']:+.1%} ({g['low']:+.1%} to {g['high']:+.1%}, paired 95%)")
    return "\n".join(lines)


def main() -> None:
    """Entry point: a user's mistake is one line and exit code 2, Ctrl-C is 130."""
    warnings.filterwarnings("ignore", category=FutureWarning, module=r"(transformers|peft)\b")  # said to developers
    try:
        with heeded():
            code = app(standalone_mode=False)
        if code == STOPPED:  # typer may hand an interrupt back as its exit code
            raise KeyboardInterrupt
        if isinstance(code, int) and code:
            sys.exit(code)
    except (KeyboardInterrupt, typer.Abort):
        print("stopped; the same command goes on from here", file=sys.stderr)
        sys.exit(STOPPED)
    except SqlkitError as error:
        print(f"sqlkit: {error}", file=sys.stderr)
        sys.exit(2)
    except OSError as error:
        if error.errno == 28:
            print("sqlkit: no space left on the disk; free some and run the same command again", file=sys.stderr)
            sys.exit(2)
        if not error.filename:
            raise
        print(f"sqlkit: cannot use {error.filename}: {error.strerror}", file=sys.stderr)
        sys.exit(2)
    except Exception as error:
        if hasattr(error, "exit_code") and hasattr(error, "format_message"):
            print(f"sqlkit: {error.format_message()}", file=sys.stderr)
            sys.exit(2)
        raise


if __name__ == "__main__":
    main()
