"""Which runs make the table, checked as far as can be before the first one trains."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Final, Literal

from sertain.errors import MissingExtraError, RecipeError, SertainError
from sertain.lab import recipes
from sertain.lab.evaluation import folds, gather
from sertain.lab.evaluation.outcome import FILE as OUTCOME
from sertain.lab.evaluation.outcome import write_whole
from sertain.lab.recipes import Recipe
from sertain.lab.reproduce import taking, words
from sertain.lab.reproduce.amount import limits
from sertain.lab.reproduce.held import refuse_another
from sertain.lab.reproduce.rows import Budget, Rows
from sertain.lab.reproduce.series import Key, Series, folder_of
from sertain.lab.reproduce.setting import Places, Setting, setting
from sertain.lab.training.network import SpeechNetwork

Which = Literal["published", "speaker-independent", "both"]

MARK: Final = "reproduce.json"
"""Says in a folder whether it holds whole or quick runs."""
SEEDS: Final = 3
"""How many seeds a whole table has."""
QUICK_S, FIGURES_S, SPEED_S = 15.0, 5.0, 20.0
"""What a quick run and the other jobs are thought to take, in seconds."""


@dataclass(frozen=True)
class Plan:
    """What is to be done.

    Attributes
    ----------
    rows: the chosen lines of the table.
    series: what is run, each once, however many rows show it.
    empty: by recipe, why it cannot be run here: its weights are out of reach.
    warnings: what is short of the published corpora and what was left of a published folder, a
        line each.
    whole: recipes are trained whole, none at its budget.
    seeds: how many are asked for; ``seeds_said`` where somebody said so.
    trains: whether runs that are not finished are trained; else they are left out.
    taken: how many runs were taken from published folders.
    """

    rows: Rows
    series: tuple[Series, ...]
    out: Path
    places: Places
    which: Which
    seeds: int
    quick: bool
    empty: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    whole: bool = False
    trains: bool = True
    taken: int = 0
    seeds_said: bool = True

    @cached_property
    def by_key(self) -> dict[Key, Series]:
        """The series by recipe and protocol."""
        return {series.key: series for series in self.series}

    @property
    def runs(self) -> int:
        """How many runs there are: folds by seeds by series."""
        return sum(len(series.folds) * len(series.seeds) for series in self.series)

    @property
    def finished(self) -> int:
        """How many of them were finished before."""
        return sum(
            (folder / OUTCOME).is_file() for series in self.series for folder in series.run_folders
        )

    @property
    def budgets(self) -> dict[str, str]:
        """By recipe that is not trained whole, what is trained of it in words."""
        return {one.recipe: words.limits(one.limits) for one in self.series if one.limits}

    def budget(self, recipe: str) -> Budget | None:
        """Give what a recipe is trained for, ``None`` for what it says itself."""
        return _budget(self.rows, recipe, whole=self.whole or self.quick)

    def folder(self, recipe: str) -> Path:
        """Where all runs of a recipe are kept."""
        return folder_of(self.out, recipe)

    def wants(self, column: Literal["published", "speaker-independent"]) -> bool:
        """Whether a column of the table is filled."""
        return self.which in (column, "both")


def plan(
    rows: Rows,
    out: Path,
    *,
    which: Which = "both",
    seeds: int | None = None,
    quick: bool = False,
    whole: bool = False,
    places: Places | None = None,
    sources: Sequence[Path] = (),
    trains: bool = True,
) -> Plan:
    """Check recipes, protocols, corpora, folds, weights and the folder, and take what is published.

    Parameters
    ----------
    rows:
        The chosen ones.
    out:
        Where runs and tables are kept.
    which:
        The protocols to run.
    seeds:
        How many; by default three, with ``quick`` one.
    quick:
        Few epochs of few clips, the first fold alone: to see that all of it works.
    whole:
        Train the heavy recipes whole, too, as where there is a graphics card.
    places:
        Where corpora lie.
    sources:
        Published folders whose runs are taken, where they are missing.
    trains:
        Whether runs that are not finished will be trained.

    Raises
    ------
    SertainError
        The first thing that is missing or does not fit, and which rows want it.
    """
    held = places or Places()
    _check_mark(out, quick)
    for source in sources:
        taking.check(source)
    count = seeds if seeds is not None else (1 if quick else SEEDS)
    empty = _out_of_reach({row.recipe for row in rows.lines})
    found: dict[Key, Series] = {}
    short: dict[str, None] = {}
    faults: dict[Key, SertainError] = {}
    for recipe, protocol, every in shown(rows, which):
        if recipe in empty or (recipe, protocol) in {*found, *faults}:
            continue
        hint = rows.hint(recipe)
        small = hint.quick if quick else None
        budget = _budget(rows, recipe, whole=whole or quick)
        try:
            ready = setting(recipe, protocol, held, small, budget)
            names = _fold_names(ready, protocol, count)
            series = Series(
                recipe,
                protocol,
                names,
                (0,) if quick and not every else tuple(range(len(names))),
                tuple(range(count)),
                tuple(gather.absent(ready.terms, ready.clips)),
                folder_of(out, recipe) / protocol,
                QUICK_S if quick else budget.seconds if budget else hint.seconds,
                ready.recipe.hash,
                small,
                budget,
                limits(recipes.load(recipe), ready.recipe) if budget else None,
                count,
            )
            refuse_another(series.run_folders, ready.recipe, recipes.load(recipe), hint.budget)
        except SertainError as error:
            faults[recipe, protocol] = error
            continue
        if not quick:
            short.update(dict.fromkeys(gather.shortfalls(ready.clips)))
        found[recipe, protocol] = series
    if faults:
        raise _first(rows, faults)
    _mark(out, quick)
    budgets = {recipe: rows.hint(recipe).budget for recipe, _ in found}
    taken = [taking.take(source, found.values(), out, budgets) for source in sources]
    return Plan(
        rows,
        tuple(
            replace(one, seeds=(*one.seeds, *taking.seeds_beyond(one))) for one in found.values()
        ),
        out,
        held,
        which,
        count,
        quick,
        empty,
        (*short, *(line for one in taken for line in one.left)),
        whole,
        trains,
        sum(one.runs for one in taken),
        trains or seeds is not None,
    )


def _budget(rows: Rows, recipe: str, *, whole: bool) -> Budget | None:
    return None if whole else rows.hint(recipe).budget


def shown(rows: Rows, which: Which) -> Iterable[tuple[str, str, bool]]:
    """Give recipe and protocol of all that rows show, and whether all folds are always run."""
    for row in rows.rows:
        if which != "speaker-independent":
            yield row.recipe, row.protocol, False
        if which != "published":
            yield row.recipe, row.unseen, False
    if which != "published":
        yield from ((each.recipe, each.protocol, True) for each in rows.outside)


def _fold_names(ready: Setting, protocol: str, seeds: int) -> tuple[str, ...]:
    """Divide every fold for every seed, as the runs will; gives the folds' names."""
    known = gather.fitting(ready.terms, ready.recipe, ready.clips)
    names = folds.fold_names(protocol, known)
    for fold in range(len(names)):
        for seed in range(seeds):
            folds.sets(protocol, known, fold, seed)
    return names


