"""Mel-frequency cepstral coefficients, equal to ``librosa.feature.mfcc``."""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch
from pydantic import Field
from scipy.fft import dct
from torch import Tensor, nn

from sertain.lab.frontends import log_mel


class Config(log_mel.Config):
    """Parameters of the log-mel spectrogram and of librosa's ``mfcc`` upon it."""

    n_mels: int = Field(default=128, ge=4, le=512)
    n_mfcc: int = Field(default=20, ge=1, le=512)
    dct_type: Literal[2, 3] = 2
    dct_norm: Literal["ortho"] | None = "ortho"
    lifter: float = Field(default=0.0, ge=0)


class Cepstrum(nn.Module):
    """The first ``n_mfcc`` coefficients of the discrete cosine transform of log-mel bands."""

    transform: Tensor

    def __init__(self, config: Config) -> None:
        super().__init__()
        matrix = dct(np.eye(config.n_mels), axis=0, type=config.dct_type, norm=config.dct_norm)
        matrix = matrix[: config.n_mfcc]
        if config.lifter > 0:
            steps = np.arange(1, config.n_mfcc + 1)
            lift = 1 + config.lifter / 2 * np.sin(np.pi * steps / config.lifter)
            matrix = matrix * lift[:, None]
        self.register_buffer("transform", torch.from_numpy(matrix), persistent=False)

    def forward(self, db: Tensor) -> Tensor:
        """Transform (batch, n_mels, frames) in dB to (batch, n_mfcc, frames)."""
        return torch.matmul(self.transform.to(db.dtype), db)


class FrontEnd(nn.Module):
    """Mel-frequency cepstral coefficients."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.log_mel = log_mel.FrontEnd(config)
        self.cepstrum = Cepstrum(config)
        self.rows = config.n_mfcc

    def frames_of(self, lengths: Tensor) -> Tensor:
        """Give the number of frames of waveforms of these lengths in samples."""
        return self.log_mel.frames_of(lengths)

    def precise(self, waveform: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Give the coefficients before they are rounded to float32."""
        coefficients: Tensor = self.cepstrum(self.log_mel.precise(waveform, lengths))
        return coefficients

    def forward(self, waveform: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Transform ``waveform`` (batch, n) to float32 (batch, n_mfcc, frames)."""
        return self.precise(waveform, lengths).float()
