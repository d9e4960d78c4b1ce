"""Augmentation of a spectrogram on the device that trains."""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor

from sertain.lab.checked import Checked


class SpecAugment(Checked):
    """Bands of rows and frames set to 0, the mean (Park et al. 2019, arXiv 1904.08779)."""

    row_bands: int = Field(default=2, ge=0)
    rows: int = Field(default=10, ge=0)
    frame_bands: int = Field(default=2, ge=0)
    frames: int = Field(default=30, ge=0)


def spec_augment(features: Tensor, config: SpecAugment) -> Tensor:
    """Mask random bands of ``features`` (batch, rows, frames), other ones in every clip."""
    batch, rows, frames = features.shape
    keep = torch.ones_like(features[:, :1, :1])
    for count, widest, size, shape in (
        (config.row_bands, config.rows, rows, (1, -1, 1)),
        (config.frame_bands, config.frames, frames, (1, 1, -1)),
    ):
        steps = torch.arange(size, device=features.device).view(shape)
        for _ in range(count):
            width = torch.rand(batch, 1, 1, device=features.device) * min(widest, size)
            start = torch.rand(batch, 1, 1, device=features.device) * (size - width)
            keep = keep * ((steps < start) | (steps >= start + width))
    return features * keep
