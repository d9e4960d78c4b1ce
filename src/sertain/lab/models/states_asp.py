"""A learned sum of an encoder's layers, attentive statistics pooling, a small MLP.

The sum is that of Peters et al. 2018 (ELMo, arXiv 1802.05365), the pooling that of Okabe et al.
2018 (arXiv 1803.10963).
"""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor, nn

from sertain.errors import RecipeError
from sertain.lab.checked import Checked
from sertain.lab.models.residual_asp import AttentiveStatistics


class Config(Checked):
    """``layers`` is the number of states that the front end gives, one below the other."""

    layers: int = Field(default=5, ge=1)
    attention: int = Field(default=128, ge=2)
    embedding: int = Field(default=192, ge=2)
    dropout: float = Field(default=0.3, ge=0, lt=1)


class LayerSum(nn.Module):
    """A weighted mean of layers whose weights are learned, times a learned factor.

    Each layer's frames are standardised over their numbers first: states grow from block to block,
    and a few numbers of each are a hundred times the others.
    """

    def __init__(self, layers: int) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.zeros(layers))
        self.factor = nn.Parameter(torch.ones(()))

    def forward(self, features: Tensor) -> Tensor:
        """Sum (batch, layers · width, frames) to (batch, width, frames)."""
        layers = len(self.weights)
        states = features.reshape(features.shape[0], layers, -1, features.shape[2])
        apart = states - states.mean(2, keepdim=True)
        even = apart / (apart.square().mean(2, keepdim=True) + 1e-5).sqrt()
        share = torch.softmax(self.weights, 0) * self.factor
        return (even * share[None, :, None, None]).sum(1)


class Network(nn.Module):
    """Sum of layers, pooling over time, embedding, one linear layer."""

    def __init__(self, config: Config, rows: int, labels: int) -> None:
        super().__init__()
        if rows % config.layers:
            raise RecipeError(
                f"the front end gives {rows} rows, which are no {config.layers} layers",
                "give model.parameters.layers the number of layers of the front end",
            )
        width = rows // config.layers
        self.sum = LayerSum(config.layers)
        self.pool = AttentiveStatistics(width, config.attention)
        self.embed = nn.Sequential(
            nn.BatchNorm1d(2 * width),
            nn.Dropout(config.dropout),
            nn.Linear(2 * width, config.embedding),
            nn.BatchNorm1d(config.embedding),
            nn.ReLU(),
        )
        self.head = nn.Sequential(nn.Dropout(config.dropout), nn.Linear(config.embedding, labels))
        self.embedding = config.embedding

    def forward(self, features: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """Give logits (batch, labels) and the embedding (batch, embedding)."""
        embedding = self.embed(self.pool(self.sum(features), mask))
        return self.head(embedding), embedding
