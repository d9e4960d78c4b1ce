"""Fitting a head: logistic regression that is held back towards the old answers.

The prior's logits are an offset of the regression, so a penalty without end gives the old answers
and none gives the plain regression (a normal prior around the old model: Chelba and Acero 2004,
"Adaptation of Maximum Entropy Capitalizer").  How strongly the clips may pull is chosen by
cross-validation over speakers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import optimize

from sertain.lab.adapt.head import Head, Prior, features
from sertain.lab.adapt.hearing import Floats, Ints, Rows
from sertain.lab.evaluation import calibration, metrics

FOLDS = 5
STRENGTHS = (0.0, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
"""Tried: 0 leaves the old answers as they are."""
CAUTIOUS = 1.0
"""The strength where there is one speaker, and so nobody to choose it by."""


@dataclass(frozen=True)
class Choice:
    """How a head is fitted: the clips' strength, and whether the statistics help."""

    strength: float
    statistics: bool = False


@dataclass(frozen=True, eq=False)
class Lesson:
    """Clips to learn from.

    Attributes
    ----------
    rows: of m clips.
    targets: int (m,), the place of each clip's label.
    groups: int (m,), whose voice it is; a group is never divided.
    prior: how the old answers enter.
    rank: the most directions that the clips may move answers along; ``None``: as many as labels.
    """

    rows: Rows
    targets: Ints
    groups: Ints
    prior: Prior
    rank: int | None = None

    def of(self, chosen: Ints) -> Lesson:
        """The same for some of the clips."""
        return replace(
            self,
            rows=self.rows.of(chosen),
            targets=self.targets[chosen],
            groups=self.groups[chosen],
        )

    @property
    def weights(self) -> Floats:
        """How much each window counts: labels alike, clips of one label alike; sum m."""
        counts = np.bincount(self.targets, minlength=self.prior.labels)
        alike = len(self.targets) / (np.count_nonzero(counts) * np.maximum(counts, 1))
        return np.asarray(alike[self.targets][self.rows.clip] * self.rows.share)


def regression(
    columns: Floats,
    offset: Floats,
    targets: Ints,
    weights: Floats,
    strength: float,
    start: Floats | None = None,
) -> Floats:
    """Minimise Σ weight · −log softmax(offset + columns @ x)[target] + ‖x‖² / (2 strength).

    Parameters
    ----------
    columns: float (n, d).
    offset: float (n, labels).
    targets: int (n,).
    weights: float (n,).
    strength: scikit-learn's C; 0 gives zeros.
    start: float (d, labels) to begin from.

    Returns
    -------
    x: float (d, labels).
    """
    shape = columns.shape[1], offset.shape[1]
    if strength == 0:
        return np.zeros(shape)
    truth = np.eye(shape[1])[targets]

    def loss(flat: Floats) -> tuple[float, Floats]:
        x = flat.reshape(shape)
        logits = offset + columns @ x
        logits = logits - logits.max(axis=1, keepdims=True)
        powers = np.exp(logits)
        sums = powers.sum(axis=1, keepdims=True)
        own = np.log(sums[:, 0]) - (truth * logits).sum(axis=1)
        slope = columns.T @ (weights[:, None] * (powers / sums - truth)) + x / strength
        return float(weights @ own + (x**2).sum() / (2 * strength)), slope.ravel()

    begin = np.zeros(shape) if start is None else start
    done = optimize.minimize(
        loss,
        begin.ravel(),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": 1000, "ftol": 1e-11, "gtol": 1e-5 * max(1.0, weights.sum() / 100)},
    )
    return np.asarray(done.x.reshape(shape))


def heads(lesson: Lesson, strengths: Sequence[float], statistics: bool = False) -> list[Head]:
    """Fit one head for each strength, in their order, which has to be ascending."""
    prior = replace(lesson.prior, caution=_caution(lesson))
    values = features(lesson.rows, statistics)
    weights = lesson.weights
    mean = np.average(values, axis=0, weights=weights)
    deviation = np.sqrt(np.average((values - mean) ** 2, axis=0, weights=weights))
    # A column that never changes here says nothing, and would explode elsewhere.
    constant = deviation < 1e-6 * np.maximum(np.abs(mean), 1e-6)
    # All columns together have the length 1, so that a strength means the same for any bundle.
    scale = np.where(constant, 0.0, 1 / np.where(constant, 1.0, deviation)) / np.sqrt(
        values.shape[1]
    )
    columns, back = _turned((values - mean) * scale)
    columns = np.concatenate([columns, np.ones((len(columns), 1))], axis=1)
    # Labels that nobody spoke here are neither raised nor lowered.
    present = np.unique(lesson.targets)
    targets = np.searchsorted(present, lesson.targets)[lesson.rows.clip]
    offset = prior.logits(lesson.rows.answers)[:, present]
    found: list[Head] = []
    last: Floats | None = None
    for strength in strengths:
        last = regression(columns, offset, targets, weights, strength, last)
        x = last
        if lesson.rank is not None and strength > 0:
            x = _narrowed(columns, offset, targets, weights, strength, last, lesson.rank)
        matrix = np.zeros((values.shape[1], prior.labels))
        shift = np.zeros(prior.labels)
        matrix[:, present] = scale[:, None] * (back @ x[:-1])
        shift[present] = x[-1] - mean @ matrix[:, present]
        found.append(Head(prior, statistics, matrix, shift))
    return found


