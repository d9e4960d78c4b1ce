"""How often prediction sets hold the true emotion: on the held-out answers of luna5 and of loco.

On luna5 the sets of each fold are made with a threshold learnt on the answers to the actors of the
other folds, so no actor teaches the sets that are counted for him.  On loco, corpora that no
training heard, the threshold is that of all of luna5: what a bundle brings along.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.measure import PROJECT, RESULTS
from sertain.lab.evaluation.calibration import conformal_threshold
from sertain.lab.evaluation.pages import table

PREDICTIONS = PROJECT / "results" / "default" / "luna5" / "predictions.csv.gz"
STRANGE = PROJECT / "results" / "default" / "loco" / "predictions.csv.gz"
STATED = 0.9
COVERAGES = (0.8, 0.9, 0.95)
DRAWS = 2000

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Measured:
    """Sets by one method: share that holds the truth (interval over speakers, lowest one), size.

    ``single`` is the share of sets with one label, ``right`` the share of these that are right.
    """

    method: str
    coverage: float
    held: float
    low: float
    high: float
    lowest_speaker: float
    size: float
    single: float
    right: float


@dataclass(frozen=True)
class Answers:
    """Every clip's probabilities (n, labels), label, fold, speaker and corpus."""

    labels: tuple[str, ...]
    probabilities: Floats
    targets: Ints
    folds: Ints
    speakers: NDArray[np.str_]
    corpora: NDArray[np.str_]

    def of(self, corpus: str) -> Answers:
        """Give those of one corpus, over the labels that were asked there."""
        own = self.corpora == corpus
        asked = self.probabilities[own].any(axis=0)
        index = np.cumsum(asked) - 1
        return Answers(
            tuple(label for label, kept in zip(self.labels, asked, strict=True) if kept),
            self.probabilities[own][:, asked],
            index[self.targets[own]],
            self.folds[own],
            self.speakers[own],
            self.corpora[own],
        )


def read(path: Path) -> Answers:
    """Read answers as an evaluation wrote them; a label that was not asked has no probability."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    labels = tuple(column[2:] for column in rows[0] if column.startswith("p_"))
    return Answers(
        labels,
        np.array([[float(row[f"p_{label}"] or 0) for label in labels] for row in rows]),
        np.array([labels.index(row["label"]) for row in rows]),
        np.array([int(row["fold"]) for row in rows]),
        np.array([row["speaker"] for row in rows]),
        np.array([row["corpus"] for row in rows]),
    )


def main() -> None:
    """Measure, and write ``results/benchmarks/sets.json`` and ``.md``."""
    known, strange = read(PREDICTIONS), read(STRANGE)
    found = [
        measured(method, score, known, coverage)
        for method, score in (("LAC", _lac), ("APS", _aps))
        for coverage in COVERAGES
    ]
    least = conformal_threshold(known.probabilities, known.targets, STATED)
    away = {
        corpus: counted(
            "LAC", STATED, strange.of(corpus), strange.of(corpus).probabilities >= least
        )
        for corpus in sorted(set(strange.corpora.tolist()))
    }
    page = [
        "# Prediction sets",
        "## On unseen actors",
        f"{len(known.targets):,} held-out answers of luna5 ({len(known.labels)} emotions), the "
        "threshold of each fold learnt on the actors of the other folds. In brackets the 95 % "
        "interval over actors.",
        table([["method", *_HEAD], *([one.method, *_cells(one)] for one in found)]),
        "## On corpora that no training heard",
        f"The answers of loco, each clip by itself, with the threshold of all of luna5 for "
        f"{STATED:.0%}, over the labels that a corpus shares with those that train. **The stated "
        "share is promised for speakers like those that calibrated, and for no others.** In "
        "brackets the 95 % interval over speakers, of few where a corpus has few.",
        table([["corpus", *_HEAD], *([corpus, *_cells(one)] for corpus, one in away.items())]),
        "Written by `benchmarks/sets.py` from `results/default/luna5/predictions.csv.gz` and "
        "`results/default/loco/predictions.csv.gz`.",
    ]
    (RESULTS / "sets.md").write_text("\n\n".join(page) + "\n", encoding="utf-8")
    values = {
        "luna5": [asdict(one) for one in found],
        "loco": {corpus: asdict(one) for corpus, one in away.items()},
    }
    (RESULTS / "sets.json").write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
    print("\n\n".join(page))


_HEAD = ["stated", "held", "lowest speaker", "labels a set", "single", "of these right"]


def _cells(one: Measured) -> list[str]:
    return [
        f"{one.coverage:.0%}",
        f"{one.held:.1%} [{one.low:.1%}, {one.high:.1%}]",
        f"{one.lowest_speaker:.1%}",
        f"{one.size:.2f}",
        f"{one.single:.1%}",
        f"{one.right:.1%}",
    ]


def measured(
    method: str, score: Callable[[Floats], Floats], known: Answers, coverage: float
) -> Measured:
    """Make the sets of every fold and count them; ``score`` is high for labels that belong."""
    belongs = score(known.probabilities)
    sets = np.zeros(belongs.shape, np.bool_)
    for fold in np.unique(known.folds):
        own = known.folds == fold
        least = conformal_threshold(belongs[~own], known.targets[~own], coverage)
        sets[own] = belongs[own] >= least
    return counted(method, coverage, known, sets)


def counted(method: str, coverage: float, known: Answers, sets: NDArray[np.bool_]) -> Measured:
    """Count sets (n, labels); the likeliest label is in each, as in the answers of a model."""
    each = np.arange(len(sets))
    sets = sets.copy()
    sets[each, known.probabilities.argmax(axis=1)] = True
    held = sets[each, known.targets]
    sizes = sets.sum(axis=1)
    names = np.unique(known.speakers)
    rights = np.array([held[known.speakers == name].sum() for name in names])
    counts = np.array([(known.speakers == name).sum() for name in names])
    drawn = np.random.default_rng(0).integers(len(names), size=(DRAWS, len(names)))
    low, high = np.quantile(rights[drawn].sum(1) / counts[drawn].sum(1), [0.025, 0.975])
    return Measured(
        method=method,
        coverage=coverage,
        held=float(held.mean()),
        low=float(low),
        high=float(high),
        lowest_speaker=float((rights / counts).min()),
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
