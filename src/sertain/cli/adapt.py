"""``sertain adapt``: a model of one's own from some hundred labelled clips."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sertain.lab.adapt.adapting import Adapted
    from sertain.lab.adapt.held_out import Figure

_NAMED = 3
"""Of clips left out for the same reason so many are named; the cautions count them all."""


@click.command()
@click.argument("source", metavar="TABLE|FOLDER", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    metavar="BUNDLE",
    help="The folder of the new bundle; an older bundle there is replaced.",
)
@click.option(
    "--bundle",
    "base_name",
    default="default",
    show_default=True,
    metavar="NAME|FOLDER",
    help="What to begin with: a model or a bundle's folder.",
)
@click.option(
    "--labels",
    metavar="A,B,…",
    help="The labels of the new model; by default those that the clips have. `all` adds every "
    "label of the model. Clips of other labels are left out.",
)
@click.option(
    "--rank",
    type=click.IntRange(1),
    metavar="N",
    help="Let the clips move the answers along N directions only: less to learn, for few clips.",
)
@click.option(
    "--no-speakers",
    is_flag=True,
    help="Hold clips out instead of speakers, where nobody knows who speaks. The figures then "
    "flatter, and say so.",
)
@click.option("--name", help="What the bundle is called; else its folder's name.")
@click.pass_context
def adapt(
    ctx: click.Context,
    *,
    source: Path,
    output: Path,
    base_name: str,
    labels: str | None,
    rank: int | None,
    no_speakers: bool,
    name: str | None,
) -> None:
    """Make a model your own: from some hundred labelled clips to a new bundle, without a GPU.

    A TABLE (CSV, TSV, JSONL, Parquet) has the columns file, emotion and speaker, and may have
    start and end. In a FOLDER the sub-folders name label and speaker: bored/anna/1.wav. Labels
    may be words of your own. Two speakers are needed, five or more tell something of others.

    What the model hears is kept in SERTAIN_CACHE, so a second run takes seconds and a killed one
    goes on. The old answers are kept as far as your clips do not speak against them. The card of
    the new bundle tells what it is worth on your speakers, each heard by a model without them.

    \b
    sertain adapt calls.csv -o runs/calls
    sertain adapt clips/ -o runs/mine --labels angry,neutral,bored
    sertain adapt more.csv -o runs/more --bundle runs/calls
    sertain predict --model runs/calls new.wav

    Exit code: 0 done, 1 an error, or a recording could not be read (the others made the bundle),
    2 wrong usage.
    """
    from sertain.bundle import find  # noqa: PLC0415
    from sertain.cli.bar import Bar  # noqa: PLC0415
    from sertain.lab.adapt import adapting, clips  # noqa: PLC0415

    _check_output(output)
    base = find(base_name)
    if output.exists() and output.samefile(base.path):
        raise click.UsageError("--output: that is the bundle to begin with; name another folder")
    labelled = clips.read(source)
    click.echo(f"{base.spec.name} {base.spec.version}: {len(labelled):,} labelled clips", err=True)
    with Bar(in_bytes=False) as bar:
        made = adapting.adapt(
            base,
            labelled,
            output,
            corpus=source.resolve().stem,
            meter=bar,
            labels=labels.split(",") if labels is not None else None,
            rank=rank,
            speakers=not no_speakers,
            name=name,
        )
    _tell(made)
    if made.heard.broken:
        ctx.exit(1)


def _check_output(output: Path) -> None:
    """Say before minutes of work that nothing could be written there."""
    if output.is_file() or (
        output.is_dir() and not (output / "bundle.json").is_file() and any(output.iterdir())
    ):
        raise click.UsageError(
            f"--output: {output} is a file or holds other files; name a new or an empty folder"
        )


def _tell(made: Adapted) -> None:
    measured = made.measured
    for clip, why in made.heard.broken.items():
        click.echo(f"sertain: left out {clip}: {why}", err=True)
    for what, clips in (("no speech", made.heard.silent), ("twice", made.heard.twice)):
        for clip in clips[:_NAMED]:
            click.echo(f"sertain: left out {clip}: {what}", err=True)
    for label, words in made.words.merged.items():
        click.echo(f"sertain: {', '.join(words)}: read as {label}", err=True)
    for line in made.cautions:
        click.echo(f"sertain: {line}", err=True)
    held_out = "clips held out (leak)" if measured.over == "clips" else "speakers held out"
    spec = made.bundle.spec
    click.echo(
        f"{spec.name}: {', '.join(spec.labels)}; {measured.clips:,} clips,"
        f" strength {made.choice.strength:g}"
    )
    click.echo(
        f"UAR {_figure(measured.adapted)}, before {_figure(measured.base)}, gain"
        f" {_figure(measured.gain, sign='+')}; {held_out}, intervals over {measured.over}"
    )
    click.echo(f"wrote {made.bundle.path}", err=True)


def _figure(figure: Figure, sign: str = "") -> str:
    return (
        f"{figure.value:{sign}.3f} [{figure.within.low:{sign}.3f}, {figure.within.high:{sign}.3f}]"
    )
