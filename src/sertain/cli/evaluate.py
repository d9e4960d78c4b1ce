"""``sertain evaluate``: measure a recipe by a protocol on unseen speakers."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sertain.cli.places import corpora_options, decided, decisions_option, teacher_option

if TYPE_CHECKING:
    from sertain.lab.evaluation.results import Results
    from sertain.lab.evaluation.runner import Step


@click.command()
@click.argument("recipe", required=False)
@click.option("--protocol", metavar="NAME", help="How it is measured, e.g. luna5.")
@click.option(
    "--seeds",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="How many seeds: 0, 1, … N-1.",
)
@click.option("--folds", metavar="0,1", help="Only these folds, by number from 0.")
@click.option(
    "--bundle",
    metavar="NAME|FOLDER",
    help="Instead of a recipe: a model or a bundle's folder, scored on labelled clips.",
)
@click.option(
    "--table",
    "tables",
    metavar="TABLE|FOLDER|CORPUS",
    multiple=True,
    help="With --bundle, the clips: a table (file, emotion, speaker), a folder with a sub-folder "
    "per emotion, or a corpus by its name; may be given several times.",
)
@click.option(
    "--robustness",
    is_flag=True,
    help="Afterwards hear the test clips with noise, in rooms, through codecs, at other levels and "
    "clipped; writes robustness.md and .json.",
)
@teacher_option(
    "The folder of an evaluation by the same protocol, whose networks of a fold teach that of the "
    "same fold"
)
@decisions_option
@corpora_options
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where figures and folds are kept; else runs/evaluate/RECIPE-HASH/PROTOCOL, "
    "or runs/outside/MODEL/CLIPS.",
)
@click.option("--list", "list_protocols", is_flag=True, help="List the protocols and end.")
def evaluate(
    recipe: str | None,
    protocol: str | None,
    seeds: int,
    folds: str | None,
    bundle: str | None,
    tables: Sequence[str],
    robustness: bool,
    named_teachers: Sequence[Path],
    decisions: Path | None,
    root: Path | None,
    named: Sequence[tuple[str, Path]],
    out: Path | None,
    list_protocols: bool,
) -> None:
    """Measure RECIPE (a name or a YAML file) by a protocol, fold by fold.

    Every fold trains from nothing and is tested on speakers that it never heard, unless the
    protocol declares a leak, which every table prints; speakers, files and copies of audio are
    compared first, and any other overlap ends it. A killed evaluation goes on where it stopped
    when the same command is given again.

    \b
    Writes results.json, results.md, predictions.csv.gz (one answer a clip) and report.html, a page
    with curves and confusion matrices (figures/ holds them as SVG and PNG).

    \b
    sertain evaluate residual_asp --protocol luna5 --corpora ~/corpora
    sertain evaluate my.yaml --protocol loco --seeds 3 --out results/loco
    sertain evaluate davies_chen2024/crnn_gru --protocol published/davies_chen2024
    sertain evaluate fast --protocol luna5 --teacher runs/evaluate/default-1a2b3c4d5e/luna5
    sertain evaluate --list

    With --bundle nothing trains: the model answers your labelled clips as `sertain predict` does,
    and is scored over the labels that both share.

    \b
    sertain evaluate --bundle default --table trailer.csv
    sertain evaluate --bundle runs/mine/bundle --table tess --robustness
    """
    if list_protocols:
        _list()
        return
    if bundle is not None or tables:
        if bundle is None or not tables or recipe or protocol or named_teachers:
            raise click.UsageError(
                "a bundle and its clips stand alone, e.g.: "
                "sertain evaluate --bundle default --table clips.csv"
            )
        from sertain.cli.outside import evaluate_bundle  # noqa: PLC0415

        evaluate_bundle(
            bundle,
            tables,
            root=root,
            named=dict(named),
            out=out,
            robustness=robustness,
            decisions=decisions,
        )
        return
    if recipe is None or protocol is None:
        raise click.UsageError(
            "name a recipe and a --protocol, e.g.: sertain evaluate residual_asp --protocol luna5"
        )
    from sertain.lab.evaluation import protocol as protocols  # noqa: PLC0415

    protocols.load(protocol)  # a misspelt name is answered before torch is imported
    only = _numbers(folds)

    from sertain.lab import recipes  # noqa: PLC0415
    from sertain.lab.evaluation import gather, runner, writers  # noqa: PLC0415
    from sertain.lab.report import runs  # noqa: PLC0415

    plan = recipes.load(recipe)
    clips = gather.clips_for(plan, protocol, root, dict(named))
    for line in gather.shortfalls(clips, plan.channels):
        click.echo(f"sertain: {line}", err=True)
    for corpus in gather.absent(protocols.load(protocol), clips):
        click.echo(
            f"sertain: {corpus} is not at hand and is left out; "
            f"see how to get it: sertain corpora show {corpus}",
            err=True,
        )
    clips, applied = decided(clips, decisions)
    folder = out or Path("runs", "evaluate", f"{plan.name}-{plan.hash}", protocol)
    click.echo(
        f"{plan.name} ({plan.hash}) on {protocol}: {len(clips)} clips, into {folder}", err=True
    )
    evaluation = runner.evaluate(
        plan,
        protocol,
        clips,
        folder=folder,
        seeds=range(seeds),
        only=only,
        tell=_Teller(),
        decisions=applied.to_dict() if applied else None,
        teachers=named_teachers,
    )
    written = (*writers.write(evaluation, folder), runs.draw(folder))
    click.echo(_summary(evaluation.results))
    for path in written:
        click.echo(f"wrote {path}", err=True)
    if robustness:
        from sertain.cli.outside import robustness_of_folds  # noqa: PLC0415

        robustness_of_folds(evaluation, clips, folder)


class _Teller:
    """Says on standard error which fold of how many, and the time since the start."""

    def __init__(self) -> None:
        self.start = time.monotonic()

    def __call__(self, step: Step) -> None:
        minutes, seconds = divmod(int(time.monotonic() - self.start), 60)
        place = f"[{minutes:d}:{seconds:02d}] {step.number} of {step.total}: {step.fold}"
        place += f", seed {step.seed}"
        if step.uar is None:
            sizes = ", ".join(f"{count} {name}" for name, count in step.clips.items())
            taught = f", {_teachers(step.teachers)}" if step.teachers else ""
            click.echo(f"{place}: {sizes} clips{taught}", err=True)
        else:
            click.echo(
                f"{place}: UAR {step.uar:.3f}{' (finished before)' if step.resumed else ''}",
                err=True,
            )


def _teachers(count: int) -> str:
    return f"{count} teacher{'s' if count > 1 else ''}"


def _summary(results: Results) -> str:
    """One line for the terminal: the figure with everything that it needs to be read."""
    figure = results.pooled.figures["uar"] if results.pooled else results.mean_of_folds["uar"]
    how = "folds pooled" if results.pooled else "mean of folds"
    bounds = "" if figure.low is None else f" [{figure.low:.3f}, {figure.high:.3f}]"
    spread = "" if figure.sd is None else f" ± {figure.sd:.3f}"
    ran, whole = results.protocol["run"], results.protocol["folds"]
    assert isinstance(ran, list)
    assert isinstance(whole, list)
    parts = [
        f"{results.protocol['name']}: UAR {figure.mean:.3f}{spread}{bounds}",
        f"{how} ({len(ran)} of {len(whole)})",
        f"{len(results.seeds)} seed{'s' if len(results.seeds) > 1 else ''}",
        f"leak: {results.protocol['leak'] or 'none'}",
    ]
    return ", ".join(parts)


def _list() -> None:
    from sertain.lab.evaluation import protocol as protocols  # noqa: PLC0415

    width = max(map(len, protocols.names())) + 2
    for name in protocols.names():
        terms = protocols.load(name)
        leak = f" (leak: {terms.leak})" if terms.leak else ""
        click.echo(f"{name:{width}}{terms.title}{leak}")


def _numbers(folds: str | None) -> list[int] | None:
    if folds is None:
        return None
    try:
        return [int(number) for number in folds.split(",")]
    except ValueError:
        raise click.BadParameter(
            f"'{folds}' is no list of numbers; write e.g. 0,1", param_hint="--folds"
        ) from None
