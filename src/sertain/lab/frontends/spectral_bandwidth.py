"""Spread of a frame around its mean frequency, equal to ``librosa.feature.spectral_bandwidth``."""

from __future__ import annotations

from pydantic import Field
from torch import Tensor, nn

from sertain.lab.frontends import spectrogram
from sertain.lab.frontends.spectral_centroid import Centroid, shares


class Config(spectrogram.Config):
    """Parameters of librosa's ``spectral_bandwidth``, by their names and with their values there.

    ``p`` is the power to which the distance from the centroid is raised.
    """

    power: float = Field(default=1.0, gt=0)
    p: float = Field(default=2.0, gt=0)


class Bandwidth(nn.Module):
    """The p-th order spread around the centroid, in Hz."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.centroid = Centroid(config)
        self.p = config.p

    def forward(self, spectrum: Tensor, own: Tensor) -> Tensor:
        """Transform (batch, bins, frames) to (batch, 1, frames); silence gives 0 Hz."""
        apart = (self.centroid.hz.to(spectrum.dtype) - self.centroid(spectrum, own)).abs()
        spread: Tensor = (shares(spectrum) * apart**self.p).sum(1, keepdim=True)
        return spread ** (1 / self.p)


class FrontEnd(spectrogram.OfSpectrum):
    """Spectral bandwidth of the magnitude spectrogram."""

    def __init__(self, config: Config) -> None:
        super().__init__(config, Bandwidth(config), 1)
