"""Power spectrum of real frames: the FFT in torch, two small matrix products in a graph."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn


class Fourier(nn.Module):
    """``|rfft(frames)| ** 2`` in float64.

    A graph has no fast FFT: ONNX Runtime's DFT operator is slow, and one matrix of all cosines and
    sines weighs 17 MB for 2,048 samples.  With ``n = p · q`` the transform is one of ``p``
    samples, a turn of every number, and one of ``q`` samples (Cooley and Tukey 1965), both as
    matrix products: a tenth of the work, and matrices of a few kilobytes.
    """

    first: Tensor
    turn: Tensor
    second: Tensor

    def __init__(self, n: int) -> None:
        super().__init__()
        self.n = n
        self.rows = n // 2 + 1
        p = max(p for p in range(1, int(n**0.5) + 1) if n % p == 0)
        self.p, self.q = p, n // p
        kept = (self.rows - 1) // p + 1
        first = _turns(np.outer(np.arange(p), np.arange(p)) / p)
        turn = _turns(np.outer(np.arange(p), np.arange(self.q)) / n)
        second = _turns(np.outer(np.arange(self.q), np.arange(kept)) / self.q)
        whole = np.block([[second.real, second.imag], [-second.imag, second.real]])
        for name, values in (
            ("first", np.concatenate([first.real, first.imag])),
            ("turn", np.stack([turn.real, turn.imag])),
            ("second", whole),
        ):
            self.register_buffer(name, torch.from_numpy(values), persistent=False)

    def forward(self, frames: Tensor) -> Tensor:
        """Transform ``frames`` (batch, frames, n) to (batch, frames, n // 2 + 1), float64."""
        frames = frames.double()
        if not torch.onnx.is_in_onnx_export():
            spectrum = torch.fft.rfft(frames)
            power: Tensor = spectrum.real.square() + spectrum.imag.square()
            return power
        batch, count = frames.shape[:2]
        half = torch.matmul(self.first, frames.reshape(batch, count, self.p, self.q))
        real, imaginary = half[:, :, : self.p], half[:, :, self.p :]
        turned = torch.cat(
            [
                real * self.turn[0] - imaginary * self.turn[1],
                real * self.turn[1] + imaginary * self.turn[0],
            ],
            dim=-1,
        )
        whole = torch.matmul(turned, self.second).square()
        kept = self.second.shape[1] // 2
        power = whole[..., :kept] + whole[..., kept:]
        # Bin k1 + p · k2 stands in row k1, column k2.
        return power.transpose(-1, -2).reshape(batch, count, kept * self.p)[..., : self.rows]


def _turns(
    parts: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.complex128]]:
    """Give ``exp(−2πi · parts)``."""
    return np.asarray(np.exp(-2j * np.pi * parts))
