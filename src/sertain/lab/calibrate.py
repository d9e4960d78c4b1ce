"""What the held-out speakers of a run teach: how sure an answer may be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sertain.corpora.clip import Clip
from sertain.lab.evaluation import calibration, metrics
from sertain.lab.evaluation.knowing import ask_to_calibrate
from sertain.lab.terms import COVERAGE
from sertain.lab.training import Fit
from sertain.lab.training.data import label_mask

USUAL: Final = 0.95
"""Share of the held-out speakers' clips that are not called unfamiliar."""


@dataclass(frozen=True)
class Calibration:
    """What held-out speakers taught: a temperature, thresholds and what they then measure.

    A label of at least ``set_threshold`` belongs to a prediction set.  ``by_corpus`` gives (clips,
    UAR, ECE) of the held-out speakers of each corpus.  A network that may be told of a voice has
    all of it once more for that, as ``knowing``, learnt with references of every kind that users
    may give.  Above ``unfamiliar_above`` lies the strangeness of one in twenty of their clips, if
    the network tells it.
    """

    temperature: float
    uncertain_below: float
    set_threshold: float
    by_corpus: dict[str, tuple[int, float, float]]
    knowing: Calibration | None = None
    unfamiliar_above: float | None = None

    @property
    def knowing_temperature(self) -> float | None:
        """The temperature where a voice is known."""
        return None if self.knowing is None else self.knowing.temperature


def calibrate(fit: Fit, validation: Sequence[Clip]) -> Calibration:
    """Learn the temperature and the thresholds of uncertainty and of sets on held-out speakers.

    Every corpus counts alike, whatever its number of clips.
    """
    found = _learnt(fit, validation, fit.logits(validation))
    if (strange := fit.strangeness(validation)) is not None:
        usual = np.quantile(
            strange,
            USUAL,
            weights=calibration.alike([clip.corpus for clip in validation]),
            method="inverted_cdf",
        )
        found = replace(found, unfamiliar_above=float(usual))
    if not fit.knows_voices:
        return found
    told = list(ask_to_calibrate(fit, validation).values())
    return replace(found, knowing=_learnt(fit, [*validation] * len(told), np.concatenate(told)))


def _learnt(fit: Fit, clips: Sequence[Clip], logits: NDArray[np.float32]) -> Calibration:
    targets, mask = label_mask(clips, fit.labels)
    names = np.array([clip.corpus for clip in clips])
    weights = calibration.alike(names.tolist())
    temperature = calibration.temperature(logits, targets, mask, weights)
    probabilities = calibration.probabilities(logits, mask, temperature)
    confidence, answers = probabilities.max(1), probabilities.argmax(1)
    threshold = calibration.uncertain_below(confidence, answers == targets, weights)
    # A bundle answers over all its labels, whatever a clip's corpus has: so must its sets be.
    printed = calibration.probabilities(logits, np.ones_like(mask), temperature)
    set_threshold = calibration.conformal_threshold(printed, targets, COVERAGE, weights)
    return Calibration(
        temperature, threshold, set_threshold, _by_corpus(names, targets, probabilities)
    )


def _by_corpus(
    names: NDArray[np.str_], targets: NDArray[np.int64], probabilities: NDArray[np.float64]
) -> dict[str, tuple[int, float, float]]:
    found = {}
    for name in np.unique(names):
        own = names == name
        scores = metrics.score(targets[own], probabilities[own])
        found[str(name)] = int(own.sum()), scores.uar, scores.ece
    return found
