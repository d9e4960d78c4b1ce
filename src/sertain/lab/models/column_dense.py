"""One wide dense layer on the column of a clip's averaged features.

Santamaria's public variant of the baseline, on 180 columns: dense 1,024, batch normalisation and
dropout 0.7.
"""

from __future__ import annotations

from pydantic import Field
from torch import Tensor, nn

from sertain.lab.checked import Checked
from sertain.lab.models.layers.columns import column


class Config(Checked):
    """Width of the hidden layer, which is the embedding's, and the dropout after it."""

    hidden: int = Field(default=1024, ge=1)
    dropout: float = Field(default=0.7, ge=0, lt=1)


class Network(nn.Module):
    """Dense layer, ReLU, batch normalisation, dropout, dense layer."""

    def __init__(self, config: Config, rows: int, labels: int) -> None:
        super().__init__()
        dense = nn.Linear(rows, config.hidden)
        nn.init.kaiming_normal_(dense.weight, nonlinearity="relu")
        self.embed = nn.Sequential(dense, nn.ReLU(), nn.BatchNorm1d(config.hidden))
        self.head = nn.Sequential(nn.Dropout(config.dropout), nn.Linear(config.hidden, labels))
        self.embedding = config.hidden

    def forward(self, features: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """Give logits (batch, labels) and the embedding (batch, hidden)."""
        embedding = self.embed(column(features, mask))
        return self.head(embedding), embedding
