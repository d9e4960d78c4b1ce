"""Loss over the labels that a clip's own corpus has."""

from __future__ import annotations

import torch
from torch import Tensor

_NEVER = -1e4


def masked_log_softmax(logits: Tensor, mask: Tensor) -> Tensor:
    """Give log probabilities (batch, labels) over the labels in ``mask`` alone."""
    return torch.log_softmax(logits.float().masked_fill(~mask, _NEVER), dim=1)


def masked_cross_entropy(
    logits: Tensor, targets: Tensor, mask: Tensor, smoothing: float = 0.0
) -> Tensor:
    """Give the cross entropy (batch,) over the labels in ``mask``.

    ``smoothing`` of the probability is spread evenly over these labels (Szegedy et al. 2016).
    """
    log = masked_log_softmax(logits, mask)
    chosen = log.gather(1, targets[:, None])[:, 0]
    even = (log * mask).sum(1) / mask.sum(1)
    return -(1 - smoothing) * chosen - smoothing * even
