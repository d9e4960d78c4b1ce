"""``sertain explore``: look at corpora before anything trains."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import click

from sertain.cli.places import corpora_options

_SETS = ("davies_chen2024", "shukla", "santamaria", "vu_deepemonet", "all")


@click.command()
@click.argument("clips_from", metavar="CORPUS...", nargs=-1, required=True)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where page, figures and table go; else runs/explore/NAMES.",
)
@click.option(
    "--features",
    type=click.Choice(_SETS),
    default=_SETS[0],
    show_default=True,
    help="Columns of the table: 162, 141, 180 or 20 as in the report of that name, or all.",
)
@click.option(
    "--table",
    type=click.Choice(["csv", "parquet", "none"]),
    default="csv",
    show_default=True,
    help="Form of the feature table.",
)
@click.option(
    "--channel",
    type=click.Choice(["speech", "song"]),
    help="Only what is spoken, or sung (RAVDESS has both).",
)
@corpora_options
@click.pass_context
def explore(
    ctx: click.Context,
    *,
    clips_from: tuple[str, ...],
    out: Path | None,
    features: str,
    table: Literal["csv", "parquet", "none"],
    channel: str | None,
    root: Path | None,
    named: Sequence[tuple[str, Path]],
) -> None:
    """Look at each CORPUS: counts, lengths, sounds, augmentation, features.

    CORPUS is one of `sertain corpora list`, or your own: a folder with a sub-folder per emotion,
    a table or an audformat database.

    Writes explore.html, one page with clips of each emotion and speaker, lengths, waveform and
    spectrogram of the first clip of each emotion and after each augmentation; figures/ with the
    same as SVG and PNG; and features.csv, a row for each clip.

    \b
    sertain explore ravdess savee --channel speech --corpora ~/corpora --out look
    sertain explore my-recordings/ --features all --table parquet
    sertain explore clips.csv --table none

    Exit code: 0, or 1 when a clip cannot be heard (the page lists them; the others go on).
    """
    from sertain.cli.bar import Bar  # noqa: PLC0415
    from sertain.cli.outside import labelled  # noqa: PLC0415
    from sertain.errors import CorpusError  # noqa: PLC0415

    clips = labelled(clips_from, root, dict(named))
    if channel is not None:
        clips = [clip for clip in clips if clip.channel == channel]
    if not clips:
        raise CorpusError(
            f"{', '.join(clips_from)} has no clip of {channel}", "leave out --channel"
        )

    from sertain.lab.explore.exploring import explore as look  # noqa: PLC0415

    folder = out or Path(
        "runs", "explore", "+".join(Path(each).stem or each for each in clips_from)
    )
    click.echo(f"{len(clips):,} clips, into {folder}", err=True)
    with Bar(in_bytes=False) as bar:
        done = look(clips, folder, bar, columns=features, form=None if table == "none" else table)
    click.echo(f"wrote {done.page}")
    if done.table is not None:
        click.echo(f"wrote {done.table} ({done.rows:,} rows)")
    if done.broken:
        click.echo(
            f"sertain: {len(done.broken)} of {len(clips):,} clips cannot be heard, the first:"
            f" {next(iter(done.broken.values()))}",
            err=True,
        )
        ctx.exit(1)
