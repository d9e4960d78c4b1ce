"""Mel filter-bank output as a picture of a fixed number of frames."""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor, nn

from sertain.lab.frontends import mel_spectrogram
from sertain.lab.frontends.framing import fixed_frames, valid_lengths


class Config(mel_spectrogram.Config):
    """Parameters of the mel spectrogram; ``frames`` is the width of the picture."""

    frames: int = Field(default=90, ge=1, le=4096)


class FrontEnd(nn.Module):
    """Mel bands, cut to ``frames`` frames or continued by the clip's last one."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.mel = mel_spectrogram.FrontEnd(config)
        self.frames = config.frames
        self.rows = config.n_mels

    def frames_of(self, lengths: Tensor) -> Tensor:
        """Give the width of the picture for each waveform."""
        return torch.full_like(lengths, self.frames)

    def forward(self, waveform: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Transform ``waveform`` (batch, n) to float32 (batch, n_mels, frames)."""
        bands = self.mel.precise(waveform, lengths)
        own = self.mel.frames_of(valid_lengths(waveform, lengths))
        return fixed_frames(bands, own, self.frames).float()
