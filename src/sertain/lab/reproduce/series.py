"""A recipe under a protocol: which runs that is, where they lie, and the jobs that make them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sertain.lab.reproduce.rows import Budget, Quick
from sertain.lab.reproduce.setting import Places

Key = tuple[str, str]
"""A recipe and a protocol."""

Run = tuple[int, int]
"""A run of a series: its fold and its seed."""

SPEED: Final = "speed.json"
"""Lies in the folder of a recipe: how fast its bundle answers."""


@dataclass(frozen=True)
class Series:
    """All runs of a recipe under a protocol: folds by seeds.

    Attributes
    ----------
    recipe, protocol: by name.
    names: the folds of the protocol in words; ``folds`` are the numbers of those that are run.
    seeds: those asked for, and those that are finished beyond them.
    absent: corpora that the protocol would test and that are not at hand.
    folder: where the runs are kept; ``record`` is the small file of their figures.
    seconds: what a run is thought to take.
    recipe_hash: of the recipe as it is trained.
    limits: what of it is trained at its budget, in the words of JSON, or ``None`` for all.
    asked: how many seeds were asked for; ``None`` for as many as there are.
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
    asked: int | None = None

    @property
    def key(self) -> Key:
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
    def runs(self) -> list[Run]:
        """Fold and seed of each of its runs."""
        return [(fold, seed) for fold in self.folds for seed in self.seeds]

    @property
    def run_folders(self) -> list[Path]:
        """Where each of its runs is kept."""
        return [self.fold_folder(fold, seed) for fold, seed in self.runs]

    def whole_seeds(self, runs: Iterable[Run]) -> tuple[int, ...]:
        """Give the seeds of which every fold is among some runs."""
        found = set(runs)
        return tuple(s for s in self.seeds if all((fold, s) in found for fold in self.folds))

    def jobs(self, places: Places, *, trains: bool) -> list[dict[str, Any]]:
        """Give a job for each run, seed by seed, so that one is whole before the next begins."""
        return [
            {
                **self._shared(places),
                "kind": "run",
                "trains": trains,
                "fold": fold,
                "seed": seed,
                "log": str(self.fold_folder(fold, seed) / "log.txt"),
            }
            for seed in self.seeds
            for fold in self.folds
        ]

    def figures_job(self, places: Places, seeds: tuple[int, ...]) -> dict[str, Any]:
        """Give the job that adds up the runs of some seeds, which have to be whole."""
        return {
            **self._shared(places),
            "kind": "figures",
            "folds": self.folds,
            "seeds": seeds,
            "record": str(self.record),
            "log": str(self.folder / "log.txt"),
        }

    def _shared(self, places: Places) -> dict[str, Any]:
        return {
            "recipe": self.recipe,
            "protocol": self.protocol,
            "folder": str(self.folder),
            "places": places.plain(),
            "recipe_hash": self.recipe_hash,
            "quick": None if self.quick is None else self.quick.model_dump(),
            "budget": None if self.budget is None else self.budget.model_dump(),
        }


def folder_of(out: Path, recipe: str) -> Path:
    """Give the folder of a recipe: its name in the package, or that of a file without suffix."""
    path = Path(recipe)
    return out / (path.stem if path.suffix in {".yaml", ".yml"} else recipe)
