"""``sertain reproduce``: make the table of the published reports again."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from sertain.cli.places import corpora_options

if TYPE_CHECKING:
    from sertain.lab.reproduce.plan import Plan
    from sertain.lab.reproduce.reproduction import Progress


@click.command()
@click.argument("systems", nargs=-1, metavar="[SYSTEM]…")
@click.option(
    "--protocol",
    "which",
    type=click.Choice(["published", "speaker-independent", "both"]),
    default="both",
    show_default=True,
    help="The reports' own protocols, those on unseen speakers, or both.",
)
@click.option(
    "--seeds",
    type=click.IntRange(1),
    help="How many seeds are trained; else 3, with --quick 1. More that are finished count, too.",
)
@click.option(
    "--quick",
    is_flag=True,
    help="A few epochs of a few clips, one fold: shows that all of it runs, gives no result.",
)
@click.option(
    "--whole",
    is_flag=True,
    help="Train heavy recipes whole on a processor, too, where else each has a budget.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1),
    help="Runs side by side; else one a core, or four a graphics card.",
)
@corpora_options
@click.option(
    "--rows",
    "table",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Another table of rows in YAML, e.g. with a report of your own.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where runs and tables are kept; else runs/reproduce, with --quick runs/reproduce-quick.",
)
@click.option(
    "--publish",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="A folder to keep, small: begin with the runs that it holds, add each run as it is "
    "finished, and write the table of all rows that it has figures of.",
)
@click.option(
    "--from",
    "source",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Begin with the runs that a folder holds which --publish wrote.",
)
@click.option(
    "--finished",
    is_flag=True,
    help="Train nothing: write (and publish) the table of the runs that are finished.",
)
@click.pass_context
def reproduce(
    ctx: click.Context,
    systems: Sequence[str],
    which: Literal["published", "speaker-independent", "both"],
    seeds: int | None,
    quick: bool,
    whole: bool,
    jobs: int | None,
    root: Path | None,
    named: Sequence[tuple[str, Path]],
    table: Path | None,
    out: Path | None,
    publish: Path | None,
    source: Path | None,
    finished: bool,
) -> None:
    """Train and measure the systems of five published reports, and our own, in one table.

    SYSTEM is a row (B8), a report (B), a recipe or a folder of recipes (davies_chen2024); without
    one the whole table is made. Everything is checked before the first run trains. A run that
    fails is named in the table and stops no other. After Ctrl-C or a kill the same command goes
    on: what is finished is read.

    \b
    Writes table.md, table.json and table.html, and a folder for each recipe and protocol.

    \b
    sertain reproduce --quick                       # does all of it run here?
    sertain reproduce B8 --protocol published       # one row
    sertain reproduce --corpora ~/corpora --jobs 8  # the table

    \b
    In many sittings, on many machines: nothing that was kept is trained again.
    sertain reproduce --protocol published --publish results/reports
    sertain reproduce --protocol speaker-independent --seeds 1 --publish results/reports
    sertain reproduce --finished --publish results/reports  # train nothing: what is there

    Exit code: 0 when every run went through, 1 when something is missing or a run failed, 2 for
    wrong usage, 130 after Ctrl-C.
    """
    if quick and whole:
        raise click.UsageError("--quick trains little and --whole all: name one of them")
    if quick and (publish or source):
        raise click.UsageError("--quick gives no result: leave --publish and --from away")
    from sertain.lab.reproduce import rows  # noqa: PLC0415

    every = rows.load(table)
    chosen = every.chosen(systems)  # a misspelt name is answered before torch is loaded

    from sertain.lab.reproduce import plan, publishing, reproduction  # noqa: PLC0415
    from sertain.lab.reproduce.crew import default_size, gpu_count  # noqa: PLC0415
    from sertain.lab.reproduce.setting import Places  # noqa: PLC0415

    sources = [source] if source else []
    if publish is not None:
        publishing.check(every, publish)
        sources += [publish] if publish.is_dir() and publish not in sources else []
    gpus = gpu_count()
    wanted = plan.plan(
        chosen,
        out or Path("runs", "reproduce-quick" if quick else "reproduce"),
        which=which,
        seeds=seeds,
        quick=quick,
        whole=whole or gpus > 0,
        places=Places(root, dict(named)),
        sources=sources,
        trains=not finished,
    )
    workers = min(jobs or default_size(gpus), max(1, wanted.runs))
    _announce(wanted, workers)
    kept: list[str] = []

    def keep(finished: reproduction.Finished) -> None:
        if publish is not None:
            kept[:] = publishing.publish(wanted, finished, every, publish)

    with _Watch() as watch:
        values = reproduction.reproduce(wanted, workers=workers, gpus=gpus, tell=watch, keep=keep)
    _summarise(values, wanted.out)
    if publish is not None:
        for line in kept:
            click.echo(f"sertain: {line}", err=True)
        click.echo(f"wrote {publish / 'table.md'}: all that is published", err=True)
    if values["failed"]:
        ctx.exit(1)


def _announce(plan: Plan, workers: int) -> None:
    """Say what will be done, before it takes long."""
    for line in plan.warnings:
        click.echo(f"sertain: {line}", err=True)
    for recipe, reason in plan.empty.items():
        click.echo(f"sertain: {recipe} stays empty: {reason}", err=True)
    for recipe, said in plan.budgets.items():
        click.echo(f"sertain: {recipe} has a budget: {said}; --whole trains all of it", err=True)
    finished = f", {plan.finished} of them finished before" if plan.finished else ""
    taken = f" ({plan.taken} taken from what was published)" if plan.taken else ""
    how = f"{workers} side by side" if plan.trains else "none is trained"
    click.echo(
        f"{len(plan.rows.rows)} rows, {plan.runs} runs{finished}{taken}, {how}, into {plan.out}",
        err=True,
    )


class _Watch:
    """A bar over all runs on a terminal, and a line for each that ended; off it the lines alone."""

    def __init__(self) -> None:
        from rich.console import Console  # noqa: PLC0415
        from rich.progress import BarColumn, Progress, TextColumn  # noqa: PLC0415

        self._start = time.monotonic()
        self._console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("{task.fields[runs]}"),
            BarColumn(),
            TextColumn("{task.percentage:.0f} %"),
            TextColumn("{task.fields[left]}"),
            TextColumn("{task.fields[running]}", style="dim"),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task("", total=1.0, runs="", left="", running="")

    def __enter__(self) -> _Watch:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def __call__(self, now: Progress) -> None:
        """Move the bar, and say what has ended."""
        if now.said is not None:
            clock = f"[{_clock(time.monotonic() - self._start)}] {now.done} of {now.total}"
            left = f", about {_about(now.left_s)} left" if now.running else ""
            self._console.print(
                f"{clock}{left}: {now.said}", highlight=False, markup=False, soft_wrap=True
            )
        self._bar.update(
            self._task,
            completed=now.share,
            runs=f"{now.done} of {now.total} runs",
            left=f"about {_about(now.left_s)} left",
            running="; ".join(now.running),
        )


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


def _about(seconds: float) -> str:
    """Round a guess as its worth allows: ``40 s``, ``12 min``, ``3.5 h``."""
    if seconds < 90:
        return f"{max(5, 5 * round(seconds / 5))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _summarise(values: dict[str, Any], out: Path) -> None:
    """Print the table in short, where the whole of it lies, and what failed."""
    from sertain.cli.tables import printed  # noqa: PLC0415
    from sertain.lab.reproduce import words  # noqa: PLC0415

    if values["quick"]:
        click.echo(words.QUICK)
    printed(
        ("row", "recipe", "published", "ours", "unseen UAR", "parameters", "speed"),
        [
            (
                row["row"],
                row["recipe"],
                words.published(row),
                words.ours(row),
                words.unseen(row, "uar"),
                words.parameters(row),
                words.speed(row).partition(" (")[0],
            )
            for row in values["rows"]
        ],
    )
    for each in values["failed"]:
        for reason in each["reasons"]:
            click.echo(f"sertain: {each['recipe']}, {each['protocol']}: {reason}", err=True)
    for name in ("table.md", "table.json", "table.html"):
        click.echo(f"wrote {out / name}", err=True)
