"""A deep two-dimensional network on several pictures of a clip, one upon the other.

Santamaria's "three pictures": spectrogram, mel filter-bank output and mel spectrogram in dB, each
512 × 90, or 128 × 90 in the public code.
"""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator
from torch import Tensor, nn

from sertain.lab.checked import Checked
from sertain.lab.models.layers.columns import check_frames
from sertain.lab.models.layers.dropout import Dropout
from sertain.lab.models.layers.penalty import with_l2


class Config(Checked):
    """The shape of the pictures, the widths, and what keeps the network from learning by heart.

    ``pictures`` lie below each other in the rows of the features, each of ``frames`` frames.  The
    first of ``filters`` is of the 7×7 convolution, every other of a pair of 3×3 ones.  ``l2`` is
    the penalty on the convolutions' kernels, a part of the loss.
    """

    pictures: int = Field(default=3, ge=1)
    frames: int = Field(default=90, ge=1)
    filters: tuple[int, ...] = Field(default=(16, 32, 64, 128), min_length=1)
    block_dropout: float = Field(default=0.25, ge=0, lt=1)
    hidden: int = Field(default=1024, ge=1)
    dropout: float = Field(default=0.7, ge=0, lt=1)
    l2: float = Field(default=0.05, ge=0)

    @model_validator(mode="after")
    def _something_left(self) -> Self:
        if self.frames < 2 ** len(self.filters):
            raise ValueError(f"{self.frames} frames are too few to be halved so often")
        return self


def _convolution(inside: int, outside: int, kernel: int, stride: int) -> list[nn.Module]:
    layer = nn.Conv2d(inside, outside, kernel, stride, kernel // 2)
    nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
    return [layer, nn.ReLU(), nn.BatchNorm2d(outside)]


class Network(nn.Module):
    """Convolution 7×7, pairs of convolutions 3×3, one wide dense layer."""

    def __init__(self, config: Config, rows: int, labels: int) -> None:
        super().__init__()
        self.pictures, self.frames, self.l2 = config.pictures, config.frames, config.l2
        first, *others = config.filters
        layers = _convolution(config.pictures, first, 7, 2)
        inside = first
        for outside in others:
            layers += _convolution(inside, outside, 3, 1)
            layers += _convolution(outside, outside, 3, 2)
            layers.append(Dropout(config.block_dropout))
            inside = outside
        height, width = rows // config.pictures, config.frames
        for _ in config.filters:
            height, width = -(-height // 2), -(-width // 2)
        dense = nn.Linear(inside * height * width, config.hidden)
        nn.init.kaiming_normal_(dense.weight, nonlinearity="relu")
        nn.init.zeros_(dense.bias)
        layers += [nn.Flatten(), dense, nn.ReLU(), nn.BatchNorm1d(config.hidden)]
        self.embed = nn.Sequential(*layers)
        self.head = nn.Sequential(nn.Dropout(config.dropout), nn.Linear(config.hidden, labels))
        self.embedding = config.hidden

    def forward(self, features: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """Give logits (batch, labels) and the embedding (batch, hidden).

        Raises :class:`RecipeError` for clips of any other length: the front end brings them to it.
        """
        check_frames(features, mask, self.frames, "picture_cnn")
        pictures = features.reshape(features.shape[0], self.pictures, -1, self.frames)
        embedding = self.embed(pictures)
        logits = self.head(embedding)
        if self.training and self.l2:
            kernels = [layer.weight for layer in self.embed if isinstance(layer, nn.Conv2d)]
            logits = with_l2(logits, kernels, self.l2)
        return logits, embedding
