"""Residual CNN on a log-mel picture with attentive statistics pooling.

Residual blocks after He et al. 2016 (arXiv 1512.03385), pooling after Okabe et al. 2018
(arXiv 1803.10963).
"""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor, nn

from sertain.lab.checked import Checked


class Config(Checked):
    """Widths and depth.

    ``channels`` gives a residual stage each; ``time_strides`` the stride in time of each, the
    stride in frequency is 2 for all but the first.  ``stem_stride`` is (frequency, time).
    """

    channels: tuple[int, ...] = (32, 64, 128, 192)
    blocks: tuple[int, ...] = (1, 1, 1, 1)
    time_strides: tuple[int, ...] = (1, 2, 2, 1)
    stem_stride: tuple[int, int] = (2, 2)
    attention: int = Field(default=128, ge=2)
    embedding: int = Field(default=192, ge=2)
    dropout: float = Field(default=0.3, ge=0, lt=1)


class Block(nn.Module):
    """Two 3×3 convolutions and a shortcut; frames outside the mask stay 0."""

    def __init__(self, inside: int, outside: int, stride: tuple[int, int]) -> None:
        super().__init__()
        self.first = nn.Conv2d(inside, outside, 3, stride, 1, bias=False)
        self.first_norm = nn.BatchNorm2d(outside)
        self.second = nn.Conv2d(outside, outside, 3, 1, 1, bias=False)
        self.second_norm = nn.BatchNorm2d(outside)
        self.time_stride = stride[1]
        self.shortcut: nn.Module = nn.Identity()
        if inside != outside or stride != (1, 1):
            self.shortcut = nn.Sequential(
                # Zeros fill the last window, as the padding of a batch would.
                nn.ConstantPad2d((0, stride[1] - 1, 0, stride[0] - 1), 0.0),
                nn.AvgPool2d(stride, stride),
                nn.Conv2d(inside, outside, 1, bias=False),
                nn.BatchNorm2d(outside),
            )

    def forward(self, x: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Transform (batch, channels, rows, frames); the mask is thinned with the frames."""
        kept = None if mask is None else mask[:, :: self.time_stride]
        y = torch.relu(self.first_norm(self.first(x)))
        if kept is not None:
            y = y * kept[:, None, None]
        y = torch.relu(self.second_norm(self.second(y)) + self.shortcut(x))
        if kept is not None:
            y = y * kept[:, None, None]
        return y, kept


class AttentiveStatistics(nn.Module):
    """Weighted mean and standard deviation over time, the weights from a small network."""

    def __init__(self, rows: int, bottleneck: int) -> None:
        super().__init__()
        self.score = nn.Sequential(
            nn.Conv1d(rows, bottleneck, 1), nn.Tanh(), nn.Conv1d(bottleneck, rows, 1)
        )

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """Pool (batch, rows, frames) to (batch, 2 · rows)."""
        score = self.score(x)
        if mask is not None:
            score = score.masked_fill(mask[:, None] == 0, -1e4)
        weight = torch.softmax(score.float(), dim=-1)
        x = x.float()
        mean = (weight * x).sum(-1)
        variance = (weight * x.square()).sum(-1) - mean.square()
        return torch.cat([mean, variance.clamp(min=1e-4).sqrt()], dim=1)


class Network(nn.Module):
    """Stem, residual stages, pooling, embedding, one linear layer."""

    def __init__(self, config: Config, rows: int, labels: int) -> None:
        super().__init__()
        first = config.channels[0]
        self.stem = nn.Conv2d(1, first, 3, config.stem_stride, 1, bias=False)
        self.stem_norm = nn.BatchNorm2d(first)
        self.stem_time_stride = config.stem_stride[1]
        rows = -(-rows // config.stem_stride[0])
        self.stages = nn.ModuleList()
        inside = first
        for depth, (outside, blocks, time) in enumerate(
            zip(config.channels, config.blocks, config.time_strides, strict=True)
        ):
            frequency = 1 if depth == 0 else 2
            rows = -(-rows // frequency)
            for number in range(blocks):
                stride = (frequency, time) if number == 0 else (1, 1)
                self.stages.append(Block(inside, outside, stride))
                inside = outside
        self.pool = AttentiveStatistics(inside * rows, config.attention)
        self.embed = nn.Sequential(
            nn.BatchNorm1d(2 * inside * rows),
            nn.Dropout(config.dropout),
            nn.Linear(2 * inside * rows, config.embedding),
            nn.BatchNorm1d(config.embedding),
            nn.ReLU(),
        )
        self.head = nn.Sequential(nn.Dropout(config.dropout), nn.Linear(config.embedding, labels))
        self.embedding = config.embedding

    def forward(self, features: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """Give logits (batch, labels) and the embedding (batch, embedding)."""
        x = torch.relu(self.stem_norm(self.stem(features[:, None])))
        if mask is not None:
            mask = mask[:, :: self.stem_time_stride]
            x = x * mask[:, None, None]
        for block in self.stages:
            x, mask = block(x, mask)
        pooled = self.pool(x.flatten(1, 2), mask)
        embedding = self.embed(pooled)
        return self.head(embedding), embedding
