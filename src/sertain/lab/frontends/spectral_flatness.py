"""How like noise a frame is, 0 to 1, equal to ``librosa.feature.spectral_flatness``."""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor, nn

from sertain.lab.frontends import spectrogram


class Config(spectrogram.Config):
    """Parameters of librosa's ``spectral_flatness``, by their names and with their values there."""

    amin: float = Field(default=1e-10, gt=0)


class Flatness(nn.Module):
    """The geometric over the arithmetic mean of the bins."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.amin = config.amin

    def forward(self, spectrum: Tensor, own: Tensor) -> Tensor:  # noqa: ARG002  # one form for all
        """Transform power (batch, bins, frames) to (batch, 1, frames); silence gives 1."""
        heard = spectrum.clamp(min=self.amin)
        geometric = torch.exp(torch.log(heard).mean(1, keepdim=True))
        return geometric / heard.mean(1, keepdim=True)


class FrontEnd(spectrogram.OfSpectrum):
    """Spectral flatness of the power spectrogram."""

    def __init__(self, config: Config) -> None:
        super().__init__(config, Flatness(config), 1)
