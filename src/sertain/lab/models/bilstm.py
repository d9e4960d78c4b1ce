"""Bidirectional LSTM layers on a log-mel spectrogram.

Vu, DeepEmoNet: two bidirectional layers, dropout, a linear layer.  The width is not said.
"""

from __future__ import annotations

from pydantic import Field
from torch import Tensor, nn

from sertain.lab.checked import Checked
from sertain.lab.models.layers.recurrent import Recurrent


class Config(Checked):
    """``units`` of each direction, number of ``layers``, ``dropout`` after each."""

    units: int = Field(default=128, ge=1)
    layers: int = Field(default=2, ge=1)
    dropout: float = Field(default=0.3, ge=0, lt=1)


class Network(nn.Module):
    """LSTM layers in both directions; the last state of each goes into one linear layer."""

    def __init__(self, config: Config, rows: int, labels: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList()
        for _ in range(config.layers):
            self.layers.append(Recurrent("lstm", rows, config.units, bidirectional=True))
            rows = 2 * config.units
        self.dropout = nn.Dropout(config.dropout)
        self.head = nn.Linear(rows, labels)
        self.embedding = rows

    def forward(self, features: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """Give logits (batch, labels) and the last states (batch, 2 · units)."""
        x = features.transpose(1, 2)
        last = x
        for layer in self.layers:
            states, last = layer(x, mask)
            x = self.dropout(states)
        return self.head(self.dropout(last)), last
