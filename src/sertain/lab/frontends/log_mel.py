"""Log-mel spectrogram, equal to ``librosa.power_to_db(librosa.feature.melspectrogram(…))``."""

from __future__ import annotations

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from sertain.lab.checked import Checked
from sertain.lab.frontends.mel import MelNorm, mel_filters
from sertain.lab.frontends.stft import PadMode, PowerSpectrum


class Config(Checked):
    """Parameters of librosa's ``melspectrogram`` and ``power_to_db``, by their names there.

    ``ref`` is the power of 0 dB, or ``"max"`` for the loudest cell of the clip; ``top_db``
    clips what lies further below the clip's loudest cell.
    """

    sample_rate: int = Field(default=16000, ge=8000, le=48000)
    n_fft: int = Field(default=400, ge=32, le=8192)
    hop_length: int = Field(default=160, ge=8)
    win_length: int | None = Field(default=None, ge=8)
    window: str = "hann"
    center: bool = True
    pad_mode: PadMode = "constant"
    power: float = Field(default=2.0, gt=0)
    n_mels: int = Field(default=64, ge=4, le=512)
    fmin: float = Field(default=0.0, ge=0)
    fmax: float | None = None
    htk: bool = False
    norm: MelNorm = "slaney"
    ref: float | Literal["max"] = 1.0
    amin: float = Field(default=1e-10, gt=0)
    top_db: float | None = Field(default=80.0, gt=0)


class MelSpectrogram(nn.Module):
    """Mel power spectrogram, equal to ``librosa.feature.melspectrogram``."""

    filters: Tensor

    def __init__(self, config: Config) -> None:
        super().__init__()
        c = config
        self.spectrum = PowerSpectrum(
            c.n_fft, c.hop_length, c.win_length, c.window, c.center, c.pad_mode, c.power
        )
        filters = mel_filters(c.sample_rate, c.n_fft, c.n_mels, c.fmin, c.fmax, c.htk, c.norm)
        self.register_buffer("filters", torch.from_numpy(filters), persistent=False)
        self.rows = c.n_mels

    def frames_of(self, lengths: Tensor) -> Tensor:
        """Give the number of frames of waveforms of these lengths in samples."""
        return self.spectrum.frames_of(lengths)

    def forward(self, waveform: Tensor) -> Tensor:
        """Transform ``waveform`` (batch, n) to (batch, n_mels, frames), float64 as the STFT."""
        power = self.spectrum(waveform)
        return torch.matmul(self.filters.to(power.dtype), power)


class FrontEnd(nn.Module):
    """Log-mel spectrogram in dB."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.mel = MelSpectrogram(config)
        self.rows = self.mel.rows
        self.ref = config.ref
        self.amin = config.amin
        self.top_db = config.top_db

    def frames_of(self, lengths: Tensor) -> Tensor:
        """Give the number of frames of waveforms of these lengths in samples."""
        return self.mel.frames_of(lengths)

    def forward(self, waveform: Tensor) -> Tensor:
        """Transform ``waveform`` (batch, n) to dB, float32 (batch, n_mels, frames).

        Zeros appended to a row change nothing in the frames that it had before.
        """
        return self.precise(waveform).float()

    def precise(self, waveform: Tensor) -> Tensor:
        """Give the same before it is rounded to float32."""
        power = self.mel(waveform)
        db = 10.0 * torch.log10(power.clamp(min=self.amin))
        loudest = db.amax(dim=(1, 2), keepdim=True)
        if self.ref == "max":
            db, loudest = db - loudest, torch.zeros_like(loudest)
        elif self.ref != 1.0:
            shift = 10.0 * torch.log10(torch.tensor(max(self.amin, self.ref)))
            db, loudest = db - shift, loudest - shift
        if self.top_db is not None:
            db = torch.maximum(db, loudest - self.top_db)
        return db
