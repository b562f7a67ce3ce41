"""`sqlkit adapters` and `sqlkit export` on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from sqlkit.errors import SqlkitError

adapters = typer.Typer(help="Adapters by name: what each is, on what base, how well it answers.", no_args_is_help=True)
Registry = Annotated[str, typer.Option(help="folder of the registry; default $SQLKIT_ADAPTERS, else runs/adapters")]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON")]


@adapters.command("list")
def adapters_list(registry: Registry = "", as_json: AsJson = False) -> None:
    """All adapters of the registry."""
    from sqlkit.model.registry import entries, registry_folder

    found = entries(registry_folder(registry))
    if as_json:
        typer.echo(json.dumps([entry.model_dump() for entry in found], indent=1))
        return
    typer.echo(f"{'name':20} {'base':28} {'method':6} {'EX':30} {'prompt':16} {'data':16} created")
    for entry in found:
        typer.echo(
            f"{entry.name:20} {entry.base:28} {entry.method:6} {ex_text(entry.ex):30} {entry.prompt_fingerprint:16} {entry.data_sha256:16} {entry.created}"
        )


@adapters.command("add")
def adapters_add(
    adapter: Annotated[Path, typer.Argument(help="folder that sqlkit train made")],
    name: Annotated[str, typer.Option(help="its name; default the name of the run's folder")] = "",
    report: Annotated[Path | None, typer.Option(help="report.json of sqlkit eval, for its EX; default that on dev while it was trained")] = None,
    registry: Registry = "",
) -> None:
    """Copy an adapter into the registry; --adapter NAME then finds it."""
    from sqlkit.commands_export import register
    from sqlkit.model.registry import registry_folder

    run = adapter.resolve()
    entry = register(adapter, name or (run.parent.name if run.name == "adapter" else run.name), registry_folder(registry), report)
    typer.echo(f"{entry.name} is in {registry_folder(registry) / entry.name} (EX {ex_text(entry.ex)})")


@adapters.command("show")
def adapters_show(name: str, registry: Registry = "", as_json: AsJson = False) -> None:
    """All that the registry knows of one adapter."""
    from sqlkit.model.registry import find, read_entry

    entry = read_entry(find(name, registry))
    if as_json:
        typer.echo(entry.model_dump_json(indent=1))
        return
    for key, value in entry.model_dump().items():
        typer.echo(f"{key:20} {ex_text(value) if key == 'ex' else value}")


def export(
    adapter: Annotated[str, typer.Option(help="folder of an adapter, or its name in the registry")],
    to: Annotated[str, typer.Option(help="merged, gguf, ollama, onnx or vllm")],
    out: Annotated[Path, typer.Option(help="folder to write; it appears when it is whole and judged")],
    questions: Annotated[str, typer.Option(help="JSONL to judge the export by; default the dev questions of the adapter's recipe")] = "",
    database: Annotated[str, typer.Option(help="the database they are about; default that of the adapter's recipe")] = "",
    glossary: Annotated[str, typer.Option(help="default the adapter's own")] = "",
    max_loss: Annotated[float, typer.Option(help="points of EX that may be lost against the adapter")] = 2.0,
    gate: Annotated[bool, typer.Option(help="judge it; --no-gate writes it unjudged")] = True,
    onto: Annotated[str, typer.Option(help="what the adapter is merged into: dequantised, base, or auto: as it was trained")] = "auto",
    precision: Annotated[str, typer.Option(help="float32, bfloat16, float16; of gguf and ollama f16, f32, bf16, q8_0")] = "",
    converter: Annotated[str, typer.Option(help="llama.cpp's folder or its convert_hf_to_gguf.py; default $LLAMA_CPP, then PATH")] = "",
) -> None:
    """Carry an adapter to a format that people serve, judged against the adapter by execution accuracy."""
    from sqlkit import commands_export
    from sqlkit.model.registry import find
    from sqlkit.train.export import Wanted

    if max_loss < 0:
        raise SqlkitError(f"--max-loss {max_loss:g} is no number of points from 0 on")
    wanted = Wanted(to, onto, precision, converter)  # type: ignore[arg-type]
    about, judged = commands_export.export(
        find(adapter), out, wanted, questions=questions, database=database, glossary=glossary or None, most=max_loss, gated=gate
    )
    if judged:
        typer.echo(str(judged))
    elif about["gate"]:
        typer.echo("exported and judged before")
    else:
        typer.echo("not judged (--no-gate)")
    typer.echo(f"{to} in {out} ({about['bytes'] / 1e6:.1f} MB; merged into {about['onto']}; export.json has the figures)")


def ex_text(ex: dict[str, float] | None) -> str:
    if not ex:
        return "not measured"
    return f"{ex['value']:.1%} [{ex['low']:.1%}, {ex['high']:.1%}], n = {ex['n']:g}"
