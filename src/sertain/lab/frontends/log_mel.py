"""Log-mel spectrogram, equal to ``librosa.power_to_db(librosa.feature.melspectrogram(…))``."""

from __future__ import annotations

import math
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from sertain.lab.frontends import mel_spectrogram


class Config(mel_spectrogram.Config):
    """Parameters of librosa's ``melspectrogram`` and ``power_to_db``, by their names there.

    ``ref`` is the power of 0 dB, or ``"max"`` for the loudest cell of the clip; ``top_db``
    clips what lies further below the clip's loudest cell.
    """

    sample_rate: int = Field(default=16000, ge=8000, le=48000)
    n_fft: int = Field(default=400, ge=32, le=8192)
    hop_length: int = Field(default=160, ge=8)
    n_mels: int = Field(default=64, ge=4, le=512)
    ref: float | Literal["max"] = 1.0
    amin: float = Field(default=1e-10, gt=0)
    top_db: float | None = Field(default=80.0, gt=0)


class Decibels(nn.Module):
    """``librosa.power_to_db`` of a clip."""

    def __init__(self, ref: float | Literal["max"], amin: float, top_db: float | None) -> None:
        super().__init__()
        self.ref, self.amin, self.top_db = ref, amin, top_db

    def forward(self, power: Tensor, own: Tensor) -> Tensor:
        """Transform power (batch, rows, frames) to dB; ``own``, bool (batch, frames).

        The loudest cell is looked for in the clip's own frames.
        """
        db = 10.0 * torch.log10(power.clamp(min=self.amin))
        loudest = torch.where(own[:, None], db, -math.inf).amax(dim=(1, 2), keepdim=True)
        if self.ref == "max":
            db, loudest = db - loudest, torch.zeros_like(loudest)
        elif self.ref != 1.0:
            shift = 10.0 * math.log10(max(self.amin, self.ref))
            db, loudest = db - shift, loudest - shift
        if self.top_db is not None:
            db = torch.maximum(db, loudest - self.top_db)
        return db


class FrontEnd(nn.Module):
    """Log-mel spectrogram in dB."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.mel = mel_spectrogram.FrontEnd(config)
        self.decibels = Decibels(config.ref, config.amin, config.top_db)
        self.rows = self.mel.rows

    def frames_of(self, lengths: Tensor) -> Tensor:
        """Give the number of frames of waveforms of these lengths in samples."""
        return self.mel.frames_of(lengths)

    def own(self, waveform: Tensor, lengths: Tensor | None, longest: int) -> Tensor:
        """Say which of ``longest`` frames belong to their clip: bool (batch, longest)."""
        return self.mel.spectrogram.own(waveform, lengths, longest)

    def precise(self, waveform: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Give the log-mel spectrogram before it is rounded to float32."""
        power = self.mel.precise(waveform, lengths)
        db: Tensor = self.decibels(power, self.own(waveform, lengths, power.shape[2]))
        return db

    def forward(self, waveform: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Transform ``waveform`` (batch, n) to dB, float32 (batch, n_mels, frames).

        Zeros appended to a row change nothing in the frames that it had before.
        """
        return self.precise(waveform, lengths).float()
