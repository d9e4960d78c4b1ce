"""Convolutions along the column of a clip's averaged features, flattened into dense layers.

Davies and Chen 2024, their first two networks; with ``norm`` the network of Shukla.  Both are
written in Keras, and so are the first weights here.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator
from torch import Tensor, nn

from sertain.errors import RecipeError
from sertain.lab.checked import Checked
from sertain.lab.models.layers.columns import column
from sertain.lab.models.layers.dropout import Dropout
from sertain.lab.models.layers.keras import SamePool, initialise, pooled


class Config(Checked):
    """One entry of ``filters``, ``pools`` and ``dropouts`` for each convolution.

    ``pools`` gives (size, stride) of the max pooling after a convolution or nothing, ``dropouts``
    the share that is dropped after that.  ``norm`` puts batch normalisation before the flattening.
    ``dense`` is the width of a hidden dense layer, or nothing.  The defaults are the network of
    four convolutions.
    """

    filters: tuple[int, ...] = (256, 256, 128, 64)
    kernel: int = Field(default=5, ge=1)
    pools: tuple[tuple[int, int] | None, ...] = ((5, 2), (5, 2), (5, 2), (5, 2))
    pool_padding: Literal["same", "valid"] = "same"
    dropouts: tuple[float, ...] = (0.0, 0.0, 0.2, 0.0)
    norm: bool = False
    dense: int | None = Field(default=32, ge=1)
    dense_dropout: float = Field(default=0.3, ge=0, lt=1)

    @model_validator(mode="after")
    def _one_for_each(self) -> Self:
        if not len(self.filters) == len(self.pools) == len(self.dropouts):
            raise ValueError(
                f"give filters, pools and dropouts alike: {len(self.filters)}, {len(self.pools)} "
                f"and {len(self.dropouts)}"
            )
        return self


class Network(nn.Module):
    """Convolutions with ReLU, pooling and dropout, then one or two dense layers."""

    def __init__(self, config: Config, rows: int, labels: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        inside, steps = 1, rows
        for outside, pool, dropout in zip(
            config.filters, config.pools, config.dropouts, strict=True
        ):
            layers += [nn.Conv1d(inside, outside, config.kernel, padding="same"), nn.ReLU()]
            if pool is not None:
                same = config.pool_padding == "same"
                layers.append(SamePool(*pool) if same else nn.MaxPool1d(*pool))
                steps = pooled(steps, *pool, config.pool_padding)
            if dropout:
                layers.append(Dropout(dropout))
            inside = outside
        if steps < 1:
            raise RecipeError(f"{rows} columns are too few for the pools", "use fewer pools")
        if config.norm:
            layers.append(nn.BatchNorm1d(inside))
        layers.append(nn.Flatten())
        self.embedding = inside * steps
        head: list[nn.Module] = []
        if config.dense is not None:
            layers += [nn.Linear(self.embedding, config.dense), nn.ReLU()]
            head.append(nn.Dropout(config.dense_dropout))
            self.embedding = config.dense
        self.embed = nn.Sequential(*layers)
        self.head = nn.Sequential(*head, nn.Linear(self.embedding, labels))
        self.apply(initialise)

    def forward(self, features: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """Give logits (batch, labels) and the last hidden layer (batch, embedding)."""
        embedding = self.embed(column(features, mask)[:, None])
        return self.head(embedding), embedding
