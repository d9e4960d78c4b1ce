"""``sertain corpora doctor``: labels that may be wrong, and a page to decide about them."""

from __future__ import annotations

import os
import webbrowser
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import click

from sertain.cli.places import corpora_options, decided, decisions_option

if TYPE_CHECKING:
    from sertain.corpora.clip import Clip
    from sertain.lab.doctor.diagnosis import Diagnosis
    from sertain.lab.doctor.server import Desk

_SHOWN = 10


@click.command(short_help="List labels that may be wrong; listen and decide.")
@click.argument("name", metavar="CORPUS|TABLE|FOLDER")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where lists and decisions go; else runs/doctor/NAME.",
)
@click.option("--page", is_flag=True, help="Then serve a page to listen and decide.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    show_default=True,
    help="Where the page listens on 127.0.0.1; 0 takes a free one.",
)
@click.option("--no-browser", is_flag=True, help="Do not open the browser.")
@click.option(
    "--who",
    default=lambda: os.environ.get("USER") or os.environ.get("USERNAME") or "",
    help="Stands beside each decision; by default the name of your account.",
)
@click.option(
    "--against",
    metavar="CORPUS",
    multiple=True,
    help="Another corpus, from which swapped labels are known; by default all that are here.",
)
@click.option("--alone", is_flag=True, help="Do not look for swapped labels, hear no other corpus.")
@click.option(
    "--encoder",
    metavar="NAME|FOLDER|log-mel",
    help="What hears the clips, as in a recipe; by default whisper-tiny.en where it lies in "
    "$SERTAIN_ENCODERS, else log-mel: statistics of the spectrogram.",
)
@decisions_option
@corpora_options
def doctor(
    *,
    name: str,
    out: Path | None,
    page: bool,
    port: int,
    no_browser: bool,
    who: str,
    against: Sequence[str],
    alone: bool,
    encoder: str | None,
    decisions: Path | None,
    root: Path | None,
    named: Sequence[tuple[str, Path]],
) -> None:
    """List the clips whose label is probably wrong, and labels that seem swapped.

    Each clip is answered by a model that heard neither it nor its speaker. One recording under two
    labels is listed in any case. Swapped labels are heard by a model of the other corpora, since
    inside a corpus all clips agree.

    Writes labels.csv, doctor.md and doctor.json. On the page every decision is in decisions.csv at
    once; train, evaluate and export take that table with --decisions. (The health of the
    installation is told by: sertain doctor)

    \b
    sertain corpora doctor emodb --corpora ~/corpora --page
    sertain corpora doctor calls.csv --out calls-labels --page
    sertain corpora doctor calls.csv --decisions calls-labels/decisions.csv
    """
    if alone and against:
        raise click.UsageError("--alone hears no other corpus; leave out --against or it")
    from sertain.cli.bar import Bar  # noqa: PLC0415
    from sertain.cli.outside import labelled  # noqa: PLC0415

    given = labelled((name,), root, dict(named))
    clips, applied = decided(given, decisions)
    own = {clip.corpus for clip in given}
    others = [] if alone else _others(own, against, root, dict(named))

    from sertain.lab.doctor import diagnosis, hearing, writing  # noqa: PLC0415

    heard_by = encoder or hearing.usual_encoder()
    folder = out or Path("runs", "doctor", Path(name).stem)
    click.echo(f"{len(clips):,} clips, heard by {heard_by}, into {folder}", err=True)
    if heard_by == hearing.LOG_MEL and encoder is None:
        click.echo(
            f"sertain: {hearing.ENCODER} is not at hand, which hears more; "
            "see docs/label-doctor.md",
            err=True,
        )
    with Bar(in_bytes=False) as bar:
        found = diagnosis.diagnose(
            ", ".join(sorted(own)),
            clips,
            others,
            encoder=heard_by,
            decided=_decided_keys(decisions),
            meter=bar,
        )
    written = writing.write(folder, found, applied)
    _show(found)
    for path in written:
        click.echo(f"wrote {path}", err=True)
    if page:
        from sertain.lab.doctor import server  # noqa: PLC0415

        labels = {clip.key: clip.emotion for clip in given}
        desk = server.Desk(found, folder / server.FILE, who, labels)
        _serve(desk, port=port, browser=not no_browser)
        click.echo(f"{len(desk.rows):,} decisions in {folder / server.FILE}")


def _others(
    own: set[str], against: Sequence[str], root: Path | None, named: Mapping[str, Path]
) -> list[Clip]:
    """The clips of other corpora: those named, or all published ones that are here."""
    from sertain import corpora  # noqa: PLC0415
    from sertain.errors import CorpusError  # noqa: PLC0415

    found: list[Clip] = []
    for name in against or corpora.names():
        try:
            found += corpora.load([name], root, named)
        except CorpusError:
            if against:
                raise
    return [clip for clip in found if clip.corpus not in own]


def _decided_keys(path: Path | None) -> set[str]:
    from sertain.corpora import decisions  # noqa: PLC0415

    return set() if path is None else set(decisions.read(path).rows)


def _show(found: Diagnosis) -> None:
    from sertain.cli.tables import printed  # noqa: PLC0415
    from sertain.lab.doctor import writing  # noqa: PLC0415

    for text in writing.sentences(found):
        click.echo(text)
    if not found.suspects:
        return
    printed(
        ("clip", "label", "its probability", "probable", "probability", "the same recording as"),
        [
            (
                one.clip.key,
                str(one.clip.emotion),
                f"{one.own_probability:.3f}",
                str(one.probable),
                f"{one.probability:.2f}",
                ", ".join(one.twins),
            )
            for one in found.suspects[:_SHOWN]
        ],
    )
    if len(found.suspects) > _SHOWN:
        click.echo(f"and {len(found.suspects) - _SHOWN:,} more in {writing.TABLE}")


def _serve(desk: Desk, *, port: int, browser: bool) -> None:
    """Serve the page until Ctrl-C."""
    from sertain.lab.doctor import server  # noqa: PLC0415

    with server.running(desk, port=port) as address:
        click.echo(f"labels: {address} (Ctrl-C stops it)")
        if browser:
            webbrowser.open(address)
        try:
            Event().wait()
        except KeyboardInterrupt:
            click.echo("labels: stopped")
