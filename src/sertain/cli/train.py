"""``sertain train``: from a recipe to a run that can be exported."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from sertain.cli.places import corpora_options, decided, decisions_option, teacher_option


@click.command()
@click.argument("recipe")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of all draws.")
@teacher_option("The folder of a finished run of `sertain train` whose answers are learnt")
@decisions_option
@corpora_options
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where the run is kept; else runs/train/RECIPE-HASH-SEED.",
)
def train(
    recipe: str,
    seed: int,
    named_teachers: Sequence[Path],
    decisions: Path | None,
    root: Path | None,
    named: Sequence[tuple[str, Path]],
    out: Path | None,
) -> None:
    """Train RECIPE (a name or a YAML file) on all its corpora.

    Some speakers of every corpus are held out: they choose the epoch and later calibrate the
    bundle. A killed training goes on where it stopped when the same command is given again, to
    the same result. Loss and figures of every epoch are in csv/metrics.csv and for TensorBoard;
    report.html shows their curves, and the confusion of the held-out speakers.
    Copies of clips that the recipe asks for are made first and train where their clip trains.
    A recipe with a teacher also learns what trained networks answer to its clips; one that learnt
    from a held-out speaker is refused.

    \b
    sertain train residual_asp --corpora ~/corpora
    sertain train davies_chen2024/crnn_gru --corpus ravdess=~/RAVDESS --corpus savee=~/SAVEE
    sertain train my.yaml --seed 1 --out runs/mine
    sertain train fast --teacher runs/train/default-1a2b3c4d5e-0
    tensorboard --logdir runs/mine
    """
    from sertain import corpora  # noqa: PLC0415
    from sertain.lab import pretraining, recipes, training  # noqa: PLC0415
    from sertain.lab.evaluation import gather  # noqa: PLC0415
    from sertain.lab.evaluation.folds import training_sets  # noqa: PLC0415
    from sertain.lab.report import runs, validation  # noqa: PLC0415
    from sertain.lab.training import lessons, teachers  # noqa: PLC0415

    plan = recipes.load(recipe)
    taught_by = [teachers.read(place) for place in named_teachers]
    lessons.check(plan, taught_by)
    first = plan.pretraining.corpora if plan.pretraining else ()
    clips = corpora.load([*plan.corpora, *first], root, dict(named))
    everything = clips
    for line in gather.shortfalls(clips, plan.channels):
        click.echo(f"sertain: {line}", err=True)
    clips, applied = decided(clips, decisions)
    own = [clip for clip in plan.usable(clips) if clip.corpus not in first]
    originals, held_out = training_sets(own, seed)
    for teacher in taught_by:
        teachers.check_held_out(teacher, everything, held_out)
    learning, _sources = gather.with_copies(plan, originals)
    folder = out or Path("runs", "train", f"{plan.name}-{plan.hash}-{seed}")
    click.echo(
        f"{plan.name} ({plan.hash}), seed {seed}: {len(learning)} clips train,"
        f" {len(held_out)} of {len({c.speaker for c in held_out})} speakers validate,"
        f" into {folder}",
        err=True,
    )
    fitted = training.fit(
        pretraining.begun(plan, clips),
        learning,
        held_out,
        seed=seed,
        folder=folder,
        decisions=applied.to_dict() if applied else None,
        taught_by=taught_by,
    )
    if not (folder / validation.FILE).is_file():
        validation.keep(fitted, held_out, folder)
    page = runs.draw(folder)
    done = fitted.summary
    click.echo(
        f"{folder}: UAR {done.validation_uar:.3f} on held-out speakers (mean over corpora; they"
        f" chose the epoch), epoch {done.best_epoch} of {done.epochs},"
        f" {done.parameters:,} parameters, {done.train_s / 60:.1f} min"
    )
    click.echo(f"wrote {page}", err=True)
