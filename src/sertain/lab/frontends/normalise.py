"""Normalisation of a clip inside the graph: its level, then its features."""

from __future__ import annotations

import torch
from torch import Tensor


def frame_mask(frames: Tensor, longest: int | Tensor) -> Tensor:
    """Give (batch, longest) with 1 where a frame belongs to its clip, else 0."""
    steps = torch.arange(longest, device=frames.device)  # type: ignore[arg-type]
    return (steps[None] < frames[:, None]).float()


def level(waveform: Tensor, lengths: Tensor, rms: float) -> Tensor:
    """Bring each row (batch, n) of ``lengths`` valid samples to this root mean square.

    Silence stays silence: a row under 1e-5 is raised by at most the gain of that level.
    """
    energy = waveform.square().sum(1) / lengths.clamp(min=1).to(waveform.dtype)
    return waveform * (rms / energy.sqrt().clamp(min=1e-5))[:, None]


def statistics(features: Tensor, mask: Tensor) -> Tensor:
    """Give mean and standard deviation (batch, 2) over all cells of a clip.

    ``features`` (batch, rows, frames), ``mask`` (batch, frames).  One number each for all rows, so
    that the shape of the long-term spectrum stays.
    """
    weight = mask[:, None]
    cells = mask.sum(1) * features.shape[1]
    mean = (features * weight).sum(dim=(1, 2)) / cells
    apart = (features - mean[:, None, None]) * weight
    return torch.stack([mean, (apart.square().sum(dim=(1, 2)) / cells).sqrt()], dim=1)


def row_moments(features: Tensor, mask: Tensor) -> Tensor:
    """Give mean and mean square (batch, 2, rows) of each row over a clip's own frames.

    ``features`` (batch, rows, frames), ``mask`` (batch, frames).
    """
    own, frames = mask[:, None], mask.sum(1)[:, None].clamp(min=1)
    inside = features * own
    return torch.stack([inside.sum(2) / frames, (inside * inside).sum(2) / frames], 1)


def standardise(features: Tensor, mask: Tensor) -> Tensor:
    """Subtract the clip's own mean and divide by its standard deviation.

    Frames outside the mask come out as 0.
    """
    used = statistics(features, mask)
    mean, deviation = used[:, 0, None, None], used[:, 1, None, None]
    return (features - mean) / deviation.clamp(min=1e-3) * mask[:, None]
