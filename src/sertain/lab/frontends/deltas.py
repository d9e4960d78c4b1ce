"""MFCC with their first and second differences in time, equal to ``librosa.feature.delta``."""

from __future__ import annotations

import numpy as np
import torch
from pydantic import Field, field_validator
from scipy.signal import savgol_coeffs
from torch import Tensor, nn

from sertain.lab.frontends import mfcc
from sertain.lab.frontends.framing import valid_lengths


class Config(mfcc.Config):
    """Parameters of the MFCC and of librosa's ``delta`` (``mode="interp"``) upon them.

    ``orders`` are the derivatives that stand below the coefficients; ``width`` is odd, in frames.
    """

    width: int = Field(default=9, ge=3, le=99)
    orders: tuple[int, ...] = Field(default=(1, 2), min_length=1)

    @field_validator("width")
    @classmethod
    def _odd(cls, width: int) -> int:
        if width % 2 == 0:
            raise ValueError("must be odd")
        return width

    @field_validator("orders")
    @classmethod
    def _derivatives(cls, orders: tuple[int, ...]) -> tuple[int, ...]:
        if not set(orders) <= {1, 2}:
            raise ValueError("must be 1 (first) or 2 (second) or both")
        return orders


class Delta(nn.Module):
    """The slope of a polynomial fitted to a window of frames (Savitzky and Golay 1964).

    Near the ends of a clip the window stays inside it and the polynomial is read off its middle.
    In a clip shorter than the window, which librosa refuses, the last frame repeats.
    """

    weights: Tensor

    def __init__(self, width: int, order: int) -> None:
        super().__init__()
        self.width = width
        weights = [
            savgol_coeffs(width, polyorder=order, deriv=order, pos=place, use="dot")
            for place in range(width)
        ]
        self.register_buffer("weights", torch.from_numpy(np.stack(weights)), persistent=False)

    def forward(self, features: Tensor, frames: Tensor) -> Tensor:
        """Differentiate (batch, rows, frames); ``frames`` (batch,) are each clip's own."""
        last = frames[:, None] - 1
        at = torch.arange(features.shape[2], device=features.device)[None]
        start = torch.minimum(at - self.width // 2, last + 1 - self.width).clamp(min=0)
        weights = self.weights.to(features.dtype)[(at - start).clamp(max=self.width - 1)]
        window = start[:, :, None] + torch.arange(self.width, device=features.device)
        window = torch.minimum(window, last[:, :, None]).flatten(1)[:, None]
        taken = features.gather(2, window.expand(-1, features.shape[1], -1))
        windows = taken.reshape(*features.shape, self.width)
        return (windows * weights[:, None]).sum(-1)


class FrontEnd(nn.Module):
    """MFCC, and below them their differences in time."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.mfcc = mfcc.FrontEnd(config)
        self.deltas = nn.ModuleList(Delta(config.width, order) for order in config.orders)
        self.rows = config.n_mfcc * (1 + len(config.orders))

    def frames_of(self, lengths: Tensor) -> Tensor:
        """Give the number of frames of waveforms of these lengths in samples."""
        return self.mfcc.frames_of(lengths)

    def forward(self, waveform: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Transform ``waveform`` (batch, n) to float32 (batch, (1 + orders) · n_mfcc, frames)."""
        still = self.mfcc.precise(waveform, lengths)
        frames = self.frames_of(valid_lengths(waveform, lengths))
        moving = [delta(still, frames) for delta in self.deltas]
        return torch.cat([still, *moving], dim=1).float()
