"""Chroma, the energy of each note whatever its octave, equal to ``librosa.feature.chroma_stft``."""

from __future__ import annotations

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from sertain.lab.frontends import spectrogram
from sertain.lab.frontends.tuning import Tuning

CENTRE_OCTAVE, OCTAVES = 5.0, 2.0
"""Where the weight of an octave is 1, and its standard deviation; librosa's values."""


class Config(spectrogram.Config):
    """Parameters of librosa's ``chroma_stft``, by their names and with their values there.

    ``tuning`` is a part of a note; without it each clip's own is estimated, as librosa does.
    """

    n_chroma: int = Field(default=12, ge=2, le=256)
    tuning: float | None = Field(default=None, ge=-0.5, lt=0.5)


class Chroma(nn.Module):
    """The notes of a spectrogram, the loudest of each frame 1."""

    notes: Tensor
    width: Tensor

    def __init__(self, config: Config) -> None:
        super().__init__()
        n_fft, count = config.n_fft, config.n_chroma
        self.count = count
        self.tuning = config.tuning
        self.estimate = Tuning(config.sample_rate, n_fft, count)
        hz = np.linspace(0, config.sample_rate, n_fft, endpoint=False)[1:]
        notes = count * np.log2(hz / 27.5)
        # The bin of 0 Hz is put 1.5 octaves below the first.
        notes = np.concatenate([[notes[0] - 1.5 * count], notes])
        width = np.concatenate([np.maximum(np.diff(notes), 1.0), [1.0]])
        bins = n_fft // 2 + 1
        self.register_buffer("notes", torch.from_numpy(notes[:bins]), persistent=False)
        self.register_buffer("width", torch.from_numpy(width[:bins]), persistent=False)

    def forward(self, spectrum: Tensor, own: Tensor) -> Tensor:
        """Transform (batch, bins, frames) to (batch, n_chroma, frames)."""
        if self.tuning is None:
            tuning = self.estimate(spectrum, own)
        else:
            tuning = torch.full_like(spectrum[:, 0, 0], self.tuning)
        return self.notes_of(spectrum, tuning)

    def notes_of(self, spectrum: Tensor, tuning: Tensor) -> Tensor:
        """Transform (batch, bins, frames) to (batch, n_chroma, frames); ``tuning`` (batch,)."""
        raw = torch.matmul(self.filters(tuning, spectrum.dtype), spectrum)
        loudest = raw.amax(1, keepdim=True)
        return raw / torch.where(loudest > 0, loudest, 1.0)

    def filters(self, tuning: Tensor, dtype: torch.dtype) -> Tensor:
        """Give the filters (batch, n_chroma, bins) of each tuning, as ``librosa.filters.chroma``.

        A bell around each note, whose squares sum to 1 over the notes, under a bell over octaves.
        """
        notes = (self.notes - tuning.double()[:, None])[:, None]
        octave = (notes / self.count - CENTRE_OCTAVE) / OCTAVES
        # The octave is left off before the rounding.
        notes = (notes - torch.floor(notes / self.count) * self.count).to(dtype)
        # Note 0 is C, three semitones above the A from which ``notes`` counts.
        first = 3 * (self.count // 12)
        own = (torch.arange(self.count, device=tuning.device) + first) % self.count
        half = round(self.count / 2)
        apart = notes - own[:, None] + half
        apart = apart - torch.floor(apart / self.count) * self.count - half
        bells = torch.exp(-0.5 * (2 * apart / self.width.to(dtype)).square())
        loudness = torch.exp(-0.5 * octave.square()).to(dtype)
        return bells * (loudness / bells.square().sum(1, keepdim=True).sqrt())


class FrontEnd(spectrogram.OfSpectrum):
    """Chroma of the power spectrogram."""

    def __init__(self, config: Config) -> None:
        super().__init__(config, Chroma(config), config.n_chroma)
