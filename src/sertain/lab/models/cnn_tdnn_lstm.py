"""Convolutions, a TDNN, an LSTM, attentive statistics pooling and an MLP on an MFCC sequence.

Erciyes 2024, "Emotion classification with speech audio".  The TDNN after Waibel et al. 1989 and
Peddinti et al. 2015, with the growing context of x-vectors; the pooling after Okabe et al. 2018
(arXiv 1803.10963).  The report names the order of the parts and not their widths.
"""

from __future__ import annotations

from pydantic import Field
from torch import Tensor, nn

from sertain.lab.checked import Checked
from sertain.lab.models.layers.recurrent import Recurrent
from sertain.lab.models.residual_asp import AttentiveStatistics


class Config(Checked):
    """Widths, kernels and context.

    ``channels`` and ``kernel`` are of the convolutions, ``tdnn`` gives (kernel, dilation) of each
    of its layers, ``hidden`` the MLP's width, which is the embedding's.
    """

    channels: tuple[int, ...] = (64, 128)
    kernel: int = Field(default=5, ge=1)
    tdnn_channels: int = Field(default=256, ge=1)
    tdnn: tuple[tuple[int, int], ...] = ((5, 1), (3, 2), (3, 3))
    lstm: int = Field(default=128, ge=1)
    attention: int = Field(default=128, ge=2)
    hidden: int = Field(default=128, ge=2)
    dropout: float = Field(default=0.0, ge=0, lt=1)


class Context(nn.Module):
    """A dilated convolution over time, batch normalisation and ReLU; the padding stays 0."""

    def __init__(self, inside: int, outside: int, kernel: int, dilation: int) -> None:
        super().__init__()
        self.conv = nn.Conv1d(
            inside, outside, kernel, padding="same", dilation=dilation, bias=False
        )
        self.norm = nn.BatchNorm1d(outside)
        nn.init.kaiming_normal_(self.conv.weight, nonlinearity="relu")

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """Transform (batch, inside, frames) to (batch, outside, frames)."""
        x = nn.functional.relu(self.norm(self.conv(x)))
        return x if mask is None else x * mask[:, None]


class Network(nn.Module):
    """Convolutions, TDNN, LSTM, pooling over time, MLP."""

    def __init__(self, config: Config, rows: int, labels: int) -> None:
        super().__init__()
        shapes = [(width, config.kernel, 1) for width in config.channels]
        shapes += [(config.tdnn_channels, kernel, dilation) for kernel, dilation in config.tdnn]
        self.contexts = nn.ModuleList()
        for outside, kernel, dilation in shapes:
            self.contexts.append(Context(rows, outside, kernel, dilation))
            rows = outside
        self.lstm = Recurrent("lstm", rows, config.lstm)
        self.pool = AttentiveStatistics(config.lstm, config.attention)
        dense = nn.Linear(2 * config.lstm, config.hidden)
        nn.init.kaiming_normal_(dense.weight, nonlinearity="relu")
        self.embed = nn.Sequential(dense, nn.ReLU())
        self.head = nn.Sequential(nn.Dropout(config.dropout), nn.Linear(config.hidden, labels))
        self.embedding = config.hidden

    def forward(self, features: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """Give logits (batch, labels) and the embedding (batch, hidden)."""
        x = features
        for context in self.contexts:
            x = context(x, mask)
        states, _ = self.lstm(x.transpose(1, 2), mask)
        embedding = self.embed(self.pool(states.transpose(1, 2), mask))
        return self.head(embedding), embedding
