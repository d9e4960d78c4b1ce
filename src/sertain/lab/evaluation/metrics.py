"""What a set of predictions is worth.

All functions take ``targets`` int (n,), the index of each clip's own label, and ``probabilities``
float (n, labels) whose rows sum to 1 (0 where a label is not scored for a clip).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ECE_BINS = 15


@dataclass(frozen=True)
class Bin:
    """One bin of the reliability curve: mean confidence, share of right answers, clips."""

    confidence: float
    accuracy: float
    clips: int


@dataclass(frozen=True)
class Scores:
    """The measures of one set of predictions; all but ``nll`` in 0…1 (``brier`` in 0…2).

    Attributes
    ----------
    clips: how many were scored.
    uar: unweighted average recall, the mean recall of the classes that occur.
    wa: weighted accuracy, the share of right answers.
    macro_f1, weighted_f1: F1 of the classes that occur, averaged alike or by their clips.
    ece: expected calibration error over 15 bins of equal mass (Nguyen and O'Connor 2015).
    brier: mean squared distance to the one-hot truth, summed over classes (Brier 1950).
    nll: mean negative natural logarithm of the probability of the truth.
    half_error: share of wrong answers among the surer half, the risk at 50 % coverage (El-Yaniv
        and Wiener 2010); beside 1 − ``wa``, that at 100 %.
    recalls: recall of every label, ``None`` where no clip has it.
    confusion: rows are the truth, columns the answers, counts of clips.
    """

    clips: int
    uar: float
    wa: float
    macro_f1: float
    weighted_f1: float
    ece: float
    brier: float
    nll: float
    half_error: float
    recalls: tuple[float | None, ...]
    confusion: tuple[tuple[int, ...], ...]


def score(targets: Ints, probabilities: Floats) -> Scores:
    """Measure a set of predictions."""
    confusion = confusion_matrix(targets, probabilities.argmax(axis=1), probabilities.shape[1])
    recalls = recall(confusion)
    macro_f1, weighted_f1 = f1(confusion)
    return Scores(
        clips=len(targets),
        uar=float(uar(confusion)),
        wa=float(accuracy(confusion)),
        macro_f1=float(macro_f1),
        weighted_f1=float(weighted_f1),
        ece=ece(targets, probabilities),
        brier=float(brier_of_each(targets, probabilities).mean()),
        nll=float(nll_of_each(targets, probabilities).mean()),
        half_error=half_error(targets, probabilities),
        recalls=tuple(None if np.isnan(value) else float(value) for value in recalls),
        confusion=tuple(tuple(int(count) for count in row) for row in confusion),
    )


def confusion_matrix(targets: Ints, predicted: Ints, labels: int) -> Floats:
    """Count clips by truth (rows) and answer (columns): (labels, labels)."""
    cells = np.bincount(targets * labels + predicted, minlength=labels * labels)
    return np.asarray(cells.reshape(labels, labels), dtype=np.float64)


def recall(confusion: Floats) -> Floats:
    """Give each class' recall (…, labels) of confusions (…, labels, labels); NaN if absent."""
    support = confusion.sum(axis=-1)
    right = np.diagonal(confusion, axis1=-2, axis2=-1)
    share = np.full(support.shape, np.nan)
    np.divide(right, support, out=share, where=support > 0)
    return share


def uar(confusion: Floats) -> Floats:
    """Give the mean recall (…) of the classes that occur in confusions (…, labels, labels)."""
    return np.asarray(np.nanmean(recall(confusion), axis=-1), dtype=np.float64)


def accuracy(confusion: Floats) -> Floats:
    """Give the share of right answers (…) of confusions (…, labels, labels)."""
    right = np.trace(confusion, axis1=-2, axis2=-1)
    return np.asarray(right / confusion.sum(axis=(-2, -1)), dtype=np.float64)


def f1(confusion: Floats) -> tuple[Floats, Floats]:
    """Give macro and weighted F1 (…) over the classes that occur."""
    support = confusion.sum(axis=-1)
    right = np.diagonal(confusion, axis1=-2, axis2=-1)
    both = support + confusion.sum(axis=-2)
    each = np.divide(2 * right, both, out=np.zeros(support.shape), where=both > 0)
    present = support > 0
    macro = (each * present).sum(axis=-1) / present.sum(axis=-1)
    weighted = (each * support).sum(axis=-1) / support.sum(axis=-1)
    return np.asarray(macro), np.asarray(weighted)


def reliability(targets: Ints, probabilities: Floats, bins: int = ECE_BINS) -> tuple[Bin, ...]:
    """Sort clips by confidence into bins of equal mass (as equal as their number allows)."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == targets
    parts = np.array_split(np.argsort(confidence, kind="stable"), min(bins, len(targets)))
    return tuple(
        Bin(float(confidence[part].mean()), float(right[part].mean()), len(part)) for part in parts
    )


def ece(targets: Ints, probabilities: Floats) -> float:
    """Give the mean distance of confidence and accuracy over bins of equal mass."""
    curve = reliability(targets, probabilities)
    return sum(abs(b.confidence - b.accuracy) * b.clips for b in curve) / len(targets)


def half_error(targets: Ints, probabilities: Floats) -> float:
    """Give the share of wrong answers among the surer half, at least one answer."""
    surest = np.argsort(-probabilities.max(axis=1), kind="stable")[: max(1, len(targets) // 2)]
    return float((probabilities[surest].argmax(axis=1) != targets[surest]).mean())


def brier_of_each(targets: Ints, probabilities: Floats) -> Floats:
    """Give each clip's squared distance to the one-hot truth, float (n,) in 0…2."""
    truth = np.eye(probabilities.shape[1])[targets]
    return np.asarray(((probabilities - truth) ** 2).sum(axis=1))


def nll_of_each(targets: Ints, probabilities: Floats) -> Floats:
    """Give each clip's negative log probability of the truth in nats, float (n,)."""
    chosen = probabilities[np.arange(len(targets)), targets]
    return np.asarray(-np.log(np.maximum(chosen, np.finfo(np.float64).tiny)))


def uar_by_speaker(
    targets: Ints, probabilities: Floats, speakers: Sequence[str]
) -> dict[str, float]:
    """Give every speaker's UAR over the classes that the speaker has."""
    predicted = probabilities.argmax(axis=1)
    own = np.asarray(speakers)
    labels = probabilities.shape[1]
    return {
        speaker: float(uar(confusion_matrix(targets[at], predicted[at], labels)))
        for speaker in sorted(set(speakers))
        for at in [own == speaker]
    }
