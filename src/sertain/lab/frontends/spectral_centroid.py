"""Mean frequency of a frame in Hz, equal to ``librosa.feature.spectral_centroid``."""

from __future__ import annotations

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from sertain.lab.frontends import spectrogram


class Config(spectrogram.Config):
    """Parameters of librosa's ``spectral_centroid``, by their names and with their values there."""

    power: float = Field(default=1.0, gt=0)


class Centroid(nn.Module):
    """The mean of the bins' frequencies, weighted by the spectrum."""

    hz: Tensor

    def __init__(self, config: spectrogram.Config) -> None:
        super().__init__()
        hz = np.fft.rfftfreq(config.n_fft, 1 / config.sample_rate)
        self.register_buffer("hz", torch.from_numpy(hz)[:, None], persistent=False)

    def forward(self, spectrum: Tensor, own: Tensor) -> Tensor:  # noqa: ARG002  # one form for all
        """Transform (batch, bins, frames) to (batch, 1, frames); silence gives 0 Hz."""
        return (shares(spectrum) * self.hz.to(spectrum.dtype)).sum(1, keepdim=True)


def shares(spectrum: Tensor) -> Tensor:
    """Divide each frame of (batch, bins, frames) by its sum; silence stays 0."""
    whole = spectrum.sum(1, keepdim=True)
    return spectrum / torch.where(whole > 0, whole, 1.0)


class FrontEnd(spectrogram.OfSpectrum):
    """Spectral centroid of the magnitude spectrogram."""

    def __init__(self, config: Config) -> None:
        super().__init__(config, Centroid(config), 1)
