"""Peaks over valleys in octave bands, equal to ``librosa.feature.spectral_contrast``."""

from __future__ import annotations

from itertools import pairwise
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
    def _every_band_has_bins(self) -> Self:
        bands(self.sample_rate, self.n_fft, self.fmin, self.n_bands, self.quantile)
        return self


class Contrast(nn.Module):
    """In each band the mean of the loudest bins over that of the quietest, in dB."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        c = config
        self.bands = bands(c.sample_rate, c.n_fft, c.fmin, c.n_bands, c.quantile)
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


def bands(
    sample_rate: int, n_fft: int, fmin: float = 200.0, n_bands: int = 6, quantile: float = 0.02
) -> list[tuple[int, int, int]]:
    """Give (first bin, bin behind the last, number of bins that make peak and valley).

    A band that reaches beyond half the sample rate or has no bins is a ``ValueError``.  librosa
    gives an ``IndexError`` or NaN there.
    """
    if fmin * 2 ** (n_bands - 1) >= sample_rate / 2:
        raise ValueError("its bands reach beyond half the sample rate: lower fmin or n_bands")
    hz = np.fft.rfftfreq(n_fft, 1 / sample_rate)
    octaves = [0.0, *(fmin * 2.0 ** np.arange(n_bands + 1))]
    found = []
    for number, (low, high) in enumerate(pairwise(octaves)):
        inside = np.flatnonzero((hz >= low) & (hz <= high))
        last = number == n_bands
        # librosa adds the bin below, counts, and leaves the highest out again.
        start = int(inside[0]) - (number > 0) if len(inside) else 0
        counted = (len(hz) if last else int(inside[-1]) + 1) - start if len(inside) else 0
        size = counted if last else counted - 1
        if size < 1:
            raise ValueError(
                f"n_fft {n_fft} is too coarse at {sample_rate} Hz: spectral contrast has no bins"
                f" between {low:g} and {high:g} Hz: raise n_fft or fmin"
            )
        few = min(size, max(1, int(np.rint(quantile * counted))))
        found.append((start, start + size, few))
    return found


class FrontEnd(spectrogram.OfSpectrum):
    """Spectral contrast of the magnitude spectrogram."""

    def __init__(self, config: Config) -> None:
        super().__init__(config, Contrast(config), config.n_bands + 1)
