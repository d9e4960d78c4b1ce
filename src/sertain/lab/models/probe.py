"""One linear layer on averaged or pooled states: what a frozen encoder knows by itself."""

from __future__ import annotations

from pydantic import Field
from torch import Tensor, nn

from sertain.lab.checked import Checked
from sertain.lab.models.layers.columns import column


class Config(Checked):
    """``dropout`` is the share of the features that a training step leaves out."""

    dropout: float = Field(default=0.0, ge=0, lt=1)


class Network(nn.Module):
    """Logistic regression on a clip's features, averaged over its frames where it has several."""

    def __init__(self, config: Config, rows: int, labels: int) -> None:
        super().__init__()
        self.embedding = rows
        self.dropout = nn.Dropout(config.dropout)
        self.head = nn.Linear(rows, labels)

    def forward(self, features: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """Give logits (batch, labels) and the features' mean over the clip (batch, rows)."""
        embedding = column(features, mask)
        return self.head(self.dropout(embedding)), embedding
