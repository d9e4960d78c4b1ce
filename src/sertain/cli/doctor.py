"""``sertain doctor``: what is installed, missing or broken, said with its own words."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sertain.cli.health import Finding


@click.command()
@click.option(
    "-f",
    "--format",
    "format_name",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="How to write the findings.",
)
@click.pass_context
def doctor(ctx: click.Context, format_name: str) -> None:
    """Say what is installed, what is missing and what is broken.

    Each module is imported in a process of its own, so that one that crashes is reported and
    takes nothing down. Exit code: 0 when `sertain predict` works, else 1.
    """
    from sertain.cli.health import findings  # noqa: PLC0415

    if sys.stderr.isatty():
        click.echo("importing every module, each in a process of its own …", err=True)
    found = findings()
    if format_name == "json":
        click.echo(json.dumps([asdict(each) for each in found], indent=2, ensure_ascii=False))
    else:
        _print(found)
    if any(each.needed and each.state != "ok" for each in found):
        ctx.exit(1)


def _print(found: Sequence[Finding]) -> None:
    from sertain.cli.tables import printed  # noqa: PLC0415

    printed(
        ("what for", "part", "state", "detail"),
        [(each.room, each.part, each.state, each.detail) for each in found],
    )
    works = all(each.state == "ok" for each in found if each.needed)
    click.echo(f"\nsertain predict {'works' if works else 'does not work: see above'}")
