"""Share of samples at which the sign changes, equal to ``librosa.feature.zero_crossing_rate``."""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from sertain.lab.checked import Checked
from sertain.lab.frontends.framing import (
    at_least,
    frame_sums,
    frames_of,
    masked,
    valid_lengths,
)
from sertain.lab.frontends.resample import Resample

ZERO = 1e-10
"""Samples up to this size count as 0, which is positive."""


class Config(Checked):
    """Parameters of librosa's ``zero_crossing_rate``, by their names and with their values there.

    ``input_rate`` is the rate of the waveform at the door.
    """

    input_rate: int = Field(default=16000, ge=8000, le=48000)
    sample_rate: int = Field(default=22050, ge=8000, le=48000)
    frame_length: int = Field(default=2048, ge=2, le=65536)
    hop_length: int = Field(default=512, ge=8)
    center: bool = True


class ZeroCrossings(nn.Module):
    """The crossings inside each frame over its length."""

    def __init__(self, frame_length: int, hop_length: int, center: bool) -> None:
        super().__init__()
        self.frame_length, self.hop_length, self.center = frame_length, hop_length, center

    def forward(self, waveform: Tensor, lengths: Tensor | None) -> Tensor:
        """Count in ``waveform`` (batch, n): (batch, 1, frames)."""
        negative = waveform < -ZERO
        changed = (negative[:, 1:] != negative[:, :-1]).to(torch.uint8)
        crossed = functional.pad(changed, (1, 0))
        # Before its start and behind its end a clip stands still and crosses nothing.
        crossed = masked(crossed, valid_lengths(waveform, lengths))
        if self.center:
            crossed = functional.pad(crossed, (self.frame_length // 2,) * 2)
        else:
            crossed = at_least(crossed, self.frame_length)
        # The first sample of a frame has none before it there.
        sums = frame_sums(crossed, self.frame_length, self.hop_length)
        first = crossed[:, :: self.hop_length][:, : sums.shape[1]]
        return ((sums - first.long()) / self.frame_length)[:, None]


class FrontEnd(nn.Module):
    """Zero-crossing rate."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.resample = Resample(config.input_rate, config.sample_rate)
        self.crossings = ZeroCrossings(config.frame_length, config.hop_length, config.center)
        self.rows = 1

    def frames_of(self, lengths: Tensor) -> Tensor:
        """Give the number of frames of waveforms of these lengths in samples."""
        c = self.crossings
        return frames_of(self.resample.lengths_of(lengths), c.frame_length, c.hop_length, c.center)

    def forward(self, waveform: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Transform ``waveform`` (batch, n) to float32 (batch, 1, frames), 0…1."""
        heard = self.resample(waveform, lengths)
        own = self.resample.lengths_of(valid_lengths(waveform, lengths))
        rate: Tensor = self.crossings(heard, own)
        return rate.float()
