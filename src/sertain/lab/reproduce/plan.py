"""Which runs make the table, checked as far as can be before the first one trains."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Literal

from sertain.errors import MissingExtraError, RecipeError, SertainError
from sertain.lab import recipes
from sertain.lab.evaluation import folds, gather
from sertain.lab.evaluation.outcome import FILE as OUTCOME
from sertain.lab.evaluation.outcome import write_whole
from sertain.lab.recipes import Recipe
from sertain.lab.reproduce import words
from sertain.lab.reproduce.amount import limits
from sertain.lab.reproduce.held import refuse_another
from sertain.lab.reproduce.rows import Budget, Quick, Rows
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
class Series:
    """All runs of a recipe under a protocol: folds by seeds.

    Attributes
    ----------
    recipe, protocol: by name.
    names: the folds of the protocol in words; ``folds`` are the numbers of those that are run.
    absent: corpora that the protocol would test and that are not at hand.
    folder: where the runs are kept; ``record`` is the small file of their figures.
    seconds: what a run is thought to take.
    recipe_hash: of the recipe as it is trained.
    limits: what of it is trained at its budget, in the words of JSON, or ``None`` for all.
    """

    recipe: str
    protocol: str
    names: tuple[str, ...]
    folds: tuple[int, ...]
    seeds: tuple[int, ...]
    absent: tuple[str, ...]
    folder: Path
    seconds: float
    recipe_hash: str
    quick: Quick | None = None
    budget: Budget | None = None
    limits: Mapping[str, Any] | None = None

    @property
    def key(self) -> tuple[str, str]:
        """The recipe and the protocol."""
        return self.recipe, self.protocol

    @property
    def record(self) -> Path:
        """The small file that holds its figures and every clip's answer."""
        return self.folder.with_name(f"{self.folder.name}.json")

    def fold_folder(self, fold: int, seed: int) -> Path:
        """Where one run is kept."""
        return self.folder / f"fold-{fold}-seed-{seed}"

    @property
    def run_folders(self) -> list[Path]:
        """Where each of its runs is kept."""
        return [self.fold_folder(fold, seed) for fold in self.folds for seed in self.seeds]

    def jobs(self, places: Places) -> list[dict[str, Any]]:
        """Give a job for each run: fold by fold, so that every seed goes on at the same pace."""
        return [
            {
                **self._shared(places),
                "kind": "run",
                "fold": fold,
                "seed": seed,
                "log": str(self.fold_folder(fold, seed) / "log.txt"),
            }
            for seed in self.seeds
            for fold in self.folds
        ]

    def figures_job(self, places: Places) -> dict[str, Any]:
        """Give the job that adds the runs up."""
        return {
            **self._shared(places),
            "kind": "figures",
            "folds": self.folds,
            "seeds": self.seeds,
            "record": str(self.record),
            "log": str(self.folder / "log.txt"),
        }

    def _shared(self, places: Places) -> dict[str, Any]:
        return {
            "recipe": self.recipe,
            "protocol": self.protocol,
            "folder": str(self.folder),
            "places": places.plain(),
            "quick": None if self.quick is None else self.quick.model_dump(),
            "budget": None if self.budget is None else self.budget.model_dump(),
        }


@dataclass(frozen=True)
class Plan:
    """What is to be done.

    Attributes
    ----------
    rows: the chosen lines of the table.
    series: what is run, each once, however many rows show it.
    empty: by recipe, why it cannot be run here: its weights are out of reach.
    warnings: what is short of the published corpora, a line each.
    whole: recipes are trained whole, none at its budget.
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

    @cached_property
    def by_key(self) -> dict[tuple[str, str], Series]:
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
) -> Plan:
    """Check recipes, protocols, corpora, folds, weights and the folder.

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

    Raises
    ------
    SertainError
        The first thing that is missing or does not fit, and which rows want it.
    """
    held = places or Places()
    _check_mark(out, quick)
    count = seeds if seeds is not None else (1 if quick else SEEDS)
    empty = _out_of_reach({row.recipe for row in rows.lines})
    found: dict[tuple[str, str], Series] = {}
    short: dict[str, None] = {}
    faults: dict[tuple[str, str], SertainError] = {}
    for recipe, protocol, every in _wanted(rows, which):
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
    return Plan(
        rows, tuple(found.values()), out, held, which, count, quick, empty, tuple(short), whole
    )


def _budget(rows: Rows, recipe: str, *, whole: bool) -> Budget | None:
    return None if whole else rows.hint(recipe).budget


def _wanted(rows: Rows, which: Which) -> Iterable[tuple[str, str, bool]]:
    """Give recipe and protocol of everything shown, and whether all folds are always run."""
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


def _first(rows: Rows, faults: Mapping[tuple[str, str], SertainError]) -> SertainError:
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


def folder_of(out: Path, recipe: str) -> Path:
    """Give the folder of a recipe: its name in the package, or that of a file without suffix."""
    path = Path(recipe)
    return out / (path.stem if path.suffix in {".yaml", ".yml"} else recipe)


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
