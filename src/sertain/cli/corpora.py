"""``sertain corpora``: which corpora there are, fetching, verifying, counting and doubting them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sertain.cli import verified
from sertain.cli.doctor_labels import doctor
from sertain.cli.places import corpora_options, decided, decisions_option
from sertain.corpora import Clip, Corpus, get, locate, names, open_own
from sertain.corpora.registry import ROOT
from sertain.errors import CorpusError

if TYPE_CHECKING:
    from sertain.corpora.meter import Meter
    from sertain.corpora.verify import Verified


@dataclass(frozen=True, slots=True)
class _Places:
    """Where the user says that corpora lie."""

    root: Path | None
    named: dict[str, Path]

    def find(self, name: str) -> Path:
        return (
            self.named[name]
            if self.is_own(name)
            else locate(name, root=self.root, named=self.named)
        )

    def is_own(self, name: str) -> bool:
        """Whether the name is a user's own corpus."""
        if name not in self.named:
            return False
        try:
            get(name)
        except CorpusError:
            return True
        return False

    def clips(self, name: str) -> list[Clip]:
        return (
            open_own(self.named[name], name)
            if self.is_own(name)
            else get(name).clips(self.find(name))
        )

    def chosen(self, wanted: Sequence[str]) -> list[str]:
        """The corpora asked for; without any all that are here."""
        if wanted:
            return [name if self.is_own(name) else get(name).name for name in wanted]
        if self.root is None and not self.named and not os.environ.get(ROOT):
            raise CorpusError(
                "it is not said where corpora lie", f"give --corpora DIR or set {ROOT}"
            )
        here = [name for name in names() if _where(self, name) is not None]
        here += [name for name in self.named if self.is_own(name)]
        if not here:
            raise CorpusError(
                f"no corpus lies in {self.root or os.environ.get(ROOT)}",
                "fetch one: sertain corpora download NAME",
            )
        return here


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that every subcommand takes."""
    form = click.option(
        "-f",
        "--format",
        "format_name",
        type=click.Choice(["table", "json"]),
        default="table",
        show_default=True,
        help="How to write the answer.",
    )
    return form(corpora_options(command))


@click.group()
def corpora() -> None:
    """List, fetch, verify and count the corpora of emotional speech; doubt their labels.

    \b
    sertain corpora list
    sertain corpora download ravdess --corpora ~/corpora
    sertain corpora verify --corpora ~/corpora
    sertain corpora doctor emodb --page
    """


corpora.add_command(doctor)


@corpora.command("list")
@_options
def list_(root: Path | None, named: Sequence[tuple[str, Path]], format_name: str) -> None:
    """List the known corpora and where they lie."""
    places = _Places(root, dict(named))
    rows = [_row(get(name), places) for name in names()]
    if format_name == "json":
        _print_json(rows)
        return
    from sertain.cli.tables import printed  # noqa: PLC0415

    printed(
        ("name", "language", "clips", "speakers", "emotions", "licence", "folder"),
        [
            (
                row["name"],
                ", ".join(row["languages"]),
                f"{row['clips']:,}",
                str(row["speakers"]),
                str(len(row["emotions"])),
                row["licence"],
                row["folder"] or "not here",
            )
            for row in rows
        ],
    )


@corpora.command(short_help="Show one corpus.")
@click.argument("name")
@_options
def show(name: str, root: Path | None, named: Sequence[tuple[str, Path]], format_name: str) -> None:
    """Show one corpus: what it holds, its terms, its oddities, how to get it."""
    corpus = get(name)
    row = _row(corpus, _Places(root, dict(named)))
    row |= {
        "home": corpus.home,
        "citation": corpus.citation,
        "codes": {code: emotion.value for code, emotion in corpus.codes.items()},
        "emotions": {e.value: corpus.published.totals[e] for e in corpus.labels},
        "oddities": _oddities(corpus),
        "how_to_get": corpus.how_to_get,
        "download": bool(corpus.sources),
    }
    if format_name == "json":
        _print_json(row)
        return
    emotions = (
        f"{emotion} {clips:,} ({', '.join(c for c, e in row['codes'].items() if e == emotion)})"
        for emotion, clips in row["emotions"].items()
    )
    lines = {
        corpus.name: corpus.title,
        "clips": f"{row['clips']:,} of {row['speakers']} speakers, {', '.join(corpus.languages)}",
        "emotions": ", ".join(emotions),
        "licence": corpus.licence,
        "home": corpus.home,
        "get it": corpus.how_to_get,
        "folder": row["folder"] or "not here",
        "cite": corpus.citation,
    }
    for key, value in lines.items():
        click.echo(f"{key:<10} {value}")
    if corpus.sources:
        click.echo(f"{'fetch it':<10} sertain corpora download {corpus.name}")
    for oddity in row["oddities"]:
        click.echo(f"{'known':<10} {oddity}")


@corpora.command(short_help="Fetch one corpus; goes on after a break.")
@click.argument("name")
@_options
def download(
    name: str, root: Path | None, named: Sequence[tuple[str, Path]], format_name: str
) -> None:
    """Fetch one corpus; after a break the same command goes on from there.

    It lands in a folder of its name under --corpora, or in the folder given by --corpus. SAVEE,
    TurEV-DB and BanglaSER cannot be fetched by a program; for these it says what to do.
    """
    from sertain.corpora.download import download as fetch  # noqa: PLC0415

    corpus = get(name)
    folder = _destination(corpus, root, dict(named))
    if corpus.sources and format_name == "table":
        click.echo(f"{corpus.title}: {corpus.licence}", err=True)
    with _bar(unit="bytes") as meter:
        done = fetch(corpus, folder, meter)
    if format_name == "json":
        _print_json(
            {
                "corpus": corpus.name,
                "folder": str(done.folder),
                "fetched": done.fetched,
                "kept": done.kept,
                "unchecked": list(done.unchecked),
                "clips": done.clips,
                "published": done.published,
            }
        )
    else:
        click.echo(
            f"{corpus.name}: {done.clips:,} of {done.published:,} clips in {done.folder}; "
            f"{done.fetched:,} files fetched, {done.kept:,} were there"
        )
        if done.unchecked:
            count = len(done.unchecked)
            what = done.unchecked[0] if count == 1 else f"{count:,} files"
            click.echo(f"{corpus.name}: no checksum of {what} is published; counts alone say")
    if done.clips < done.published:
        raise CorpusError(
            f"{done.published - done.clips:,} of the published clips of {corpus.name} are missing",
            f"run: sertain corpora verify {corpus.name}",
        )


@corpora.command(short_help="Compare with what was published; listen.")
@click.argument("wanted", metavar="[NAME]...", nargs=-1)
@click.option("--quick", is_flag=True, help="Compare names and counts alone, decode nothing.")
@_options
@click.pass_context
def verify(
    ctx: click.Context,
    *,
    wanted: Sequence[str],
    quick: bool,
    root: Path | None,
    named: Sequence[tuple[str, Path]],
    format_name: str,
) -> None:
    """Compare corpora with what was published, and listen to every clip.

    Counts per speaker and emotion, exact copies, unreadable, silent and clipped recordings.
    Exit code 1 when something published is missing or cannot be read. Without a NAME all
    corpora that are here are verified.
    """
    places = _Places(root, dict(named))
    results: list[Verified] = []
    for name in places.chosen(wanted):
        with _bar(unit="clips") as meter:
            results.append(_verified(places, name, listen=not quick, meter=meter))
        if format_name == "table":
            verified.printed(results[-1])
    if format_name == "json":
        _print_json([result.to_dict() for result in results])
    if not all(result.is_whole for result in results):
        ctx.exit(1)


@corpora.command(short_help="Count clips, speakers, emotions and hours.")
@click.argument("wanted", metavar="[NAME]...", nargs=-1)
@decisions_option
@_options
def stats(
    wanted: Sequence[str],
    decisions: Path | None,
    root: Path | None,
    named: Sequence[tuple[str, Path]],
    format_name: str,
) -> None:
    """Count clips, speakers, emotions and hours of corpora; by default of all that are here."""
    from sertain.corpora.stats import stats as counted  # noqa: PLC0415

    places = _Places(root, dict(named))
    results = []
    for name in places.chosen(wanted):
        clips, _ = decided(places.clips(name), decisions)
        with _bar(unit="clips") as meter:
            results.append(counted(name, clips, meter))
    if format_name == "json":
        _print_json([result.to_dict() for result in results])
        return
    from sertain.cli.tables import printed  # noqa: PLC0415

    columns = ("corpus", "clips", "speakers (f, m)", "hours", "clip s", "Hz", "emotions")
    printed(
        columns,
        [
            (
                each.corpus,
                f"{each.clips:,}",
                f"{each.speakers} ({each.female}, {each.male})",
                f"{each.duration_s / 3600:.2f}",
                f"{each.mean_s:.1f} ({each.shortest_s:.1f} to {each.longest_s:.1f})",
                ", ".join(f"{rate:,}" for rate in each.sample_rates),
                ", ".join(f"{emotion} {count:,}" for emotion, count in each.emotions.items()),
            )
            for each in results
        ],
    )


def _verified(places: _Places, name: str, *, listen: bool, meter: Meter) -> Verified:
    from sertain.corpora import verify as verifying  # noqa: PLC0415

    if places.is_own(name):
        clips = places.clips(name)
        return verifying.verify_own(name, places.find(name), clips, listen=listen, meter=meter)
    return verifying.verify(get(name), places.find(name), listen=listen, meter=meter)


def _row(corpus: Corpus, places: _Places) -> dict[str, Any]:
    folder = _where(places, corpus.name)
    return {
        "name": corpus.name,
        "title": corpus.title,
        "languages": list(corpus.languages),
        "clips": corpus.published.clips,
        "speakers": len(corpus.speakers),
        "emotions": [emotion.value for emotion in corpus.labels],
        "licence": corpus.licence,
        "folder": str(folder) if folder else None,
    }


def _where(places: _Places, name: str) -> Path | None:
    try:
        return places.find(name)
    except CorpusError:
        return None


def _destination(corpus: Corpus, root: Path | None, named: dict[str, Path]) -> Path:
    if corpus.name in named:
        return named[corpus.name]
    where = root or (Path(os.environ[ROOT]) if os.environ.get(ROOT) else None)
    if where is None:
        raise CorpusError("it is not said where corpora lie", f"give --corpora DIR or set {ROOT}")
    return where / corpus.name


def _oddities(corpus: Corpus) -> list[str]:
    published = corpus.published
    same = [f"the same recording: {', '.join(sorted(group))}" for group in published.same]
    return [*published.notes, *same, *(f"silent: {name}" for name in sorted(published.silent))]


def _print_json(value: object) -> None:
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


@contextmanager
def _bar(unit: str) -> Iterator[Meter]:
    """A bar on standard error, where that is a terminal."""
    from sertain.cli.bar import Bar  # noqa: PLC0415

    with Bar(in_bytes=unit == "bytes") as bar:
        yield bar
