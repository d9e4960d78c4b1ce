"""Three pictures of a clip, one below the other: spectrogram, mel filter bank, the same in dB.

The defaults are Santamaria's 512 × 90 × 3.  The smaller cube of the author's code, 128 × 90 × 3, is
``first: chroma, n_fft: 256, n_mels: 128, fmax: 8000``.
"""

from __future__ import annotations

from typing import Literal, Self

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn

from sertain.lab.frontends import chroma_stft, log_mel, mel_spectrogram, spectrogram
from sertain.lab.frontends.framing import fixed_frames, valid_lengths
from sertain.lab.frontends.log_mel import Decibels


class Config(log_mel.Config):
    """Parameters of the spectrogram, the mel bands and the decibels, by librosa's names.

    ``first`` is the first picture: the spectrogram, or its chroma with ``n_mels`` notes.  All
    three have as many rows.  ``frames`` is the width of a picture.
    """

    sample_rate: int = Field(default=22050, ge=8000, le=48000)
    n_fft: int = Field(default=1023, ge=32, le=8192)
    hop_length: int = Field(default=512, ge=8)
    n_mels: int = Field(default=512, ge=4, le=512)
    first: Literal["spectrogram", "chroma"] = "spectrogram"
    frames: int = Field(default=90, ge=1, le=4096)

    @model_validator(mode="after")
    def _as_many_rows(self) -> Self:
        if self.first == "spectrogram" and self.n_fft // 2 + 1 != self.n_mels:
            raise ValueError(
                f"n_fft {self.n_fft} gives {self.n_fft // 2 + 1} rows, n_mels {self.n_mels}:"
                " the pictures need as many"
            )
        return self


class FrontEnd(nn.Module):
    """Three pictures from one STFT."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.spectrogram = spectrogram.FrontEnd(config)
        self.mel = mel_spectrogram.Mel(config)
        self.decibels = Decibels(config.ref, config.amin, config.top_db)
        self.chroma = None
        if config.first == "chroma":
            shared = config.model_dump(include=set(spectrogram.Config.model_fields))
            notes = chroma_stft.Config(**shared, n_chroma=config.n_mels)
            self.chroma = chroma_stft.Chroma(notes)
        self.frames = config.frames
        self.rows = 3 * config.n_mels

    def frames_of(self, lengths: Tensor) -> Tensor:
        """Give the width of a picture for each waveform."""
        return torch.full_like(lengths, self.frames)

    def forward(self, waveform: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Transform ``waveform`` (batch, n) to float32 (batch, 3 · n_mels, frames)."""
        spectrum = self.spectrogram.precise(waveform, lengths)
        own = self.spectrogram.own(waveform, lengths, spectrum.shape[2])
        bands = self.mel(spectrum)
        first = spectrum if self.chroma is None else self.chroma(spectrum, own)
        cube = torch.cat([first, bands, self.decibels(bands, own)], dim=1)
        frames = self.spectrogram.frames_of(valid_lengths(waveform, lengths))
        return fixed_frames(cube, frames, self.frames).float()
