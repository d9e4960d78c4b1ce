"""What the held-out speakers of a run teach: how sure an answer may be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sertain.corpora.clip import Clip
from sertain.lab.evaluation import calibration, metrics
from sertain.lab.training import Fit
from sertain.lab.training.data import label_mask

COVERAGE = 0.9
"""Prediction sets hold the truth this often, on speakers like the held-out ones."""


@dataclass(frozen=True)
class Calibration:
    """What held-out speakers taught: a temperature, thresholds and what they then measure.

    A label of at least ``set_threshold`` belongs to a prediction set.  ``by_corpus`` gives (clips,
    UAR, ECE) of the held-out speakers of each corpus.
    """

    temperature: float
    uncertain_below: float
    set_threshold: float
    by_corpus: dict[str, tuple[int, float, float]]


def calibrate(fit: Fit, validation: Sequence[Clip]) -> Calibration:
    """Learn the temperature and the thresholds of uncertainty and of sets on held-out speakers.

    Every corpus counts alike, whatever its number of clips.
    """
    logits = fit.logits(validation)
    targets, mask = label_mask(validation, fit.labels)
    names = np.array([clip.corpus for clip in validation])
    count = Counter(names.tolist())
    weights = np.array([1.0 / count[name] for name in names])
    temperature = calibration.temperature(logits, targets, mask, weights)
    probabilities = calibration.probabilities(logits, mask, temperature)
    confidence, answers = probabilities.max(1), probabilities.argmax(1)
    by_corpus = {}
    for name in sorted(count):
        own = names == name
        scores = metrics.score(targets[own], probabilities[own])
        by_corpus[name] = (
            int(own.sum()),
            scores.uar,
            scores.ece,
        )
    threshold = calibration.uncertain_below(confidence, answers == targets)
    # A bundle answers over all its labels, whatever a clip's corpus has: so must its sets be.
    printed = calibration.probabilities(logits, np.ones_like(mask), temperature)
    set_threshold = calibration.conformal_threshold(printed, targets, COVERAGE, weights)
    return Calibration(temperature, threshold, set_threshold, by_corpus)
