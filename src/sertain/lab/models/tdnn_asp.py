"""Time-delay layers on an encoder's states, with two ways of pooling side by side.

Dilated convolutions over time are those of x-vectors (Snyder et al. 2018) with shortcuts; the
first pooling is attentive statistics with weights of their own for every channel (Desplanques et
al. 2020, ECAPA-TDNN, arXiv 2005.07143), the second plain statistics of the states themselves.
"""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from sertain.lab.checked import Checked
from sertain.lab.models.layers.dropout import Dropout
from sertain.lab.models.residual_asp import AttentiveStatistics

_LEAST_VARIANCE = 1e-4


class Config(Checked):
    """``blocks`` convolutions of three frames lie 1, 2, 4, … frames apart.

    ``input_dropout`` is the share of the states' numbers that a training step leaves out,
    ``dropout`` that of the pooled numbers.  Without ``statistics`` there is one pooling.
    """

    channels: int = Field(default=256, ge=2)
    blocks: int = Field(default=1, ge=0, le=8)
    attention: int = Field(default=64, ge=2)
    embedding: int = Field(default=192, ge=2)
    statistics: bool = True
    input_dropout: float = Field(default=0.1, ge=0, lt=1)
    dropout: float = Field(default=0.3, ge=0, lt=1)


class Network(nn.Module):
    """Projection, dilated convolutions, pooling twice, embedding, one linear layer."""

    def __init__(self, config: Config, rows: int, labels: int) -> None:
        super().__init__()
        wide = config.channels
        self.input_dropout = Dropout(config.input_dropout)
        # The first place was a dropout's: runs that were kept name their weights by these numbers.
        self.enter = nn.Sequential(
            nn.Identity(), nn.Linear(rows, wide), nn.GELU(), nn.LayerNorm(wide)
        )
        self.delays = nn.ModuleList(
            nn.Conv1d(wide, wide, 3, padding=2**number, dilation=2**number)
            for number in range(config.blocks)
        )
        self.pool = AttentiveStatistics(wide, config.attention)
        self.heard = nn.Sequential(
            nn.LayerNorm(2 * wide),
            nn.Dropout(config.dropout),
            nn.Linear(2 * wide, config.embedding),
        )
        self.states: nn.Module | None = None
        if config.statistics:
            self.states = nn.Sequential(
                nn.Dropout(config.dropout), nn.Linear(2 * rows, config.embedding)
            )
        self.head = nn.Sequential(nn.Dropout(config.dropout), nn.Linear(config.embedding, labels))
        self.embedding = config.embedding

    def forward(self, features: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """Give logits (batch, labels) and the embedding (batch, embedding)."""
        own = torch.ones_like(features[:, 0]) if mask is None else mask
        heard = self.input_dropout(features)
        x: Tensor = self.enter(heard.transpose(1, 2)).transpose(1, 2)
        for delay in self.delays:
            x = x + functional.gelu(_delayed(delay, x * own[:, None]))
        inside = self.heard(self.pool(x, own))
        if self.states is not None:
            inside = inside + self.states(_statistics(features, own))
        embedding = functional.gelu(inside)
        return self.head(embedding), embedding


def _delayed(delay: nn.Module, x: Tensor) -> Tensor:
    """Give what a convolution gives of (batch, rows, frames), with the same number of frames.

    In training as one product of each frame with its neighbours: on a processor torch goes back
    through a convolution over time three times as slowly as through that.
    """
    assert isinstance(delay, nn.Conv1d)
    if not delay.training:
        return nn.Conv1d.forward(delay, x)
    apart, frames = delay.dilation[0], x.shape[2]
    padded = functional.pad(x, (apart, apart)).transpose(1, 2)
    near = torch.cat([padded[:, apart * at : apart * at + frames] for at in range(3)], dim=2)
    weight = delay.weight.permute(0, 2, 1).flatten(1)
    return functional.linear(near, weight, delay.bias).transpose(1, 2)


def _statistics(features: Tensor, mask: Tensor) -> Tensor:
    """Give means and deviations (batch, 2 · rows) over the frames in the mask (batch, frames)."""
    weight = (mask / mask.sum(1, keepdim=True).clamp(min=1))[:, :, None]
    mean = torch.bmm(features, weight)
    variance = torch.bmm((features - mean).square(), weight)[:, :, 0]
    return torch.cat([mean[:, :, 0], (variance + _LEAST_VARIANCE).sqrt()], dim=1)
