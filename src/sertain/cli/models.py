"""``sertain models``: which models are at hand, and what each says of itself."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click


@click.group(invoke_without_command=True)
@click.option(
    "-f",
    "--format",
    "format_name",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="How to write the list.",
)
@click.pass_context
def models(ctx: click.Context, format_name: str) -> None:
    """List the embedded models; each can be named to `sertain predict --model`.

    Speed is that of 2 cores on a folder of clips of 4 s, with their decoding; "baseline" says
    whether the model can get to know a voice (`sertain predict --baseline`).

    \b
    sertain models
    sertain models --format json
    sertain models show default
    """
    if ctx.invoked_subcommand is not None:
        return
    from sertain.bundle import installed  # noqa: PLC0415

    rows = [_row(name, path) for name, path in installed().items()]
    if format_name == "json":
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    elif rows:
        _print(rows)
    else:
        click.echo("no model is embedded; name a bundle's folder: sertain predict --model FOLDER")
    if any("error" in row for row in rows):
        ctx.exit(1)


@models.command()
@click.argument("name", metavar="NAME|FOLDER")
def show(name: str) -> None:
    """Print the card of one model: data, protocol, scores, limits, licence."""
    from sertain.bundle import find  # noqa: PLC0415

    card = find(name).card()
    if not sys.stdout.isatty():
        click.echo(card.rstrip("\n"))
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.markdown import Markdown  # noqa: PLC0415

    Console().print(Markdown(card))


def _row(name: str, path: Path) -> dict[str, Any]:
    from sertain.bundle import read  # noqa: PLC0415
    from sertain.errors import BundleError  # noqa: PLC0415

    try:
        bundle = read(path)
    except BundleError as error:
        return {"name": name, "error": str(error)}
    spec = bundle.spec.to_dict()
    return {
        "name": name,
        "model": f"{bundle.spec.name} {bundle.spec.version}",
        "labels": spec["labels"],
        "size_bytes": bundle.size,
        "speed": bundle.spec.speed,
        "baseline": bundle.spec.reference is not None,
        "licence": spec["licence"],
        "scores": spec["scores"],
    }


def _print(rows: list[dict[str, Any]]) -> None:
    from sertain.cli.tables import printed  # noqa: PLC0415

    columns = ("name", "model", "labels", "size", "speed", "baseline", "licence", "scores")
    printed(columns, [_cells(row) for row in rows])


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    if "error" in row:
        return (row["name"], f"broken: {row['error']}", *("",) * 6)
    scores = "\n".join(
        f"{each['metric']} {each['value']:.3f} ({each['interval'][0]:.3f}–"
        f"{each['interval'][1]:.3f}) {each['protocol']}, {_seeds(each['seeds'])}"
        for each in row["scores"]
    )
    size = f"{row['size_bytes'] / 1e6:.1f} MB"
    speed = "–" if row["speed"] is None else f"{row['speed']:,.0f} × real time"
    return (
        row["name"],
        row["model"],
        ", ".join(row["labels"]),
        size,
        speed,
        "yes" if row["baseline"] else "no",
        row["licence"],
        scores,
    )


def _seeds(count: int) -> str:
    return "1 seed" if count == 1 else f"{count} seeds"
