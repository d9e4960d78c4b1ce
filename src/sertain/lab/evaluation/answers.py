"""From logits to the scored answers of a fold: calibrated, over the labels that count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sertain.corpora.clip import Clip
from sertain.lab.evaluation import calibration, metrics
from sertain.lab.evaluation.calibration import Mask
from sertain.lab.evaluation.folds import Sets
from sertain.lab.evaluation.metrics import Floats, Ints
from sertain.lab.evaluation.outcome import Outcome
from sertain.lab.evaluation.protocol import Protocol
from sertain.lab.training.data import label_mask
from sertain.labels import Emotion


@dataclass(frozen=True)
class Answers:
    """The scored answers of one fold and seed.

    Attributes
    ----------
    labels: the labels that are scored, the columns of all that follows.
    clips: the test clips, in the rows' order.
    targets: int (n,), the index of each clip's label.
    probabilities: float (n, labels), calibrated; 0 where the mask is false.
    uncalibrated: the same at temperature 1.
    mask: bool (n, labels), the labels that a clip's corpus and channel have; in a report's own
        protocol all of them.
    temperature, uncertain_below: chosen on validation clips.
    calibrated_on: which and how many clips, in words.
    validation_uar: on these clips, the mean over their corpora; what may choose between recipes.
    """

    fold: int
    seed: int
    labels: tuple[Emotion, ...]
    clips: tuple[Clip, ...]
    targets: Ints
    probabilities: Floats
    uncalibrated: Floats
    mask: Mask
    temperature: float
    uncertain_below: float
    calibrated_on: str
    validation_uar: float

    @property
    def confidence(self) -> Floats:
        """The probability of each answer, float (n,)."""
        return np.asarray(self.probabilities.max(axis=1))

    @property
    def predicted(self) -> Ints:
        """The index of each answer, int (n,)."""
        return np.asarray(self.probabilities.argmax(axis=1))

    @property
    def speakers(self) -> list[str]:
        """The speaker of each clip."""
        return [clip.speaker for clip in self.clips]


def answer(protocol: Protocol, sets: Sets, clips: Sequence[Clip], outcome: Outcome) -> Answers:
    """Calibrate a fold on its validation clips and give its scored test answers.

    Temperature and threshold come from validation clips of the tested corpus; where it has none
    (a corpus that is left out), from all of them, every corpus counting alike.

    Parameters
    ----------
    protocol, sets, outcome:
        The fold and what its training answered.
    clips:
        All clips of the evaluation: they tell which labels a corpus and channel has.
    """
    columns = tuple(Emotion(label) for label in outcome.labels)
    known = [clip for clip in clips if clip.emotion in columns]
    targets, masks = label_mask(known, columns)
    if protocol.closed:
        masks = np.ones_like(masks)
    row = {clip.key: number for number, clip in enumerate(known)}
    by_key = {clip.key: clip for clip in known}
    scored = protocol.labels or tuple(
        label for label in Emotion if label in {clip.emotion for clip in sets.test}
    )

    heard = [by_key[key] for key in outcome.validation]
    used = _calibrating(heard, {clip.corpus for clip in sets.test})
    at = [row[heard[number].key] for number in used]
    own, own_mask = targets[at], masks[at]
    weights = calibration.alike([heard[number].corpus for number in used])
    logits = outcome.validation_logits[used]
    temperature = calibration.temperature(logits, own, own_mask, weights)
    sure = calibration.probabilities(logits, own_mask, temperature)
    right = sure.argmax(axis=1) == own
    threshold = calibration.uncertain_below(sure.max(axis=1), right, weights)

    at = [row[key] for key in outcome.test]
    mask = masks[at]
    take = [columns.index(label) for label in scored]
    place = np.full(len(columns), -1)
    place[take] = np.arange(len(take))
    return Answers(
        fold=sets.fold,
        seed=outcome.identity.seed,
        labels=tuple(scored),
        clips=tuple(by_key[key] for key in outcome.test),
        targets=place[targets[at]],
        probabilities=calibration.probabilities(outcome.test_logits, mask, temperature)[:, take],
        uncalibrated=calibration.probabilities(outcome.test_logits, mask)[:, take],
        mask=mask[:, take],
        temperature=temperature,
        uncertain_below=threshold,
        calibrated_on=_words([heard[number] for number in used]),
        validation_uar=_uar([heard[number].corpus for number in used], own, sure),
    )


def _calibrating(heard: Sequence[Clip], tested: set[str]) -> list[int]:
    """Choose the validation clips that calibrate, by their rows."""
    own = [number for number, clip in enumerate(heard) if clip.corpus in tested]
    return own or list(range(len(heard)))


def _uar(corpora: Sequence[str], targets: Ints, probabilities: Floats) -> float:
    """Give the mean of the corpora's UAR."""
    names = np.array(corpora)
    each = [
        metrics.score(targets[at], probabilities[at]).uar
        for name in np.unique(names)
        for at in [names == name]
    ]
    return float(np.mean(each))


def _words(clips: Sequence[Clip]) -> str:
    sizes = Counter(clip.corpus for clip in clips)
    return ", ".join(f"{count} clips of {corpus}" for corpus, count in sorted(sizes.items()))
