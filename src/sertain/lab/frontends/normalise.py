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


def standardise(
    features: Tensor, mask: Tensor, mean: Tensor | None = None, deviation: Tensor | None = None
) -> Tensor:
    """Subtract the mean and divide by the standard deviation of all cells of a clip.

    ``features`` (batch, rows, frames), ``mask`` (batch, frames).  The statistics are the clip's
    own over all rows and frames, one number each, so that the shape of the long-term spectrum
    stays; a ``mean`` and ``deviation`` given (batch or 1, rows or 1, 1) replace them, as those of
    a speaker do.  Frames outside the mask come out as 0.
    """
    weight = mask[:, None]
    if mean is None:
        cells = weight.sum(dim=(1, 2), keepdim=True) * features.shape[1]
        mean = (features * weight).sum(dim=(1, 2), keepdim=True) / cells
        deviation = ((features - mean) * weight).square().sum(dim=(1, 2), keepdim=True) / cells
        deviation = deviation.sqrt()
    assert deviation is not None
    return (features - mean) / deviation.clamp(min=1e-3) * weight
