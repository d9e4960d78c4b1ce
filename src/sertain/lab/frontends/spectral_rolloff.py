"""Frequency below which most of a frame lies, equal to ``librosa.feature.spectral_rolloff``."""

from __future__ import annotations

from pydantic import Field
from torch import Tensor, nn

from sertain.lab.frontends import spectrogram


class Config(spectrogram.Config):
    """Parameters of librosa's ``spectral_rolloff``, by their names and with their values there."""

    power: float = Field(default=1.0, gt=0)
    roll_percent: float = Field(default=0.85, gt=0, lt=1)


class Rolloff(nn.Module):
    """The lowest bin, in Hz, up to which a share of the spectrum's sum lies."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.share = config.roll_percent
        self.bin_hz = config.sample_rate / config.n_fft

    def forward(self, spectrum: Tensor, own: Tensor) -> Tensor:  # noqa: ARG002  # one form for all
        """Transform (batch, bins, frames) to (batch, 1, frames); silence gives 0 Hz."""
        upto = spectrum.cumsum(1)
        below = upto < self.share * upto[:, -1:]
        return below.sum(1, keepdim=True).to(spectrum.dtype) * self.bin_hz


class FrontEnd(spectrogram.OfSpectrum):
    """Spectral roll-off of the magnitude spectrogram."""

    def __init__(self, config: Config) -> None:
        super().__init__(config, Rolloff(config), 1)
