"""Mel spectrogram, equal to ``librosa.feature.melspectrogram``."""

from __future__ import annotations

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from sertain.lab.frontends import spectrogram
from sertain.lab.frontends.mel import MelNorm, mel_filters

TOGETHER, WIDE = 16, 512
"""Bands that are summed together, and from how many bins on that is faster than all at once."""


class Config(spectrogram.Config):
    """Parameters of librosa's ``melspectrogram``, by their names and with their values there."""

    n_mels: int = Field(default=128, ge=4, le=512)
    fmin: float = Field(default=0.0, ge=0)
    fmax: float | None = None
    htk: bool = False
    norm: MelNorm = "slaney"


class Mel(nn.Module):
    """The mel bands of a spectrogram."""

    filters: Tensor

    def __init__(self, config: Config) -> None:
        super().__init__()
        c = config
        filters = mel_filters(c.sample_rate, c.n_fft, c.n_mels, c.fmin, c.fmax, c.htk, c.norm)
        self.register_buffer("filters", torch.from_numpy(filters), persistent=False)
        self.groups: list[tuple[slice, slice]] = []
        for first in range(0, c.n_mels, TOGETHER):
            bands = slice(first, first + TOGETHER)
            heard = np.flatnonzero(filters[bands].any(axis=0))
            self.groups.append((bands, slice(heard[0], heard[-1] + 1) if len(heard) else slice(1)))

    def forward(self, spectrum: Tensor) -> Tensor:
        """Transform (batch, bins, frames) to (batch, n_mels, frames)."""
        if torch.onnx.is_in_onnx_export() or spectrum.shape[1] < WIDE:
            return torch.matmul(self.filters.to(spectrum.dtype), spectrum)
        # Neighbouring bands hear few of the bins.
        parts = [
            torch.matmul(self.filters[bands, bins].to(spectrum.dtype), spectrum[:, bins])
            for bands, bins in self.groups
        ]
        return torch.cat(parts, dim=1)


class FrontEnd(nn.Module):
    """Mel bands of ``|STFT| ** power``."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.spectrogram = spectrogram.FrontEnd(config)
        self.mel = Mel(config)
        self.rows = config.n_mels

    def frames_of(self, lengths: Tensor) -> Tensor:
        """Give the number of frames of waveforms of these lengths in samples."""
        return self.spectrogram.frames_of(lengths)

    def precise(self, waveform: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Give the mel spectrogram before it is rounded to float32."""
        bands: Tensor = self.mel(self.spectrogram.precise(waveform, lengths))
        return bands

    def forward(self, waveform: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Transform ``waveform`` (batch, n) to float32 (batch, n_mels, frames)."""
        return self.precise(waveform, lengths).float()