def _turned(columns: Floats) -> tuple[Floats, Floats]:
    """The same columns in as few as there are rows, and the way back: (n, r), (d, r).

    What a penalised regression finds lies in the space of its rows, so nothing is lost.
    """
    rows, wide = columns.shape
    if wide <= rows:
        return columns, np.eye(wide)
    sizes, turned = np.linalg.eigh(columns @ columns.T)
    kept = sizes > sizes[-1] * 1e-10
    lengths = np.sqrt(sizes[kept])
    return turned[:, kept] * lengths, columns.T @ (turned[:, kept] / lengths)


def _narrowed(
    columns: Floats,
    offset: Floats,
    targets: Ints,
    weights: Floats,
    strength: float,
    x: Floats,
    rank: int,
) -> Floats:
    """Fit again along the ``rank`` directions in which ``x`` moves the answers most."""
    moved = (columns[:, :-1] @ x[:-1]) * np.sqrt(weights)[:, None]
    _, _, across = np.linalg.svd(moved, full_matrices=False)
    directions, _ = np.linalg.qr(x[:-1] @ across[:rank].T)
    few = np.concatenate([columns[:, :-1] @ directions, columns[:, -1:]], axis=1)
    fitted = regression(few, offset, targets, weights, strength)
    return np.concatenate([directions @ fitted[:-1], fitted[-1:]])


def _caution(lesson: Lesson) -> float:
    """How much less sure the old answers should have been on these clips; never surer."""
    places = list(lesson.prior.places)
    own = np.isin(lesson.targets, places)[lesson.rows.clip]
    if len(places) < 2 or not own.any():
        return 1.0
    logits = replace(lesson.prior, caution=1.0).logits(lesson.rows.answers)[own][:, places]
    order = np.full(lesson.prior.labels, -1)
    order[places] = np.arange(len(places))
    targets = order[lesson.targets[lesson.rows.clip[own]]]
    everywhere = np.ones(logits.shape, np.bool_)
    found = calibration.temperature(logits, targets, everywhere, lesson.weights[own])
    return max(1.0, found)


def folds(groups: Ints, most: int = FOLDS) -> Ints:
    """Share groups out over folds of like size: int (m,), the fold of each clip."""
    names, own, counts = np.unique(groups, return_inverse=True, return_counts=True)
    count = min(most, len(names))
    filled = np.zeros(count)
    of_group = np.zeros(len(names), np.int64)
    for group in np.argsort(-counts, kind="stable"):
        of_group[group] = filled.argmin()
        filled[of_group[group]] += counts[group]
    return np.asarray(of_group[own])


def choose(lesson: Lesson) -> Choice:
    """Choose strength and features by the answers to speakers left out in turn.

    The measure is the negative log likelihood at each candidate's own best temperature, labels
    counting alike; of equals the one nearest to the old answers is taken.
    """
    division = folds(lesson.groups)
    if division.max() == 0:
        return Choice(CAUTIOUS)
    kinds = (False, True) if lesson.rows.statistics.shape[1] else (False,)
    shape = len(lesson.rows.clip), lesson.prior.labels
    targets = lesson.targets[lesson.rows.clip]
    weights = lesson.weights
    best, least = Choice(0.0), np.inf
    for statistics in kinds:
        logits = np.zeros((len(STRENGTHS), *shape))
        for fold in range(division.max() + 1):
            train, test = np.flatnonzero(division != fold), np.flatnonzero(division == fold)
            at = division[lesson.rows.clip] == fold
            rows = lesson.rows.of(test)
            for number, head in enumerate(heads(lesson.of(train), STRENGTHS, statistics)):
                logits[number, at] = head.logits(rows)
        everywhere = np.ones(shape, np.bool_)
        for strength, values in zip(STRENGTHS, logits, strict=True):
            warmth = calibration.temperature(values, targets, everywhere, weights)
            answers = calibration.probabilities(values, everywhere, warmth)
            loss = float(np.average(metrics.nll_of_each(targets, answers), weights=weights))
            if loss < least - 1e-6:
                best, least = Choice(strength, statistics), loss
    return best


def fit(lesson: Lesson, choice: Choice | None = None) -> tuple[Head, Choice]:
    """Fit a head on all clips of a lesson, by a given choice or the best."""
    choice = choice or choose(lesson)
    steps = [strength for strength in STRENGTHS if 0 < strength <= choice.strength]
    return heads(lesson, steps or [0.0], choice.statistics)[-1], choice
