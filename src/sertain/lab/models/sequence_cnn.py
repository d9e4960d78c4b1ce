"""Convolutions over time on a sequence of a fixed length, flattened.

Santamaria's baseline on 40 MFCC by 128 frames: the convolutional part of Lim et al. 2016, "Speech
emotion recognition using convolutional and recurrent neural networks", without the recurrent one.
The report does not say the widths.
"""

from __future__ import annotations

from pydantic import Field
from torch import Tensor, nn

from sertain.errors import RecipeError
from sertain.lab.checked import Checked
from sertain.lab.models.layers.columns import check_frames


class Config(Checked):
    """``frames`` is the length of every clip; ``filters`` gives one convolution each."""

    frames: int = Field(default=128, ge=1)
    filters: tuple[int, ...] = (64, 64, 128, 128)
    kernel: int = Field(default=5, ge=1)
    pool: int = Field(default=2, ge=1)
    dropout: float = Field(default=0.25, ge=0, lt=1)


class Network(nn.Module):
    """Convolutions over time with ReLU and max pooling, dropout, one dense layer."""

    def __init__(self, config: Config, rows: int, labels: int) -> None:
        super().__init__()
        self.frames = config.frames
        steps = config.frames
        layers: list[nn.Module] = []
        for outside in config.filters:
            convolution = nn.Conv1d(rows, outside, config.kernel, padding="same")
            nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")
            layers += [convolution, nn.ReLU(), nn.MaxPool1d(config.pool)]
            rows, steps = outside, steps // config.pool
        if steps < 1:
            raise RecipeError(
                f"{config.frames} frames are too few to be pooled by {config.pool} "
                f"{len(config.filters)} times",
                "use fewer convolutions",
            )
        self.embed = nn.Sequential(*layers, nn.Flatten())
        self.embedding = rows * steps
        self.head = nn.Sequential(nn.Dropout(config.dropout), nn.Linear(self.embedding, labels))

    def forward(self, features: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """Give logits (batch, labels) and the flattened features (batch, embedding).

        Raises :class:`RecipeError` for clips of any other length: the front end brings them to it.
        """
        check_frames(features, mask, self.frames, "sequence_cnn")
        embedding = self.embed(features)
        return self.head(embedding), embedding
