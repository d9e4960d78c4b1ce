"""Answers to clips by a model that heard neither them nor their speaker.

Regularised logistic regression on features that are standardised within each speaker: what differs
between voices and microphones is no emotion, and no label is needed to take it out.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from sertain.corpora.clip import Clip
from sertain.corpora.folder import UNKNOWN_SPEAKER
from sertain.errors import CorpusError
from sertain.lab.doctor.hearing import Heard
from sertain.lab.training.data import label_mask
from sertain.labels import Emotion

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

FOLDS: Final = 5
PENALTY: Final = 0.1
"""Half of this times the squared weights is added to the mean loss; chosen on SAVEE."""

PRIOR_CLIPS: Final = 10
"""A speaker of so many clips is standardised half by these, half by all: few say little."""

_STEPS: Final = 200
_LEAST_VARIANCE: Final = 1e-8


@dataclass(frozen=True)
class Answers:
    """What was answered to each clip out of its fold.

    Attributes
    ----------
    labels: the columns.
    targets: int (n,), the label that each clip has.
    probabilities: float (n, labels); rows sum to 1, over the labels that the clip's corpus has.
    judged: bool (n,); a clip is not judged where nothing taught its label.
    apart: what the folds keep apart: speakers, or clips where fewer than two speakers are named.
    folds: how many.
    """

    labels: tuple[Emotion, ...]
    targets: Ints
    probabilities: Floats
    judged: Bools
    apart: Literal["speakers", "clips"]
    folds: int

    @property
    def uar(self) -> float:
        """Mean recall over the labels of the judged clips: how far to trust the answers."""
        right = self.probabilities.argmax(1) == self.targets
        own = [
            right[self.judged & (self.targets == at)]
            for at in range(len(self.labels))
            if (self.judged & (self.targets == at)).any()
        ]
        return float(np.mean([part.mean() for part in own])) if own else 0.0


def standardised(heard: Heard) -> NDArray[np.float32]:
    """Give the features (n, d), each speaker's brought to mean 0 and deviation 1.

    Speech and song of a speaker count apart.  A speaker of few clips is drawn towards all.
    """
    features = heard.features
    mean, variance = features.mean(0), features.var(0)
    found = np.empty_like(features)
    voices = np.array([f"{clip.speaker} {clip.channel}" for clip in heard.clips])
    for voice in np.unique(voices):
        own = np.flatnonzero(voices == voice)
        share = len(own) / (len(own) + PRIOR_CLIPS)
        part = features[own]
        centre = share * part.mean(0) + (1 - share) * mean
        spread = share * part.var(0) + (1 - share) * variance
        found[own] = (part - centre) / np.sqrt(np.maximum(spread, _LEAST_VARIANCE))
    return found


def answered(heard: Heard, seed: int = 0) -> Answers:
    """Answer every clip by a model that was taught by the other folds.

    Raises
    ------
    CorpusError: there are fewer than two labels, or too few clips to hold any out.
    """
    from sklearn.model_selection import StratifiedGroupKFold  # noqa: PLC0415

    clips = heard.clips
    labels = labels_of(clips)
    if len(labels) < 2:
        raise CorpusError(
            f"the clips have only the label '{labels[0]}'", "name clips of two emotions or more"
        )
    targets, mask = label_mask(clips, labels)
    groups, apart = _groups(heard)
    folds = min(FOLDS, len(np.unique(groups)))
    if folds < 2:
        raise CorpusError(f"{len(clips)} clips are too few to judge one by the others", "add clips")
    features = standardised(heard)
    probabilities = np.zeros((len(clips), len(labels)))
    judged = np.zeros(len(clips), dtype=bool)
    split = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The least populated class")
        parts = list(split.split(features, targets, groups))
    for taught, asked in parts:
        known = np.unique(targets[taught])
        judged[asked] = np.isin(targets[asked], known)
        if len(known) < 2:
            judged[asked] = False
            continue
        own = learnt(features[taught], targets[taught])(features[asked])
        probabilities[np.ix_(asked, known)] = own
    return Answers(labels, targets, over(probabilities, mask), judged, apart, folds)


def learnt(features: NDArray[np.float32], targets: Ints, weights: Floats | None = None) -> Any:
    """Fit logistic regression; gives what maps features to probabilities (n, labels present)."""
    from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    total = len(targets) if weights is None else weights.sum()
    model = LogisticRegression(C=1 / (PENALTY * total), max_iter=_STEPS, tol=1e-3)
    with warnings.catch_warnings():
        # After so many steps what is left to gain is below what a clip more would change.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(features, targets, sample_weight=weights)
    return model.predict_proba


def over(probabilities: Floats, mask: Bools) -> Floats:
    """Bring rows to sum 1 over the labels that count; a row without any becomes even."""
    kept = probabilities * mask
    total = kept.sum(1, keepdims=True)
    even = mask / mask.sum(1, keepdims=True)
    return np.where(total > 0, kept / np.where(total > 0, total, 1), even)


def labels_of(clips: Sequence[Clip]) -> tuple[Emotion, ...]:
    """Give the labels that clips have, in the usual order."""
    had = {clip.emotion for clip in clips}
    return tuple(emotion for emotion in Emotion if emotion in had)


def is_named(clip: Clip) -> bool:
    """Say whether it is known who speaks."""
    return not clip.speaker.endswith(f"/{UNKNOWN_SPEAKER}")


def _groups(heard: Heard) -> tuple[NDArray[np.intp], Literal["speakers", "clips"]]:
    """Number what has to stay in one fold; without speakers, one recording under two names."""
    if len({clip.speaker for clip in heard.clips if is_named(clip)}) >= 2:
        return np.unique([clip.speaker for clip in heard.clips], return_inverse=True)[1], "speakers"
    sounds = [sound or clip.key for clip, sound in zip(heard.clips, heard.prints, strict=True)]
    return np.unique(sounds, return_inverse=True)[1], "clips"
