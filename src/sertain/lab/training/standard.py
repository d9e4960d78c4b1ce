"""Standardisation of features: whose mean and deviation, and how they are found.

Everything that knows how many numbers a reference has stands here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from sertain.corpora.clip import Clip
from sertain.lab.frontends.normalise import standardise

REFERENCE: Final = 2
"""Numbers of a reference: mean and deviation of the features of a speaker."""
NOBODY: Final = np.zeros(REFERENCE, dtype=np.float32)
"""The reference of a clip whose speaker is not known."""
_CONSTANT = 1e-9
"""A row whose deviation is this part of its mean is constant, to rounding."""


class Standard(nn.Module):
    """Standardises by the clip or its speaker, by the rows of the training clips, or not at all.

    ``kind`` is ``normalise`` of a recipe.  What was learnt of the rows are buffers, so it goes into
    checkpoints and exported graphs.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, kind: str, rows: int) -> None:
        super().__init__()
        self.kind = kind
        if kind == "columns":
            self.register_buffer("mean", torch.zeros(rows))
            self.register_buffer("deviation", torch.ones(rows))

    def forward(self, features: Tensor, mask: Tensor, reference: Tensor | None = None) -> Tensor:
        """Give features (batch, rows, frames) standardised, 0 outside the mask (batch, frames).

        ``reference`` (batch, 2) gives mean and deviation of speakers, zeros for nobody.
        """
        if self.kind in ("clip", "speaker"):
            return standardise(features, mask, reference)
        if self.kind == "columns":
            features = (features - self.mean[:, None]) / self.deviation[:, None]
        return features * mask[:, None]

    def learn(self, features: Iterable[NDArray[np.float32]]) -> None:
        """Take mean and deviation of each row over all frames of ``features`` (rows, frames) each.

        As scikit-learn's ``StandardScaler`` on the frames: a constant row has the deviation 1.
        """
        found = moments(features)
        mean, deviation = found.pooled(np.zeros(len(found.frames), dtype=np.int64))
        constant = deviation[0] <= np.maximum(
            _CONSTANT * np.abs(mean[0]), np.finfo(np.float32).tiny
        )
        self.mean.copy_(torch.from_numpy(mean[0]))
        self.deviation.copy_(torch.from_numpy(np.where(constant, 1.0, deviation[0])))


@dataclass(frozen=True)
class Moments:
    """Of each clip its frames (n,), and of each row mean and sum of squares about it (n, rows)."""

    frames: NDArray[np.float64]
    means: NDArray[np.float64]
    squares: NDArray[np.float64]

    def pooled(self, groups: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Give mean and deviation (groups, rows) over all frames of the clips of each group."""
        count = int(groups.max()) + 1
        weights = np.zeros((count, len(groups)))
        weights[groups, np.arange(len(groups))] = self.frames
        total = weights.sum(1, keepdims=True)
        mean = weights @ self.means / total
        apart = self.squares + self.frames[:, None] * (self.means - mean[groups]) ** 2
        return mean, np.sqrt((weights > 0) @ apart / total)


def moments(features: Iterable[NDArray[np.float32]]) -> Moments:
    """Look through features, (rows, frames) each, once."""
    frames, means, squares = [], [], []
    for own in features:
        wide = own.astype(np.float64)
        mean = wide.mean(1)
        frames.append(wide.shape[1])
        means.append(mean)
        squares.append(((wide - mean[:, None]) ** 2).sum(1))
    return Moments(np.array(frames, dtype=np.float64), np.array(means), np.array(squares))


def speaker_references(
    clips: Sequence[Clip], features: Iterable[NDArray[np.float32]]
) -> NDArray[np.float32]:
    """Give each clip the mean and deviation (n, 2) of its speaker's features over all clips here.

    Speech and song of one speaker count apart.  Every frame weighs alike, and so does every row:
    one mean and one deviation, so that the shape of the long-term spectrum stays.
    """
    voices = [f"{clip.speaker} {clip.channel}" for clip in clips]
    _, voice = np.unique(voices, return_inverse=True)
    means, deviations = moments(features).pooled(voice)
    mean = means.mean(1)
    square = (deviations**2 + means**2).mean(1)
    deviation = np.sqrt(np.maximum(square - mean**2, 0.0))
    return np.stack([mean, deviation], axis=1)[voice].astype(np.float32)
