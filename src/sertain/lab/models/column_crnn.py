"""Convolutions along the column of a clip's averaged features, then recurrent layers.

Davies and Chen 2024, their third to eighth networks.  They are written in Keras, and so are the
first weights here.  With the defaults, their last network, and 8 labels there are exactly the
703,752 numbers that its printed summary counts: Keras' GRU has two biases a gate, as torch's.

The summary's column has 161 steps and is pooled to 80, 40, 20 and 10, though the features of the
report are 162.  Nothing in it depends on that but the first pooled step: 162 gives 81, 40, 20, 10.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator
from torch import Tensor, nn

from sertain.errors import RecipeError
from sertain.lab.checked import Checked
from sertain.lab.models.layers.columns import column
from sertain.lab.models.layers.keras import initialise
from sertain.lab.models.layers.recurrent import Kind, Recurrent

Activation = Literal["relu", "elu", "tanh"]
_ACTIVATIONS: dict[str, type[nn.Module]] = {"relu": nn.ReLU, "elu": nn.ELU, "tanh": nn.Tanh}


class Config(Checked):
    """One entry of ``filters``, ``kernels`` and ``activations`` for each convolution.

    Each convolution is followed by max pooling of ``pool``; then come ``layers`` recurrent layers
    of ``units``, with ``dropout`` after each.
    """

    filters: tuple[int, ...] = (64, 128, 256, 512)
    kernels: tuple[int, ...] = (5, 3, 3, 3)
    activations: tuple[Activation, ...] = ("relu", "elu", "tanh", "relu")
    pool: int = Field(default=2, ge=1)
    recurrent: Kind = "gru"
    layers: int = Field(default=4, ge=1)
    units: int = Field(default=64, ge=1)
    dropout: float = Field(default=0.2, ge=0, lt=1)

    @model_validator(mode="after")
    def _one_for_each(self) -> Self:
        if not len(self.filters) == len(self.kernels) == len(self.activations):
            raise ValueError(
                f"give filters, kernels and activations alike: {len(self.filters)}, "
                f"{len(self.kernels)} and {len(self.activations)}"
            )
        return self


class Network(nn.Module):
    """Convolutions, recurrent layers over what they leave of the column, one dense layer."""

    def __init__(self, config: Config, rows: int, labels: int) -> None:
        super().__init__()
        if rows < config.pool ** len(config.filters):
            raise RecipeError(
                f"{rows} columns are too few to be pooled by {config.pool} {len(config.filters)} "
                "times",
                "use fewer convolutions",
            )
        self.convolutions = nn.ModuleList()
        inside = 1
        for outside, kernel, activation in zip(
            config.filters, config.kernels, config.activations, strict=True
        ):
            self.convolutions.append(
                nn.Sequential(
                    nn.Conv1d(inside, outside, kernel, padding="same"),
                    _ACTIVATIONS[activation](),
                    nn.MaxPool1d(config.pool),
                )
            )
            inside = outside
        self.recurrent = nn.ModuleList()
        for _ in range(config.layers):
            self.recurrent.append(Recurrent(config.recurrent, inside, config.units))
            inside = config.units
        self.dropout = nn.Dropout(config.dropout)
        self.head = nn.Linear(inside, labels)
        self.embedding = inside
        self.apply(initialise)

    def forward(self, features: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """Give logits (batch, labels) and the last state (batch, units)."""
        x = column(features, mask)[:, None]
        for convolution in self.convolutions:
            x = convolution(x)
        x = x.transpose(1, 2)
        last = x
        for layer in self.recurrent:
            states, last = layer(x, None)
            x = self.dropout(states)
        return self.head(self.dropout(last)), last
