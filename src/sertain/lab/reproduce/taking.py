"""Runs that were published before, taken into the folder where the others are trained."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sertain.errors import RecipeError
from sertain.lab import recipes
from sertain.lab.evaluation.outcome import FILE as OUTCOME
from sertain.lab.evaluation.outcome import write_whole
from sertain.lab.reproduce import packing, words
from sertain.lab.reproduce.amount import limits, planned
from sertain.lab.reproduce.held import recipe_hash
from sertain.lab.reproduce.rows import Budget
from sertain.lab.reproduce.series import SPEED, Series, folder_of


@dataclass(frozen=True)
class Taken:
    """How many runs were taken, and a line on each series of which some were left."""

    runs: int = 0
    left: tuple[str, ...] = ()


def check(source: Path) -> None:
    """Refuse a published folder that is not there."""
    if not source.is_dir():
        raise RecipeError(f"there is no folder {source}", "name a published one with --from")


def take(
    source: Path, series: Iterable[Series], out: Path, budgets: Mapping[str, Budget | None]
) -> Taken:
    """Unpack what is published of some series and missing among their runs.

    A run of another recipe hash than that of today is left out, so that it is trained anew where
    it is asked for; data and sets are checked when a run is read, as those of any finished run.

    Parameters
    ----------
    source:
        The published folder.
    series:
        Those that are made.
    out:
        Where their runs are kept.
    budgets:
        By recipe, what a processor trains of it: a line says which of both was published.
    """
    runs, left = 0, []
    for one in series:
        taken, others = _take(source, one)
        runs += taken
        left += [
            f"{one.recipe} on {one.protocol}: {count} published run{'s' * (count > 1)} left out, "
            + _why(one, other, budgets.get(one.recipe))
            for other, count in sorted(others.items())
        ]
        _take_speed(source, one, out)
    return Taken(runs, tuple(left))


def _take(source: Path, series: Series) -> tuple[int, Counter[str]]:
    """Unpack a series; gives how many runs were taken, and by other recipe hash those that are."""
    place = folder_of(source, series.recipe) / series.protocol
    taken, others = 0, Counter[str]()
    for fold, seed, path in packing.held(place):
        run = series.fold_folder(fold, seed)
        if fold not in series.folds or (run / OUTCOME).is_file():
            continue
        found = packing.read(path)
        if found.recipe_hash == series.recipe_hash:
            packing.unpack(found, run)
            taken += 1
        else:
            others[found.recipe_hash] += 1
    return taken, others


def _take_speed(source: Path, series: Series, out: Path) -> None:
    published, own = (folder_of(place, series.recipe) / SPEED for place in (source, out))
    if published.is_file() and not own.is_file():
        write_whole(own, published.read_bytes())


def _why(series: Series, other: str, budget: Budget | None) -> str:
    """Say how the recipe of published runs differs from that of today."""
    whole = recipes.load(series.recipe)
    if other == whole.hash:
        return "they are whole, now there is a budget; add --whole to take them"
    small = planned(whole, budget)
    if other == small.hash:
        return f"they are at a budget ({words.limits(limits(whole, small) or {})}), now whole"
    return f"they are of another recipe hash ({other}, now {series.recipe_hash})"


def seeds_beyond(series: Series) -> tuple[int, ...]:
    """Give the seeds that were not asked for and of which every fold is finished here."""
    found: Counter[int] = Counter()
    for run in (path.parent for path in series.folder.glob(f"fold-*-seed-*/{OUTCOME}")):
        fold, seed = (int(number) for number in run.name.split("-")[1::2])
        if fold in series.folds and recipe_hash(run) == series.recipe_hash:
            found[seed] += 1
    return tuple(
        seed
        for seed in sorted(found)
        if seed not in series.seeds and found[seed] == len(series.folds)
    )
