"""Features of a clip averaged over its frames: one vector, from one STFT.

The defaults are the 162 columns of Davies and Chen 2024, equal to the means of librosa's functions.
Shukla's 141 are ``columns: [mfcc, mel], n_mfcc: 13``, the 180 of Santamaria's public code
``columns: [mfcc, chroma, mel], n_mfcc: 40``, the 20 of Vu's SVM ``columns: [mfcc]``.
"""

from __future__ import annotations

from typing import Final, Literal, Self

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn

from sertain.lab.frontends import (
    chroma_stft,
    mel_spectrogram,
    mfcc,
    spectral_bandwidth,
    spectral_centroid,
    spectral_contrast,
    spectral_flatness,
    spectral_rolloff,
    spectrogram,
)
from sertain.lab.frontends.framing import each, own_mean, valid_lengths
from sertain.lab.frontends.log_mel import Decibels
from sertain.lab.frontends.rms import RootMeanSquare
from sertain.lab.frontends.zero_crossing_rate import ZeroCrossings

Column = Literal[
    "zero_crossing_rate",
    "chroma",
    "mfcc",
    "rms",
    "mel",
    "contrast",
    "centroid",
    "bandwidth",
    "rolloff",
    "flatness",
]


class Config(mfcc.Config):
    """Which features, in which order, and the parameters that they share.

    ``chroma_power`` is the exponent of the magnitudes that chroma is made of: the reports' code
    gives ``abs(librosa.stft(y))`` to ``chroma_stft``, whose own default is 2.
    """

    sample_rate: int = Field(default=22050, ge=8000, le=48000)
    n_fft: int = Field(default=2048, ge=32, le=8192)
    hop_length: int = Field(default=512, ge=8)
    power: Literal[2] = 2  # of the one spectrum that all share
    columns: tuple[Column, ...] = Field(
        default=("zero_crossing_rate", "chroma", "mfcc", "rms", "mel"), min_length=1
    )
    n_chroma: int = Field(default=12, ge=2, le=256)
    chroma_power: Literal[1, 2] = 1

    @model_validator(mode="after")
    def _bands_of_contrast(self) -> Self:
        if "contrast" in self.columns:
            spectral_contrast.bands(self.sample_rate, self.n_fft)
        return self


OF_MAGNITUDE: Final[dict[str, tuple[type[nn.Module], type[spectrogram.Config]]]] = {
    "contrast": (spectral_contrast.Contrast, spectral_contrast.Config),
    "centroid": (spectral_centroid.Centroid, spectral_centroid.Config),
    "bandwidth": (spectral_bandwidth.Bandwidth, spectral_bandwidth.Config),
    "rolloff": (spectral_rolloff.Rolloff, spectral_rolloff.Config),
}


class FrontEnd(nn.Module):
    """The averages, one below the other, as a single frame."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = c = config
        self.spectrogram = spectrogram.FrontEnd(c)
        self.mel = mel_spectrogram.Mel(c)
        self.decibels = Decibels(c.ref, c.amin, c.top_db)
        shared = c.model_dump(include=set(spectrogram.Config.model_fields) - {"power"})
        self.chroma = chroma_stft.Chroma(chroma_stft.Config(**shared, n_chroma=c.n_chroma))
        self.of_magnitude = nn.ModuleDict(
            {
                column: part(kind(**shared))
                for column, (part, kind) in OF_MAGNITUDE.items()
                if column in c.columns
            }
        )
        self.flatness = spectral_flatness.Flatness(spectral_flatness.Config(**shared))
        self.cepstrum = mfcc.Cepstrum(c)
        self.crossings = ZeroCrossings(c.n_fft, c.hop_length, c.center)
        self.level = RootMeanSquare(c.n_fft, c.hop_length, c.center, c.pad_mode)
        many = {"chroma": c.n_chroma, "mfcc": c.n_mfcc, "mel": c.n_mels, "contrast": 7}
        self.rows = sum(many.get(column, 1) for column in c.columns)

    def frames_of(self, lengths: Tensor) -> Tensor:
        """Give 1 for each waveform."""
        return torch.ones_like(lengths)

    def forward(self, waveform: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Transform ``waveform`` (batch, n) to float32 (batch, columns, 1)."""
        return each(self._averages, waveform, valid_lengths(waveform, lengths))

    def _averages(self, waveform: Tensor, lengths: Tensor) -> Tensor:
        own_lengths = self.spectrogram.resample.lengths_of(lengths)
        heard = self.spectrogram.resample(waveform, lengths)
        precise = self.spectrogram.spectrum(heard, own_lengths)
        own = self.spectrogram.own(waveform, lengths, precise.shape[2])
        # The tuning hangs on which bin of a histogram is the highest; all else bears rounding.
        power = precise.float()
        magnitude = power.sqrt()
        bands = self.mel(power)
        means = []
        for column in self.config.columns:
            if column == "mel":
                feature = bands
            elif column == "mfcc":
                feature = self.cepstrum(self.decibels(bands, own))
            elif column == "zero_crossing_rate":
                feature = self.crossings(heard, own_lengths)
            elif column == "rms":
                feature = self.level(heard, own_lengths)
            elif column == "flatness":
                feature = self.flatness(power, own)
            elif column == "chroma":
                root = self.config.chroma_power == 1
                tuning = self.chroma.estimate(precise, own, squared=root)
                feature = self.chroma.notes_of(magnitude if root else power, tuning)
            else:
                feature = self.of_magnitude[column](magnitude, own)
            means.append(own_mean(feature, own))
        return torch.cat(means, dim=1).float()[:, :, None]
