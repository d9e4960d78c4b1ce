"""How often prediction sets hold the true emotion: measured on the held-out answers of luna5.

The sets of each fold are made with a threshold learnt on the answers to the actors of the other
folds, so no actor teaches the sets that are counted for him.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.measure import PROJECT, RESULTS
from sertain.lab.evaluation.calibration import conformal_threshold
from sertain.lab.evaluation.pages import table

PREDICTIONS = PROJECT / "results" / "default" / "luna5" / "predictions.csv.gz"
COVERAGES = (0.8, 0.9, 0.95)
DRAWS = 2000

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Measured:
    """Sets by one method: share that holds the truth (interval over actors, lowest actor), size.

    ``single`` is the share of sets with one label, ``right`` the share of these that are right.
    """

    method: str
    coverage: float
    held: float
    low: float
    high: float
    lowest_actor: float
    size: float
    single: float
    right: float


def main() -> None:
    """Measure, and write ``results/benchmarks/sets.json`` and ``.md``."""
    with gzip.open(PREDICTIONS, "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    labels = [column[2:] for column in rows[0] if column.startswith("p_")]
    probabilities = np.array([[float(row[f"p_{label}"]) for label in labels] for row in rows])
    targets = np.array([labels.index(row["label"]) for row in rows])
    folds = np.array([int(row["fold"]) for row in rows])
    actors = np.array([row["speaker"] for row in rows])
    found = [
        measured(method, score, probabilities, targets, folds, actors, coverage)
        for method, score in (("LAC", _lac), ("APS", _aps))
        for coverage in COVERAGES
    ]
    head = ["method", "stated", "held", "lowest actor", "labels a set", "single", "of these right"]
    page = [
        "# Prediction sets on unseen actors",
        f"{len(rows):,} held-out answers of luna5 ({len(labels)} emotions), the threshold of each "
        "fold learnt on the actors of the other folds. In brackets the 95 % interval over actors.",
        table(
            [
                head,
                *(
                    [
                        one.method,
                        f"{one.coverage:.0%}",
                        f"{one.held:.1%} [{one.low:.1%}, {one.high:.1%}]",
                        f"{one.lowest_actor:.1%}",
                        f"{one.size:.2f}",
                        f"{one.single:.1%}",
                        f"{one.right:.1%}",
                    ]
                    for one in found
                ),
            ]
        ),
        "Written by `benchmarks/sets.py` from `results/default/luna5/predictions.csv.gz`.",
    ]
    (RESULTS / "sets.md").write_text("\n\n".join(page) + "\n", encoding="utf-8")
    text = json.dumps([asdict(one) for one in found], indent=1) + "\n"
    (RESULTS / "sets.json").write_text(text, encoding="utf-8")
    print("\n\n".join(page))


def measured(
    method: str,
    score: Callable[[Floats], Floats],
    probabilities: Floats,
    targets: Ints,
    folds: Ints,
    actors: NDArray[np.str_],
    coverage: float,
) -> Measured:
    """Make the sets of every fold and count them; ``score`` is high for labels that belong."""
    belongs = score(probabilities)
    sets = np.zeros(probabilities.shape, np.bool_)
    for fold in np.unique(folds):
        own = folds == fold
        least = conformal_threshold(belongs[~own], targets[~own], coverage)
        sets[own] = belongs[own] >= least
    sets[np.arange(len(sets)), probabilities.argmax(axis=1)] = True
    held = sets[np.arange(len(sets)), targets]
    sizes = sets.sum(axis=1)
    names = np.unique(actors)
    rights = np.array([held[actors == name].sum() for name in names])
    counts = np.array([(actors == name).sum() for name in names])
    drawn = np.random.default_rng(0).integers(len(names), size=(DRAWS, len(names)))
    low, high = np.quantile(rights[drawn].sum(1) / counts[drawn].sum(1), [0.025, 0.975])
    return Measured(
        method=method,
        coverage=coverage,
        held=float(held.mean()),
        low=float(low),
        high=float(high),
        lowest_actor=float((rights / counts).min()),
        size=float(sizes.mean()),
        single=float((sizes == 1).mean()),
        right=float(held[sizes == 1].mean()),
    )


def _lac(probabilities: Floats) -> Floats:
    return probabilities


def _aps(probabilities: Floats) -> Floats:
    """One minus the probability of all labels before this one and of this one (Romano 2020)."""
    order = np.argsort(-probabilities, axis=1)
    before = np.cumsum(np.take_along_axis(probabilities, order, axis=1), axis=1)
    left = np.empty_like(probabilities)
    np.put_along_axis(left, order, 1 - before, axis=1)
    return left


if __name__ == "__main__":
    main()
