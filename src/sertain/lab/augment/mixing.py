"""Mixing of clips in a batch."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from pydantic import Field
from torch import Tensor

from sertain.lab.checked import Checked


class Mixup(Checked):
    """Weighted sums of two clips (Zhang et al. 2018, arXiv 1710.09412); ``alpha`` of the Beta."""

    alpha: float = Field(default=0.3, gt=0)


@dataclass(frozen=True)
class Mixed:
    """Features of a mixed batch, the partner of each row and the share of the row itself."""

    features: Tensor
    partner: Tensor
    share: Tensor


def mixup(features: Tensor, config: Mixup, kind: Tensor | None = None) -> Mixed:
    """Mix every row of ``features`` (batch, …) with a random other one.

    With ``kind``, bool (batch,), rows are mixed with rows of their own kind.
    """
    batch = features.shape[0]
    alpha = torch.full((batch,), config.alpha, device=features.device)
    share = torch.distributions.Beta(alpha, alpha).sample()
    share = torch.maximum(share, 1 - share)
    if kind is None:
        partner = torch.randperm(batch, device=features.device)
    else:
        partner = torch.empty(batch, dtype=torch.long, device=features.device)
        for own in (kind, ~kind):
            at = own.nonzero()[:, 0]
            partner[at] = at[torch.randperm(len(at), device=features.device)]
    weight = share.view(-1, *[1] * (features.dim() - 1))
    return Mixed(torch.lerp(features[partner], features, weight), partner, share)
