"""Losses: over the labels that a clip's own corpus has, and against what teachers answer."""

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


def divergence_from_teachers(logits: Tensor, answers: Tensor, temperature: float) -> Tensor:
    """Give T² · KL(teachers ‖ student) (batch,), both sides at temperature T.

    T² keeps the gradient as large as that of the labels whatever T is (Hinton et al. 2015).
    ``answers`` (batch, labels) are the teachers' log probabilities at T, -inf for a label that they
    do not have; the student answers among the others, too.  Those that the clip's own corpus
    lacks take part: they are masked in the labels' loss since the absence of a label says nothing
    against it, but a teacher that learnt them from other corpora has something to say of them, and
    says it with a probability.
    """
    known = torch.isfinite(answers)
    own = masked_log_softmax(logits.float() / temperature, known)
    apart = torch.where(known, answers - own, 0.0)
    return temperature**2 * (answers.exp() * apart).sum(1)
