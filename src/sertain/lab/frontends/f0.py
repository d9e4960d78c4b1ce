"""Fundamental frequency of a frame, equal to ``librosa.yin``.

De Cheveigné and Kawahara 2002, "YIN, a fundamental frequency estimator for speech and music".
"""

from __future__ import annotations

import math
from typing import Self

import numpy as np
import torch
from pydantic import Field, model_validator
from torch import Tensor, nn
from torch.nn import functional

from sertain.lab.checked import Checked
from sertain.lab.frontends.fourier import Fourier
from sertain.lab.frontends.framing import (
    PadMode,
    at_least,
    extended,
    frames,
    frames_of,
    masked,
    valid_lengths,
)
from sertain.lab.frontends.resample import Resample


class Config(Checked):
    """Parameters of ``librosa.yin``, by their names there; ``fmin`` and ``fmax`` suit voices.

    ``input_rate`` is the rate of the waveform at the door.
    """

    input_rate: int = Field(default=16000, ge=8000, le=48000)
    sample_rate: int = Field(default=22050, ge=8000, le=48000)
    fmin: float = Field(default=60.0, gt=0)
    fmax: float = Field(default=800.0, gt=0)
    frame_length: int = Field(default=2048, ge=32, le=8192)
    hop_length: int = Field(default=512, ge=8)
    trough_threshold: float = Field(default=0.1, gt=0)
    center: bool = True
    pad_mode: PadMode = "constant"

    @model_validator(mode="after")
    def _in_a_frame(self) -> Self:
        if not self.fmin < self.fmax <= self.sample_rate / 2:
            raise ValueError("fmin must lie below fmax, and fmax at half the sample rate at most")
        if self.sample_rate / self.fmin >= self.frame_length - 1:
            raise ValueError("a period of fmin does not fit a frame: raise fmin or frame_length")
        return self


class Yin(nn.Module):
    """The period at which a frame differs least from itself."""

    cosines: Tensor

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.sample_rate = config.sample_rate
        self.shortest = math.floor(config.sample_rate / config.fmax)
        self.longest = math.ceil(config.sample_rate / config.fmin)
        self.threshold = config.trough_threshold
        # The autocorrelation is the transform back of the power of the frame with zeros after it.
        self.padding = config.frame_length
        n = 2 * config.frame_length
        self.fourier = Fourier(n)
        angle = 2 * np.pi / n * np.outer(np.arange(n // 2 + 1), np.arange(self.longest + 1))
        cosines = 2 / n * np.cos(angle)
        cosines[[0, -1]] /= 2
        self.register_buffer("cosines", torch.from_numpy(cosines), persistent=False)

    def forward(self, cut: Tensor) -> Tensor:
        """Give the frequency in Hz (batch, 1, frames) of ``cut`` (batch, frames, samples)."""
        difference = self.normalised(cut.double())
        middle = difference[..., 1:-1]
        before, after = difference[..., :-2], difference[..., 2:]
        slope, bend = (after - before) / 2, after + before - 2 * middle
        inside = slope.abs() < bend.abs()
        shift = torch.where(inside, -slope / torch.where(inside, bend, 1.0), 0.0)
        shift = functional.pad(shift, (1, 1))
        trough = torch.cat(
            [
                difference[..., :1] < difference[..., 1:2],
                (middle < before) & (middle <= after),
                difference[..., -1:] < difference[..., -2:-1],
            ],
            dim=-1,
        )
        # The first trough that is deep enough, else the lowest value.
        lowest = difference == difference.amin(-1, keepdim=True)
        deep = trough & (difference < self.threshold)
        at = torch.arange(difference.shape[-1], device=cut.device)
        first = torch.where(deep, at, at.shape[0]).amin(-1, keepdim=True)
        least = torch.where(lowest, at, at.shape[0]).amin(-1, keepdim=True)
        period = torch.where(first < at.shape[0], first, least)
        exact = self.shortest + period + shift.gather(-1, period)
        return (self.sample_rate / exact).transpose(1, 2)

    def normalised(self, cut: Tensor) -> Tensor:
        """Give YIN's normalised difference of each period: (batch, frames, periods)."""
        power = self.fourier(functional.pad(cut, (0, self.padding)))
        same = torch.matmul(power, self.cosines)
        energy = cut[..., : self.longest].square().cumsum(-1)
        difference = 2 * (same[..., :1] - same[..., 1:]) - energy
        periods = torch.arange(1, self.longest + 1, device=cut.device)
        mean = difference.cumsum(-1) / periods
        mean = torch.where(mean == 0, 1.0, mean)  # silence differs by 0
        return (difference / mean)[..., self.shortest - 1 :]


class FrontEnd(nn.Module):
    """Fundamental frequency in Hz, of every frame, voiced or not."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.resample = Resample(config.input_rate, config.sample_rate)
        self.yin = Yin(config)
        self.rows = 1

    def frames_of(self, lengths: Tensor) -> Tensor:
        """Give the number of frames of waveforms of these lengths in samples."""
        c = self.config
        return frames_of(self.resample.lengths_of(lengths), c.frame_length, c.hop_length, c.center)

    def forward(self, waveform: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Transform ``waveform`` (batch, n) to float32 (batch, 1, frames) in Hz."""
        c = self.config
        heard = self.resample(waveform, lengths)
        own = self.resample.lengths_of(valid_lengths(waveform, lengths))
        if c.center:
            heard = extended(heard, own, c.frame_length // 2, c.pad_mode)
        else:
            heard = at_least(masked(heard, own), c.frame_length)
        hz: Tensor = self.yin(frames(heard, c.frame_length, c.hop_length))
        return hz.float()
