"""Standardisation of features: whose mean and deviation, and how they are found."""

from __future__ import annotations

from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from sertain.lab.frontends.normalise import standardise
from sertain.lab.training.moments import Moments

LEAST_SHARE: Final = 0.01
"""A row of a reference deviates at least by this share of what it does in training."""
_CONSTANT = 1e-9
"""A row whose deviation is this part of its mean is constant, to rounding."""


class Standard(nn.Module):
    """Standardises by the clip, by the rows of the training clips, by the voice, or not at all.

    ``kind`` is ``normalise`` of a recipe, ``prior_s`` the seconds that the training clips count for
    beside a reference.  What was learnt of the rows are buffers, so it goes into checkpoints and
    exported graphs.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, kind: str, rows: int, prior_s: float = 20.0) -> None:
        super().__init__()
        self.kind = kind
        self.prior_s = prior_s
        if kind in ("columns", "voice"):
            self.register_buffer("mean", torch.zeros(rows))
            self.register_buffer("deviation", torch.ones(rows))

    def forward(
        self,
        features: Tensor,
        mask: Tensor,
        reference: Tensor | None = None,
        reference_s: Tensor | None = None,
    ) -> Tensor:
        """Give features (batch, rows, frames) standardised, 0 outside the mask (batch, frames).

        ``reference`` (batch or 1, 2, rows) gives mean and deviation of voices, ``reference_s``
        (batch or 1,) of how many seconds of them; 0 for a voice that is not known.  Only ``voice``
        looks at them.
        """
        if self.kind == "clip":
            return standardise(features, mask)
        if self.kind == "columns":
            features = (features - self.mean[:, None]) / self.deviation[:, None]
        if self.kind == "voice":
            mean, deviation = self.of_voice(reference, reference_s)
            features = (features - mean[:, :, None]) / deviation[:, :, None]
        return features * mask[:, None]

    def of_voice(
        self, reference: Tensor | None, reference_s: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Give the mean and deviation (batch or 1, rows) that are believed of voices.

        Of a reference of s seconds s / (s + ``prior_s``), and of the training clips the rest.
        """
        mean, deviation = self.mean[None], self.deviation[None]
        if reference is None or reference_s is None:
            return mean, deviation
        share = (reference_s / (reference_s + self.prior_s))[:, None]
        own = torch.maximum(reference[:, 1], LEAST_SHARE * deviation)
        return (
            share * reference[:, 0] + (1 - share) * mean,
            share * own + (1 - share) * deviation,
        )

    def learn(self, moments: Moments, weights: NDArray[np.float64] | None = None) -> None:
        """Take mean and deviation of each row over all frames of the training clips.

        Without ``weights`` (n,) as scikit-learn's ``StandardScaler`` on the frames: a constant row
        has the deviation 1.  With them a clip's frames weigh as often as it is drawn.
        """
        mean, deviation = moments.pooled(weights)
        constant = deviation <= np.maximum(_CONSTANT * np.abs(mean), np.finfo(np.float32).tiny)
        self.mean.copy_(torch.from_numpy(mean))
        self.deviation.copy_(torch.from_numpy(np.where(constant, 1.0, deviation)))
