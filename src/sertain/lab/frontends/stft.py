"""Short-time Fourier transform, equal to ``librosa.stft``."""

from __future__ import annotations

import math

import numpy as np
import torch
from scipy.signal import get_window
from torch import Tensor, nn
from torch.nn import functional

from sertain.lab.frontends.fourier import Fourier
from sertain.lab.frontends.framing import (
    PadMode,
    at_least,
    eager_on_cpu,
    extended,
    frames,
    frames_of,
    keep_freed_memory,
    masked,
)

LONG = 1024
"""From this ``n_fft`` on a graph uses matrix products in float64 instead of one convolution."""


class PowerSpectrum(nn.Module):
    """``|STFT| ** power`` of a batch of waveforms.

    In torch the transform is a double precision FFT, so that bins 80 dB below the loudest agree
    with librosa too.  In an exported graph a short one is one convolution with the windowed
    cosines and sines: ONNX Runtime runs that several times faster than its own DFT operator, and
    the difference (under 0.001 dB) is far below what a network notices.  A long one is
    :class:`~sertain.lab.frontends.fourier.Fourier`.

    Parameters
    ----------
    n_fft, hop_length, win_length, window, center, pad_mode:
        As in ``librosa.stft`` (``pad_mode="replicate"`` is librosa's ``"edge"``).
    power:
        Exponent of the magnitude: 1 magnitude, 2 power.
    """

    window_padded: Tensor
    basis: Tensor

    def __init__(
        self,
        n_fft: int = 2048,
        hop_length: int | None = None,
        win_length: int | None = None,
        window: str = "hann",
        center: bool = True,
        pad_mode: PadMode = "constant",
        power: float = 2.0,
    ) -> None:
        super().__init__()
        win_length = n_fft if win_length is None else win_length
        if not 0 < win_length <= n_fft:
            raise ValueError(f"win_length is {win_length}, must lie in 1…n_fft={n_fft}")
        self.n_fft = n_fft
        self.hop_length = win_length // 4 if hop_length is None else hop_length
        self.center = center
        self.pad_mode = pad_mode
        self.power = power
        self.fourier = Fourier(n_fft)
        shape = np.zeros(n_fft)
        left = (n_fft - win_length) // 2
        shape[left : left + win_length] = get_window(window, win_length, fftbins=True)
        self.register_buffer("window_padded", torch.from_numpy(shape), persistent=False)
        if n_fft < LONG:
            angle = 2 * math.pi / n_fft * np.outer(np.arange(n_fft // 2 + 1), np.arange(n_fft))
            basis = np.concatenate([np.cos(angle) * shape, -np.sin(angle) * shape])
            basis_32 = torch.from_numpy(basis).float()[:, None]
            self.register_buffer("basis", basis_32, persistent=False)

    @property
    def rows(self) -> int:
        """Number of frequency bins, ``n_fft // 2 + 1``."""
        return self.n_fft // 2 + 1

    def frames_of(self, lengths: Tensor) -> Tensor:
        """Give the number of frames of waveforms of these lengths in samples."""
        return frames_of(lengths, self.n_fft, self.hop_length, self.center)

    def forward(self, waveform: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Transform ``waveform`` (batch, n), any float type, to (batch, rows, frames).

        Each row ends after its ``lengths`` samples, where they are given.  In torch the result is
        float64, so that what is built on it is rounded once, at its end.
        """
        if self.center:
            waveform = extended(waveform, lengths, self.n_fft // 2, self.pad_mode)
        else:
            own = waveform if lengths is None else masked(waveform, lengths)
            waveform = at_least(own, self.n_fft)
        if torch.onnx.is_in_onnx_export() and self.n_fft < LONG:
            signal = waveform[:, None].to(self.basis.dtype)
            parts = functional.conv1d(signal, self.basis, stride=self.hop_length)
            real, imaginary = parts[:, : self.rows], parts[:, self.rows :]
            power = real * real + imaginary * imaginary
        elif eager_on_cpu(waveform) and not waveform.requires_grad:
            power = self._clip_by_clip(waveform)
        else:
            cut = frames(waveform.double(), self.n_fft, self.hop_length)
            power = self.fourier(cut * self.window_padded).transpose(1, 2)
        if self.power != 2.0:
            power = power ** (self.power / 2.0)
        return power

    def _clip_by_clip(self, waveform: Tensor) -> Tensor:
        """Transform each row (batch, n) in the same memory, which then stays in the cache."""
        keep_freed_memory()
        cut = frames(waveform.double(), self.n_fft, self.hop_length)
        power = cut.new_empty(*cut.shape[:2], self.rows)
        windowed = torch.empty_like(cut[0], memory_format=torch.contiguous_format)
        for row, out in zip(cut, power, strict=True):
            torch.mul(row, self.window_padded, out=windowed)
            parts = torch.view_as_real(torch.fft.rfft(windowed)).square_()
            torch.add(parts[..., 0], parts[..., 1], out=out)
        return power.transpose(1, 2)
