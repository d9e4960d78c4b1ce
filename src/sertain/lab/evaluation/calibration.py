"""From logits to probabilities that can be believed, learnt on held-out speakers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sertain.lab.evaluation.metrics import Floats, Ints

LEAST_TEMPERATURE = 0.05
MOST_TEMPERATURE = 20.0

Logits = NDArray[np.floating]
Mask = NDArray[np.bool_]


def alike(corpora: Sequence[str]) -> Floats:
    """Weigh clips, named by their corpora, so that every corpus counts alike: float64 (n,)."""
    sizes = Counter(corpora)
    return np.array([1 / sizes[corpus] for corpus in corpora])


def probabilities(logits: Logits, mask: Mask, temperature: float = 1.0) -> Floats:
    """Give the softmax over the labels that count: float64 (n, labels), rows sum to 1.

    Parameters
    ----------
    logits:
        float (n, labels).
    mask:
        bool (n, labels), the labels that a clip's corpus has; the others get 0.
    temperature:
        Divides the logits; above 1 makes answers less sure.
    """
    scaled = np.where(mask, logits.astype(np.float64) / temperature, -np.inf)
    scaled -= scaled.max(axis=1, keepdims=True)
    powers = np.exp(scaled)
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def temperature(logits: Logits, targets: Ints, mask: Mask, weights: Floats | None = None) -> float:
    """Find the temperature of least negative log likelihood (Guo et al. 2017).

    The likelihood is convex in the inverse temperature, so its slope, the weighted mean of
    (expected logit − logit of the truth), is bisected.  Between 0.05 and 20.

    Parameters
    ----------
    logits, mask:
        As for :func:`probabilities`, of validation clips.
    targets:
        int (n,), the index of each clip's label.
    weights:
        float (n,), how much each clip counts; alike by default.
    """
    values = np.where(mask, logits.astype(np.float64), 0.0)
    chosen = values[np.arange(len(targets)), targets]

    def slope(log_inverse: float) -> float:
        expected = (probabilities(logits, mask, np.exp(-log_inverse)) * values).sum(axis=1)
        return float(np.average(expected - chosen, weights=weights))

    low, high = -np.log(MOST_TEMPERATURE), -np.log(LEAST_TEMPERATURE)
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if slope(middle) < 0 else (low, middle)
    return float(np.exp(-(low + high) / 2))


def risk_coverage(
    confidence: Floats, right: NDArray[np.bool_], weights: Floats | None = None
) -> tuple[Floats, Floats]:
    """Give coverage and risk (n,) when only the surest 1, 2, … n answers are given.

    Risk is the share of wrong answers among those given (El-Yaniv and Wiener 2010); an answer
    counts 1, or what ``weights`` (n,) gives it.
    """
    order = np.argsort(-confidence, kind="stable")
    each = np.ones(len(order)) if weights is None else weights[order]
    given = np.cumsum(each)
    return given / given[-1], np.cumsum(each * ~right[order]) / given


def uncertain_below(
    confidence: Floats, right: NDArray[np.bool_], weights: Floats | None = None
) -> float:
    """Choose the confidence below which an answer is called uncertain.

    It keeps the most answers of which at most half as many are wrong as of all answers together.
    0 if no answer is wrong; the highest confidence if even the surest answers are too often wrong.
    An answer counts 1, or what ``weights`` (n,) gives it.
    """
    _, risk = risk_coverage(confidence, right, weights)
    ordered = np.sort(confidence)[::-1]
    # Answers of equal confidence stand or fall together: only the last of them may end the list.
    ends = np.append(ordered[1:] < ordered[:-1], True)
    kept = np.flatnonzero(ends & (risk <= risk[-1] / 2))
    if risk[-1] == 0:
        return 0.0
    return float(ordered[kept[-1]] if len(kept) else ordered[0])


def conformal_threshold(
    probabilities: Floats, targets: Ints, coverage: float, weights: Floats | None = None
) -> float:
    """Choose the least probability with which a label belongs to a prediction set.

    Split conformal prediction with the score 1 − p(truth) (LAC: Sadinle, Lei and Wasserman
    2019): of clips exchangeable with these, the true label is in at least ``coverage`` of the
    sets.  Rounding up the rank makes it so for few clips too; 0, the set of all labels, where
    they are too few.

    Parameters
    ----------
    probabilities:
        float (n, labels), of held-out speakers, as the model will give them: over all its labels.
    targets:
        int (n,), the index of each clip's label.
    coverage:
        Between 0 and 1.
    weights:
        float (n,), how much each clip counts; alike by default.
    """
    own = probabilities[np.arange(len(targets)), targets]
    order = np.argsort(-own, kind="stable")
    each = np.ones(len(own)) if weights is None else weights
    share = np.cumsum(each[order]) / each.sum()
    enough = np.flatnonzero(share >= coverage * (len(own) + 1) / len(own) - 1e-9)
    return float(own[order[enough[0]]]) if len(enough) else 0.0
