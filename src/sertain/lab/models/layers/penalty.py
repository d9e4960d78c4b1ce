"""A penalty on weights that trains with any loss."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor


class _WithPenalty(torch.autograd.Function):
    """Passes logits through; in the backward pass the penalty is a summand of the loss."""

    @staticmethod
    def forward(_ctx: Any, logits: Tensor, penalty: Tensor) -> Tensor:  # noqa: ARG004
        return logits.view_as(logits)

    @staticmethod
    def backward(_ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor]:
        return gradient, gradient.new_ones(())


def with_l2(logits: Tensor, weights: Iterable[Tensor], factor: float) -> Tensor:
    """Give the logits; whatever loss they go into, ``factor`` · Σ w² is added to it.

    The value of the loss that is shown leaves the penalty out, its gradient holds it.  So the L2
    regularisation of Keras, which is a part of the loss and not a decay of the weights, needs no
    place in the training loop.  The loss must not be scaled.
    """
    penalty = torch.stack([weight.float().square().sum() for weight in weights]).sum()
    result: Tensor = _WithPenalty.apply(logits, factor * penalty)  # type: ignore[no-untyped-call]
    return result
