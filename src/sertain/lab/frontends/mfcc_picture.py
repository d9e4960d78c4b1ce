"""Mel-frequency cepstral coefficients as a picture of a fixed number of frames."""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor, nn

from sertain.lab.frontends import mfcc
from sertain.lab.frontends.framing import fixed_frames, valid_lengths


class Config(mfcc.Config):
    """Parameters of the coefficients; ``frames`` is the width of the picture.

    The defaults are those of Santamaria's baseline.
    """

    sample_rate: int = Field(default=22050, ge=8000, le=48000)
    n_fft: int = Field(default=2048, ge=32, le=8192)
    hop_length: int = Field(default=512, ge=8)
    n_mfcc: int = Field(default=40, ge=1, le=512)
    frames: int = Field(default=128, ge=1, le=4096)


class FrontEnd(nn.Module):
    """Coefficients, cut to ``frames`` frames or continued by the clip's last one."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.mfcc = mfcc.FrontEnd(config)
        self.frames = config.frames
        self.rows = config.n_mfcc

    def frames_of(self, lengths: Tensor) -> Tensor:
        """Give the width of the picture for each waveform."""
        return torch.full_like(lengths, self.frames)

    def forward(self, waveform: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Transform ``waveform`` (batch, n) to float32 (batch, n_mfcc, frames)."""
        coefficients = self.mfcc.precise(waveform, lengths)
        own = self.mfcc.frames_of(valid_lengths(waveform, lengths))
        return fixed_frames(coefficients, own, self.frames).float()
