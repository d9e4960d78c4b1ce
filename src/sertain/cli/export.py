"""``sertain export``: from a finished run to a bundle that predicts anywhere."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sertain.cli.places import corpora_options, decided, decisions_option

if TYPE_CHECKING:
    from sertain.corpora.decisions import Applied


@click.command()
@click.argument("run", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where the bundle goes; else RUN/bundle.",
)
@click.option("--name", help="What the bundle is called; else the recipe's name.")
@click.option(
    "--results",
    type=click.Path(dir_okay=False, path_type=Path),
    multiple=True,
    metavar="JSON",
    help="A results.json of `sertain evaluate` for the card; may be given several times.",
)
@click.option(
    "--int8",
    is_flag=True,
    help="Store the graph in 8 bits: smaller and mostly faster; the card says what it costs.",
)
@decisions_option
@corpora_options
def export(
    run: Path,
    out: Path | None,
    name: str | None,
    results: Sequence[Path],
    int8: bool,
    decisions: Path | None,
    root: Path | None,
    named: Sequence[tuple[str, Path]],
) -> None:
    """Turn RUN, a folder of `sertain train`, into a bundle.

    The held-out speakers of the run calibrate it; then the graph is compared with torch on their
    clips, and written with its labels, thresholds and card.

    \b
    sertain export runs/train/residual_asp-13f27c48b5-0 --corpora ~/corpora
    sertain export runs/mine --name mine --results runs/evaluate/mine/results.json
    sertain export runs/mine --out bundles/small --int8
    sertain predict --model runs/mine/bundle clip.wav

    A run that was trained with --decisions is exported with the same table.
    """
    from sertain import corpora  # noqa: PLC0415
    from sertain.errors import RecipeError  # noqa: PLC0415
    from sertain.lab import training  # noqa: PLC0415
    from sertain.lab.export import export as write_bundle  # noqa: PLC0415
    from sertain.lab.recipes import Recipe  # noqa: PLC0415

    if not (run / "summary.json").is_file():
        raise RecipeError(
            f"{run} holds no finished run", "finish it: sertain train RECIPE --out " + str(run)
        )
    claim = json.loads((run / "run.json").read_text("utf-8"))
    plan = Recipe.model_validate(claim["recipe"])
    own, applied = decided(corpora.load(plan.corpora, root, dict(named)), decisions)
    _check_decisions(claim.get("decisions"), applied, run)
    clips = {clip.key: clip for clip in own}
    lost = [key for key in (*claim["train"], *claim["validation"]) if key not in clips]
    if lost:
        raise RecipeError(
            f"{len(lost)} clips of the run are not at hand, the first is {lost[0]}",
            "give the corpora that it was trained on",
        )
    bundle = write_bundle(
        training.load_fit(run, plan),
        [clips[key] for key in claim["train"]],
        [clips[key] for key in claim["validation"]],
        out or run / "bundle",
        name=name or plan.name,
        results=results,
        int8=int8,
    )
    megabytes = bundle.model_path.stat().st_size / 1e6
    click.echo(f"{bundle.path}: {bundle.spec.name} {bundle.spec.version}, {megabytes:.1f} MB")


def _check_decisions(held: Mapping[str, Any] | None, applied: Applied | None, run: Path) -> None:
    """Refuse labels other than those that the run learnt."""
    from sertain.errors import RecipeError  # noqa: PLC0415

    wanted = held["sha256"] if held else None
    given = applied.sha256 if applied else None
    if wanted == given:
        return
    if wanted is None:
        raise RecipeError(f"{run} was trained without decisions", "leave out --decisions")
    raise RecipeError(
        f"{run} was trained with a table of decisions (hash {wanted[:10]})",
        "give the same with --decisions",
    )
