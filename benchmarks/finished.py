"""The folds of a finished evaluation, each with its network, its clips and what it answered."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import RESULTS
from sertain.corpora.clip import Clip
from sertain.errors import ProtocolError
from sertain.lab.evaluation import folds, gather, metrics, outcome, protocol
from sertain.lab.evaluation.answers import Answers
from sertain.lab.evaluation.environment import hardware, versions
from sertain.lab.evaluation.folds import Sets
from sertain.lab.evaluation.intervals import bootstrap
from sertain.lab.evaluation.metrics import Floats
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


def arguments(about: str | None) -> argparse.ArgumentParser:
    """Give what every benchmark of finished evaluations is called with."""
    given = argparse.ArgumentParser(
        description=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    given.add_argument("folders", type=Path, nargs="+", help="of finished sertain evaluate")
    given.add_argument("--corpora", type=Path, help="the folder of the corpora")
    given.add_argument("--out", type=Path, default=RESULTS, help="where the tables go")
    return given


def write(out: Path, name: str, record: Mapping[str, Any], page: str) -> None:
    """Write a record, with the machine and versions, and its page beside it, and print the page."""
    out.mkdir(parents=True, exist_ok=True)
    whole = {**record, "hardware": hardware(), "versions": versions()}
    text = json.dumps(whole, indent=1, ensure_ascii=False) + "\n"
    outcome.write_whole(out / f"{name}.json", text.encode())
    outcome.write_whole(out / f"{name}.md", page.encode())
    print(page)


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


def joined(answered: Sequence[Answers], across: bool) -> list[list[list[Answers]]]:
    """Give the answers by what is measured together (a corpus, or all folds), then by seed."""
    numbers = sorted({one.fold for one in answered})
    pools = [[number] for number in numbers] if across else [numbers]
    seeds = sorted({one.seed for one in answered})
    ordered = sorted(answered, key=lambda one: one.fold)
    return [
        [[one for one in ordered if one.fold in pool and one.seed == seed] for seed in seeds]
        for pool in pools
    ]


def uar(answered: Sequence[Answers], across: bool) -> tuple[float, Floats]:
    """Give the UAR, the mean of seeds and of corpora, and its draws of the bootstrap."""
    values, draws = [], []
    for by_seed in joined(answered, across):
        first = by_seed[0]
        targets = np.concatenate([one.targets for one in first])
        predicted = [np.concatenate([one.predicted for one in own]) for own in by_seed]
        speakers = [speaker for one in first for speaker in one.speakers]
        labels = [str(label) for label in first[0].labels]
        found = bootstrap(targets, predicted, speakers, labels, draw=first[0].fold)
        draws.append(found.draws["uar"])
        values += [
            float(metrics.uar(metrics.confusion_matrix(targets, own, len(labels))))
            for own in predicted
        ]
    return float(np.mean(values)), np.mean(draws, axis=0)


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
