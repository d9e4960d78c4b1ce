"""Mel spectrogram, equal to ``librosa.feature.melspectrogram``."""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor, nn

from sertain.lab.frontends import spectrogram
from sertain.lab.frontends.mel import MelNorm, mel_filters


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

    def forward(self, spectrum: Tensor) -> Tensor:
        """Transform (batch, bins, frames) to (batch, n_mels, frames)."""
        return torch.matmul(self.filters.to(spectrum.dtype), spectrum)


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
