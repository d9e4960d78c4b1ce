"""Dropout of large tensors: eight numbers are decided by each one that is drawn."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor, nn

_STEPS: Final = 256
_WORD: Final = 8
"""Bytes of a number that is drawn."""


class Dropout(nn.Module):
    """Leaves out a share of all numbers in training and scales the others up (Srivastava 2014).

    It does what ``torch.nn.Dropout`` does, with a share in steps of 1/256: a byte decides, not a
    number of its own, which torch draws one by one on processors that are not Intel's.
    """

    def __init__(self, share: float) -> None:
        """``share`` in 0…1, taken to the nearest 1/256."""
        super().__init__()
        self.left_out = round(share * _STEPS)

    def forward(self, x: Tensor) -> Tensor:
        """Give ``x``, of any shape, with some of its numbers 0."""
        if not self.training or self.left_out == 0:
            return x
        words = torch.empty(-(-x.numel() // _WORD), dtype=torch.int64, device=x.device)
        words.random_(-(2**63), None)
        kept = words.view(torch.uint8)[: x.numel()].view(x.shape) >= self.left_out
        return torch.where(kept, x, 0.0) * (_STEPS / (_STEPS - self.left_out))
