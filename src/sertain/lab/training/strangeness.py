"""How far a clip lies from all that was heard in training, and how much less sure that makes.

On corpora that no training heard a network is surer than it is right, the more so the stranger they
sound to it.  The distance is that of Lee et al. 2018 (NeurIPS), nearest mean under one shared
covariance, here a diagonal one, of the features that the network hears, with corpora as classes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from sertain.lab.frontends.normalise import row_moments


class Strangeness(nn.Module):
    """Divides logits by more than 1 where a clip is stranger than those of training usually are.

    ``growth`` is the logarithm of that for each unit of distance beyond the usual one.  What was
    learnt are buffers, so it goes into checkpoints and exported graphs.
    """

    centres: Tensor
    deviation: Tensor
    usual: Tensor

    def __init__(self, corpora: int, rows: int, growth: float) -> None:
        super().__init__()
        self.growth = growth
        self.register_buffer("centres", torch.zeros(corpora, rows))
        self.register_buffer("deviation", torch.ones(rows))
        self.register_buffer("usual", torch.tensor(0.0))

    def forward(self, features: Tensor, mask: Tensor) -> Tensor:
        """Give what divides the logits, (batch,), at least 1.

        ``features`` (batch, rows, frames) are as the front end gives them, ``mask`` (batch,
        frames) is 1 where a frame belongs to its clip.
        """
        return self.of_means(row_moments(features, mask)[:, 0])

    def of_means(self, means: Tensor) -> Tensor:
        """Give the same (batch,) of the features' means over time (batch, rows)."""
        beyond = self.distance(means) - self.usual
        return torch.exp(self.growth * beyond.clamp(min=0))

    def distance(self, means: Tensor) -> Tensor:
        """Give the distance (batch,) of clips, by their means over time (batch, rows).

        The root of the mean square, over rows, of the distance from the mean of the nearest
        corpus, in deviations of clips within a corpus; of a clip of the corpus about 1.
        """
        apart = (means[:, None] - self.centres[None]) / self.deviation
        return apart.square().mean(2).amin(1).sqrt()

    def learn(self, means: NDArray[np.floating], corpora: Sequence[str]) -> None:
        """Take the corpora's centres and the usual distance from training clips.

        ``means`` (n, rows) are those of clips over time, ``corpora`` (n,) names whose they are.
        Every corpus counts alike.  Usual is the mean over corpora of the median distance.

        Raises
        ------
        ValueError
            There are more corpora than the network was made for.
        """
        names = np.array(corpora)
        own = [means[names == name].astype(np.float64) for name in sorted(set(corpora))]
        if len(own) > len(self.centres):
            raise ValueError(f"{len(own)} corpora, made for {len(self.centres)}")
        centres = np.array([rows.mean(0) for rows in own])
        deviation = np.sqrt(np.mean([rows.var(0) for rows in own], axis=0))
        # A place without a corpus repeats the first, so that the nearest stays the nearest.
        places = [*range(len(own)), *[0] * (len(self.centres) - len(own))]
        self.centres.copy_(torch.from_numpy(centres[places]))
        self.deviation.copy_(torch.from_numpy(np.where(deviation > 0, deviation, 1.0)))
        medians = [
            float(self.distance(torch.from_numpy(rows.astype(np.float32))).median()) for rows in own
        ]
        self.usual.fill_(float(np.mean(medians)))
