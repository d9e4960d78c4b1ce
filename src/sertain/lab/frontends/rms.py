"""Root mean square of a frame, equal to ``librosa.feature.rms`` of a waveform."""

from __future__ import annotations

from pydantic import Field
from torch import Tensor, nn

from sertain.lab.checked import Checked
from sertain.lab.frontends.framing import (
    PadMode,
    at_least,
    extended,
    frame_sums,
    frames_of,
    masked,
    valid_lengths,
)
from sertain.lab.frontends.resample import Resample


class Config(Checked):
    """Parameters of librosa's ``rms``, by their names and with their values there.

    ``input_rate`` is the rate of the waveform at the door.
    """

    input_rate: int = Field(default=16000, ge=8000, le=48000)
    sample_rate: int = Field(default=22050, ge=8000, le=48000)
    frame_length: int = Field(default=2048, ge=2, le=65536)
    hop_length: int = Field(default=512, ge=8)
    center: bool = True
    pad_mode: PadMode = "constant"


class RootMeanSquare(nn.Module):
    """The level of each frame."""

    def __init__(self, frame_length: int, hop_length: int, center: bool, pad_mode: PadMode) -> None:
        super().__init__()
        self.frame_length, self.hop_length = frame_length, hop_length
        self.center, self.pad_mode = center, pad_mode

    def forward(self, waveform: Tensor, lengths: Tensor | None) -> Tensor:
        """Measure ``waveform`` (batch, n): (batch, 1, frames)."""
        if self.center:
            heard = extended(waveform, lengths, self.frame_length // 2, self.pad_mode)
        else:
            heard = at_least(masked(waveform, valid_lengths(waveform, lengths)), self.frame_length)
        power = frame_sums(heard.square(), self.frame_length, self.hop_length)
        return (power / self.frame_length).sqrt()[:, None]


class FrontEnd(nn.Module):
    """Root mean square."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        c = config
        self.resample = Resample(c.input_rate, c.sample_rate)
        self.level = RootMeanSquare(c.frame_length, c.hop_length, c.center, c.pad_mode)
        self.rows = 1

    def frames_of(self, lengths: Tensor) -> Tensor:
        """Give the number of frames of waveforms of these lengths in samples."""
        c = self.level
        return frames_of(self.resample.lengths_of(lengths), c.frame_length, c.hop_length, c.center)

    def forward(self, waveform: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Transform ``waveform`` (batch, n) to float32 (batch, 1, frames)."""
        heard = self.resample(waveform, lengths)
        own = self.resample.lengths_of(valid_lengths(waveform, lengths))
        level: Tensor = self.level(heard, own)
        return level.float()
