"""Mean and spread of features, clip by clip, to be pooled over any clips afterwards."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sertain.lab.training.coding import moments_of

Rows = NDArray[np.float64]


@dataclass(frozen=True)
class Moments:
    """Of each clip its frames (n,), and mean and variance of each row over them (n, rows)."""

    frames: NDArray[np.float64]
    means: NDArray[np.floating]
    variances: NDArray[np.floating]

    def some(self, numbers: NDArray[np.int64]) -> Moments:
        """Give those of some clips."""
        return Moments(self.frames[numbers], self.means[numbers], self.variances[numbers])

    def pooled(self, weights: NDArray[np.float64] | None = None) -> tuple[Rows, Rows]:
        """Give mean and deviation (rows,) of all frames of all clips.

        A clip's frames weigh 1 each, or what ``weights`` (n,) gives it.
        """
        each = self.frames if weights is None else self.frames * weights
        each = each / each.sum()
        mean = each @ self.means
        apart = self.variances + (self.means - mean) ** 2
        return mean, np.sqrt(each @ apart)


def moments(features: Iterable[NDArray[np.float32]]) -> Moments:
    """Look through features, (rows, frames) each, once."""
    frames, means, variances = [], [], []
    for own in features:
        mean, variance = moments_of(own)
        frames.append(own.shape[1])
        means.append(mean)
        variances.append(variance)
    return Moments(np.array(frames, dtype=np.float64), np.array(means), np.array(variances))
