"""What the held-out speakers of a run teach: how sure an answer may be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sertain.corpora.clip import Clip
from sertain.lab.evaluation import calibration, metrics
from sertain.lab.training import Fit
from sertain.lab.training.data import label_mask
from sertain.lab.training.voice import Voice, voice_of

COVERAGE = 0.9
"""Prediction sets hold the truth this often, on speakers like the held-out ones."""


@dataclass(frozen=True)
class Calibration:
    """What held-out speakers taught: a temperature, thresholds and what they then measure.

    A label of at least ``set_threshold`` belongs to a prediction set.  ``by_corpus`` gives (clips,
    UAR, ECE) of the held-out speakers of each corpus.  A network that may be told of a voice has a
    temperature of its own for that, learnt with all held-out clips of each voice as its reference,
    and the same figures.
    """

    temperature: float
    uncertain_below: float
    set_threshold: float
    by_corpus: dict[str, tuple[int, float, float]]
    knowing_temperature: float | None = None
    knowing_by_corpus: dict[str, tuple[int, float, float]] | None = None


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
    threshold = calibration.uncertain_below(confidence, answers == targets)
    # A bundle answers over all its labels, whatever a clip's corpus has: so must its sets be.
    printed = calibration.probabilities(logits, np.ones_like(mask), temperature)
    set_threshold = calibration.conformal_threshold(printed, targets, COVERAGE, weights)
    found = Calibration(
        temperature, threshold, set_threshold, _by_corpus(names, targets, probabilities)
    )
    if not fit.knows_voices:
        return found
    logits = fit.logits(validation, whole_voices(fit, validation))
    knowing = calibration.temperature(logits, targets, mask, weights)
    probabilities = calibration.probabilities(logits, mask, knowing)
    return replace(
        found,
        knowing_temperature=knowing,
        knowing_by_corpus=_by_corpus(names, targets, probabilities),
    )


def whole_voices(fit: Fit, clips: Sequence[Clip]) -> list[Voice]:
    """Give for each clip what all clips of its voice among ``clips`` tell of it."""
    names = [voice_of(clip) for clip in clips]
    groups: dict[str, list[int]] = {}
    for number, name in enumerate(names):
        groups.setdefault(name, []).append(number)
    found = dict(zip(groups, fit.voices(clips, list(groups.values())), strict=True))
    return [found[name] for name in names]


def _by_corpus(
    names: NDArray[np.str_], targets: NDArray[np.int64], probabilities: NDArray[np.float64]
) -> dict[str, tuple[int, float, float]]:
    found = {}
    for name in np.unique(names):
        own = names == name
        scores = metrics.score(targets[own], probabilities[own])
        found[str(name)] = int(own.sum()), scores.uar, scores.ece
    return found
