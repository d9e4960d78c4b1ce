"""Augmentation of pictures on the device that trains: rotation, zoom, brightness, and size."""

from __future__ import annotations

from typing import Self

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn

from sertain.lab.checked import Checked


class Rotation(Checked):
    """Pictures are turned by an angle drawn between −``most_deg`` and ``most_deg``."""

    most_deg: float = Field(default=5.0, gt=0, le=45)


class Zoom(Checked):
    """Pictures are enlarged by a factor drawn between 1 and ``most``."""

    most: float = Field(default=1.1, gt=1, le=4)


class Brightness(Checked):
    """A number drawn between −``most`` and ``most`` is added to standardised pictures."""

    most: float = Field(default=0.2, gt=0)


class Resizing(Checked):
    """Progressive resizing: small pictures first, large ones later (Howard 2018, fast.ai).

    ``sizes`` are (height, width), ``shares`` the part of the epochs that each one gets.
    """

    sizes: tuple[tuple[int, int], ...] = Field(default=((128, 128), (256, 256)), min_length=1)
    shares: tuple[float, ...] = (0.5, 0.5)

    @model_validator(mode="after")
    def _a_share_for_each(self) -> Self:
        if len(self.shares) != len(self.sizes) or abs(sum(self.shares) - 1) > 1e-6:
            raise ValueError(f"give {len(self.sizes)} shares that sum to 1, one for each size")
        return self

    def size_at(self, epoch: int, epochs: int) -> tuple[int, int]:
        """Give (height, width) of the pictures in ``epoch``, from 0, of ``epochs``."""
        end = 0.0
        for size, share in zip(self.sizes, self.shares, strict=True):
            end += share * epochs
            if epoch < round(end):
                return size
        return self.sizes[-1]


def warp(
    features: Tensor,
    rotation: Rotation | None,
    zoom: Zoom | None,
    brightness: Brightness | None,
    pictures: int = 1,
) -> Tensor:
    """Turn, enlarge and brighten ``features`` (batch, pictures · rows, frames), what is given.

    Every clip is changed otherwise; all pictures of a clip move together.  Vu, DeepEmoNet, does it
    in small amounts, which it does not name.
    """
    draw = torch.rand(3, features.shape[0], device=features.device)
    if rotation or zoom:
        angle = (2 * draw[0] - 1) * (rotation.most_deg if rotation else 0.0)
        factor = 1 + draw[1] * (zoom.most - 1 if zoom else 0.0)
        features = turn(features, angle, factor, pictures)
    if brightness:
        features = features + ((2 * draw[2] - 1) * brightness.most)[:, None, None]
    return features


def turn(features: Tensor, angle_deg: Tensor, zoom: Tensor, pictures: int = 1) -> Tensor:
    """Turn by ``angle_deg`` (batch,) and enlarge by ``zoom`` (batch,) about the middle.

    ``features`` are (batch, pictures · rows, frames).  Between cells it is linear; what comes in
    from outside is mirrored.  A positive angle moves the last frames towards the first row.
    """
    stacked = features.reshape(len(features), pictures, -1, features.shape[2])
    height, width = stacked.shape[2:]
    angle = torch.deg2rad(angle_deg)
    cosine, sine = torch.cos(angle) / zoom, torch.sin(angle) / zoom
    none = torch.zeros_like(cosine)
    # From a place in the result to the one in the source, both −1…1 along each side.
    places = torch.stack(
        [
            torch.stack([cosine, -sine * height / width, none], dim=1),
            torch.stack([sine * width / height, cosine, none], dim=1),
        ],
        dim=1,
    )
    grid = nn.functional.affine_grid(places, list(stacked.shape), align_corners=False)
    moved = nn.functional.grid_sample(
        stacked, grid.to(stacked.dtype), padding_mode="reflection", align_corners=False
    )
    return moved.flatten(1, 2)


def resize(features: Tensor, size: tuple[int, int], pictures: int = 1) -> Tensor:
    """Bring each picture of ``features`` (batch, pictures · rows, frames) to (height, width).

    Linear; where a side shrinks, each new cell is a mean of all that it covers.
    """
    stacked = features.reshape(len(features), pictures, -1, features.shape[2])
    resized = nn.functional.interpolate(
        stacked, size, mode="bilinear", align_corners=False, antialias=True
    )
    return resized.flatten(1, 2)
