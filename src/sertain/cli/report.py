"""``sertain report``: draw the report of a run again, from its folder alone."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument(
    "runs",
    metavar="RUN...",
    nargs=-1,
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
)
def report(runs: tuple[Path, ...]) -> None:
    """Draw the report of each RUN, a folder of `sertain train` or `sertain evaluate`, again.

    Writes report.html, one page that holds all it shows, and figures/ with the same curves,
    confusion matrices and figures of every class as SVG and PNG. Nothing is trained or heard; both
    commands write the same at their end. A training under way shows its curves so far.

    \b
    sertain report runs/train/residual_asp-7735726992-0
    sertain report runs/evaluate/*/luna5
    """
    from sertain.lab.report.runs import draw  # noqa: PLC0415

    for run in runs:
        click.echo(f"wrote {draw(run)}")