def _out_of_reach(names: set[str]) -> dict[str, str]:
    """Say of each recipe whose pretrained weights cannot be read why that is so."""
    found = {}
    known: dict[str, str | None] = {}
    for name in sorted(names):
        recipe = recipes.load(name)
        front, model = recipe.frontend.parameters, recipe.model.parameters
        weights = front.get("encoder") or model.get("weights")
        if weights is None:
            continue
        if weights not in known:
            known[weights] = _fault(recipe)
        fault = known[weights]
        if fault is not None:
            found[name] = fault
    return found


def _fault(recipe: Recipe) -> str | None:
    try:
        SpeechNetwork(recipe)
    except (RecipeError, MissingExtraError) as error:
        return str(error)
    return None


def _first(rows: Rows, faults: Mapping[Key, SertainError]) -> SertainError:
    """Name the rows that want the first thing that is missing, and the systems that want none."""
    (recipe, protocol), error = next(iter(faults.items()))
    own = [row.row for row in rows.rows if row.recipe == recipe] or [recipe]
    lacking = {recipe for recipe, _ in faults}
    held_up = {line.system for line in rows.lines if line.recipe in lacking}
    whole = [name for name in dict.fromkeys(row.system for row in rows.rows) if name not in held_up]
    instead = f", or name the systems that do without: {' '.join(whole)}" if whole else ""
    return type(error)(
        f"{', '.join(own)} on {protocol}: {error.fact}", f"{error.remedy or 'mend it'}{instead}"
    )


def _check_mark(out: Path, quick: bool) -> None:
    """Refuse a folder that holds the other kind of runs."""
    path = out / MARK
    if path.is_file() and json.loads(path.read_text("utf-8")) != {"quick": quick}:
        raise RecipeError(
            f"{out} holds {'whole' if quick else 'quick'} runs", "name another folder with --out"
        )


def _mark(out: Path, quick: bool) -> None:
    try:
        write_whole(out / MARK, json.dumps({"quick": quick}).encode())
    except OSError as error:
        raise RecipeError(
            f"cannot write into {out} ({error.strerror})", "name another folder with --out"
        ) from None
