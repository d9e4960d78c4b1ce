"""Peaks over valleys in octave bands, equal to ``librosa.feature.spectral_contrast``."""

from __future__ import annotations

from typing import Self

import numpy as np
import torch
from pydantic import Field, model_validator
from torch import Tensor, nn

from sertain.lab.frontends import spectrogram
from sertain.lab.frontends.log_mel import Decibels


class Config(spectrogram.Config):
    """Parameters of librosa's ``spectral_contrast``, by their names and with their values there."""

    power: float = Field(default=1.0, gt=0)
    fmin: float = Field(default=200.0, gt=0)
    n_bands: int = Field(default=6, ge=1, le=12)
    quantile: float = Field(default=0.02, gt=0, lt=1)

    @model_validator(mode="after")
    def _below_nyquist(self) -> Self:
        if self.fmin * 2 ** (self.n_bands - 1) >= self.sample_rate / 2:
            raise ValueError("its bands reach beyond half the sample rate: lower fmin or n_bands")
        return self


class Contrast(nn.Module):
    """In each band the mean of the loudest bins over that of the quietest, in dB."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.bands = bands(config)
        self.decibels = Decibels(1.0, 1e-10, 80.0)

    def forward(self, spectrum: Tensor, own: Tensor) -> Tensor:
        """Transform (batch, bins, frames) to (batch, n_bands + 1, frames)."""
        peaks, valleys = [], []
        for start, stop, few in self.bands:
            band = spectrum[:, start:stop]
            peaks.append(band.topk(few, dim=1).values.mean(1))
            valleys.append(band.topk(few, dim=1, largest=False).values.mean(1))
        peak: Tensor = self.decibels(torch.stack(peaks, 1), own)
        valley: Tensor = self.decibels(torch.stack(valleys, 1), own)
        return peak - valley


def bands(config: Config) -> list[tuple[int, int, int]]:
    """Give (first bin, bin behind the last, number of bins that make peak and valley)."""
    hz = np.fft.rfftfreq(config.n_fft, 1 / config.sample_rate)
    octaves = [0.0, *(config.fmin * 2.0 ** np.arange(config.n_bands + 1))]
    found = []
    for number in range(config.n_bands + 1):
        inside = np.flatnonzero((hz >= octaves[number]) & (hz <= octaves[number + 1]))
        start, stop = int(inside[0]), int(inside[-1]) + 1
        last = number == config.n_bands
        # librosa adds the bin below, counts, and leaves the highest out again.
        start, stop = start - (number > 0), len(hz) if last else stop
        few = max(1, int(np.rint(config.quantile * (stop - start))))
        found.append((start, stop if last else stop - 1, few))
    return found


class FrontEnd(spectrogram.OfSpectrum):
    """Spectral contrast of the magnitude spectrogram."""

    def __init__(self, config: Config) -> None:
        super().__init__(config, Contrast(config), config.n_bands + 1)
