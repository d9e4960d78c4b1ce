"""A change of sample rate inside the graph, close to ``librosa.resample`` (soxr)."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from sertain.lab.frontends.framing import frames, masked, valid_lengths

# Flat to 0.914 of the lower Nyquist frequency and nothing above it: fitted to soxr's "HQ".
PASS, STOP, ATTENUATION_DB = 0.914, 1.0, 134.0


class Resample(nn.Module):
    """Resample from one whole rate in Hz to another by a windowed sinc.

    The filter is a polyphase bank: for every ``down`` samples that go in, ``up`` filters give one
    sample each.  It is applied in float64, so that torch and a graph hear the same pitch.
    """

    bank: Tensor

    def __init__(self, rate: int, new_rate: int) -> None:
        super().__init__()
        shared = math.gcd(rate, new_rate)
        self.up, self.down = new_rate // shared, rate // shared
        if self.up == self.down:
            return
        bank, self.reach = polyphase(self.up, self.down)
        self.register_buffer("bank", torch.from_numpy(bank), persistent=False)

    def lengths_of(self, lengths: Tensor) -> Tensor:
        """Give the number of samples, rounded up, that waveforms of these lengths become."""
        return (lengths * self.up + self.down - 1) // self.down

    def forward(self, waveform: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Resample ``waveform`` (batch, n); what lies behind a row's own end is 0.

        At equal rates the waveform comes back as it is, else float64.
        """
        if self.up == self.down:
            return waveform
        own = valid_lengths(waveform, lengths)
        n = waveform.shape[1]
        # One block more than n needs, so that the last one is whole.
        padded = functional.pad(
            masked(waveform, own).double(), (self.reach, self.reach + 2 * self.down)
        )
        blocks = frames(padded, self.bank.shape[0], self.down)
        out = torch.matmul(blocks, self.bank).flatten(1)
        out = out[:, : (n * self.up + self.down - 1) // self.down]
        return masked(out, self.lengths_of(own))


def polyphase(up: int, down: int) -> tuple[NDArray[np.float64], int]:
    """Give the filters (2 · reach + down, up) and how many samples they reach to each side."""
    lower = min(1.0, up / down)  # the lower Nyquist frequency, in units of that of the input
    middle, width = lower * (PASS + STOP) / 2, lower * (STOP - PASS)
    # Kaiser's formulas for the length and the shape of a window of this attenuation.
    half = (ATTENUATION_DB - 7.95) / (2.285 * np.pi * width) / 2
    beta = 0.1102 * (ATTENUATION_DB - 8.7)
    reach = math.ceil(half)
    # Output number u of a block lies u · down / up samples behind the block's first one.
    at = np.arange(-reach, reach + down)[:, None] - (np.arange(up) * down / up)[None]
    inside = np.clip(1 - (at / half) ** 2, 0, None)
    window = np.i0(beta * np.sqrt(inside)) / np.i0(beta) * (np.abs(at) <= half)
    return middle * np.sinc(middle * at) * window, reach
