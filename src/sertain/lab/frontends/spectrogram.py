"""Spectrogram, equal to ``abs(librosa.stft(…)) ** power``, and what is made from one."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import Field
from torch import Tensor, nn

from sertain.lab.checked import Checked
from sertain.lab.frontends.framing import PadMode, own_frames, valid_lengths
from sertain.lab.frontends.resample import Resample
from sertain.lab.frontends.stft import PowerSpectrum


class Config(Checked):
    """Parameters of ``librosa.stft``, by their names and with their values there.

    ``input_rate`` is the rate of the waveform at the door; where ``sample_rate`` is another one,
    the waveform is resampled to it first.
    """

    input_rate: int = Field(default=16000, ge=8000, le=48000)
    sample_rate: int = Field(default=22050, ge=8000, le=48000)
    n_fft: int = Field(default=2048, ge=32, le=8192)
    hop_length: int = Field(default=512, ge=8)
    win_length: int | None = Field(default=None, ge=8)
    window: str = "hann"
    center: bool = True
    pad_mode: PadMode = "constant"
    power: float = Field(default=2.0, gt=0)


class FrontEnd(nn.Module):
    """``|STFT| ** power``."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        c = config
        self.resample = Resample(c.input_rate, c.sample_rate)
        self.spectrum = PowerSpectrum(
            c.n_fft, c.hop_length, c.win_length, c.window, c.center, c.pad_mode, c.power
        )
        self.rows = self.spectrum.rows

    def frames_of(self, lengths: Tensor) -> Tensor:
        """Give the number of frames of waveforms of these lengths in samples."""
        return self.spectrum.frames_of(self.resample.lengths_of(lengths))

    def own(self, waveform: Tensor, lengths: Tensor | None, longest: int) -> Tensor:
        """Say which of ``longest`` frames belong to their clip: bool (batch, longest)."""
        return own_frames(self.frames_of(valid_lengths(waveform, lengths)), longest)

    def precise(self, waveform: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Give the spectrogram before it is rounded to float32."""
        heard = self.resample(waveform, lengths)
        own = None if lengths is None else self.resample.lengths_of(lengths)
        power: Tensor = self.spectrum(heard, own)
        return power

    def forward(self, waveform: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Transform ``waveform`` (batch, n) to float32 (batch, n_fft // 2 + 1, frames)."""
        return self.precise(waveform, lengths).float()


class OfSpectrum(nn.Module):
    """A front end that makes its rows from one spectrogram.

    ``part`` maps the spectrogram (batch, bins, frames) and the clip's own frames, bool (batch,
    frames), to (batch, rows, frames).
    """

    def __init__(self, config: Config, part: Callable[[Tensor, Tensor], Tensor], rows: int) -> None:
        super().__init__()
        self.spectrogram = FrontEnd(config)
        self.part = part
        self.rows = rows

    def frames_of(self, lengths: Tensor) -> Tensor:
        """Give the number of frames of waveforms of these lengths in samples."""
        return self.spectrogram.frames_of(lengths)

    def forward(self, waveform: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Transform ``waveform`` (batch, n) to float32 (batch, rows, frames)."""
        spectrum = self.spectrogram.precise(waveform, lengths)
        own = self.spectrogram.own(waveform, lengths, spectrum.shape[2])
        return self.part(spectrum, own).float()
