"""The folds of a finished evaluation, each with its network, its clips and what it answered."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sertain.corpora.clip import Clip
from sertain.errors import ProtocolError
from sertain.lab.evaluation import folds, gather, outcome, protocol
from sertain.lab.evaluation.folds import Sets
from sertain.lab.evaluation.outcome import Identity, Outcome
from sertain.lab.evaluation.protocol import Protocol
from sertain.lab.recipes import Recipe
from sertain.labels import Emotion

Gather = Callable[[Recipe, str], Sequence[Clip]]
"""Gives the clips for a recipe and a protocol by its name."""


@dataclass(frozen=True)
class Fold:
    """One fold and seed: its folder, what it answered, the recipe it trained, and its clips."""

    place: Path
    outcome: Outcome
    recipe: Recipe
    sets: Sets


@dataclass(frozen=True)
class Finished:
    """A finished evaluation: its protocol, all clips that it may use, and its folds."""

    terms: Protocol
    known: Sequence[Clip]
    folds: tuple[Fold, ...]


def read(folder: Path, clips: Gather) -> Finished:
    """Read the folds ``fold-<number>-seed-<seed>`` that a folder of ``sertain evaluate`` holds.

    Raises
    ------
    ProtocolError
        The folder holds no finished fold, or the clips at hand are others than it had.
    """
    held = [_read(path) for path in sorted(folder.glob(f"fold-*/{outcome.FILE}"))]
    if not held:
        raise ProtocolError(f"{folder} holds no finished fold", "name one of sertain evaluate")
    recipe = _whole([plan for _, _, plan in held])
    name = held[0][1].identity.protocol
    terms = protocol.load(name)
    known = gather.fitting(terms, recipe, clips(recipe, name))
    known, sources = gather.with_copies(recipe, known)
    return Finished(
        terms,
        known,
        tuple(
            Fold(place, done, plan, _sets(name, known, done, sources, place))
            for place, done, plan in held
        ),
    )


def _read(path: Path) -> tuple[Path, Outcome, Recipe]:
    identity = Identity(**json.loads(path.read_text("utf-8"))["identity"])
    done = outcome.read(path, identity)
    assert done is not None
    claim = json.loads((path.parent / "fit" / "run.json").read_text("utf-8"))
    return path.parent, done, Recipe.model_validate(claim["recipe"])


def _whole(plans: Sequence[Recipe]) -> Recipe:
    """Give the recipe over all corpora and labels that any fold had."""
    corpora = dict.fromkeys(corpus for plan in plans for corpus in plan.corpora)
    had = {label for plan in plans for label in plan.labels}
    labels = tuple(label for label in Emotion if label in had)
    return plans[0].with_corpora(tuple(corpora)).model_copy(update={"labels": labels})


def _sets(
    name: str, known: Sequence[Clip], done: Outcome, sources: Mapping[str, str], place: Path
) -> Sets:
    """Divide the clips as the fold did; others than it had are refused."""
    own = done.identity
    sets = folds.sets(name, known, own.fold, own.seed, sources or None)
    if outcome.sets_hash(sets) != own.sets:
        raise ProtocolError(
            f"{place} was trained and tested on other clips than are at hand",
            "give the corpora, all folds and the table of decisions that it had",
        )
    return sets
