"""Which recipe the runs in a folder are of: whole runs and those at a budget are never mixed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

from sertain.errors import RecipeError, SertainError
from sertain.lab.evaluation.outcome import FILE as OUTCOME
from sertain.lab.recipes import Recipe
from sertain.lab.reproduce import words
from sertain.lab.reproduce.amount import limits, planned
from sertain.lab.reproduce.rows import Budget

_HASH = re.compile(rb'"recipe_hash": "([0-9a-f]+)"')
_BEGINNING = 4096
"""An outcome names its recipe in so many bytes, before its answers."""


def refuse_another(
    folders: Iterable[Path], recipe: Recipe, whole: Recipe, budget: Budget | None
) -> None:
    """Refuse runs, finished or not, that are of other values than ``recipe`` has now.

    Parameters
    ----------
    folders:
        Of the runs.
    recipe:
        As it is trained now.
    whole, budget:
        The recipe itself, and what a processor trains of it: the message says which one was held.

    Raises
    ------
    RecipeError
        A folder holds a run of another recipe.
    """
    small = planned(whole, budget)
    for folder in folders:
        held = _held(folder, recipe)
        if held is None or held == recipe.hash:
            continue
        other = "name another folder with --out, or remove that one"
        if held == whole.hash:
            raise RecipeError(
                f"{folder} holds a whole run, now there is a budget", f"add --whole, or {other}"
            )
        if held == small.hash:
            said = words.limits(limits(whole, small) or {})
            raise RecipeError(f"{folder} holds a run at a budget ({said}), now not", other)
        raise RecipeError(f"{folder} holds another recipe hash ({held}, now {recipe.hash})", other)


def recipe_hash(folder: Path) -> str | None:
    """Give the hash of a finished run's recipe; ``None`` where there is none, or it tells none."""
    if not (folder / OUTCOME).is_file():
        return None
    with (folder / OUTCOME).open("rb") as file:
        found = _HASH.search(file.read(_BEGINNING))
    return found[1].decode() if found else None


def _held(folder: Path, recipe: Recipe) -> str | None:
    """Give the hash of a run's recipe; ``None`` where there is no run, or one that tells none."""
    if (folder / OUTCOME).is_file():
        return recipe_hash(folder)
    claim = folder / "fit" / "run.json"
    if not claim.is_file():
        return None
    try:
        own = Recipe.model_validate(json.loads(claim.read_text("utf-8"))["recipe"])
    except (ValueError, KeyError, TypeError, SertainError):
        return None  # of an older recipe: the run itself refuses it
    # A fold trains only the corpora and labels that it has.
    weights = {"weights": recipe.sampling.weights}
    whole = {
        "corpora": recipe.corpora,
        "labels": recipe.labels,
        "sampling": own.sampling.model_copy(update=weights),
    }
    return own.model_copy(update=whole).hash
