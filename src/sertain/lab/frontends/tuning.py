"""How far a clip is out of tune, equal to ``librosa.estimate_tuning``."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

STEPS = 100
"""Of a note, as librosa's resolution of 0.01."""


class Tuning(nn.Module):
    """The deviation from A = 440 Hz that most spectral peaks share, as a part of a note.

    Peaks are local maxima between 150 and 4,000 Hz above a tenth of their frame's loudest bin,
    refined by a parabola; the louder half of them votes in a histogram of ``STEPS`` bins.
    """

    edges: Tensor

    def __init__(self, sample_rate: int, n_fft: int, notes: int) -> None:
        super().__init__()
        bins = np.fft.rfftfreq(n_fft, 1 / sample_rate)
        heard = np.flatnonzero((bins >= 150.0) & (bins < min(4000.0, sample_rate / 2)))
        self.low, self.high = int(heard[0]), int(heard[-1]) + 1
        self.bin_hz = sample_rate / n_fft
        self.notes = notes
        edges = np.linspace(-0.5, 0.5, STEPS + 1)
        self.register_buffer("edges", torch.from_numpy(edges), persistent=False)

    def forward(self, spectrum: Tensor, own: Tensor, squared: bool = False) -> Tensor:
        """Give −0.5…0.49 for each spectrum (batch, bins, frames), 0 where there is no peak.

        ``own``, bool (batch, frames), are the clip's frames.  The cells of a ``squared`` spectrum
        are the squares of those that are meant: few of them need their root.
        """
        loudness, hz = self._peaks(spectrum, own, squared)
        peak = loudness > 0
        count = peak.sum(1, keepdim=True)
        votes = peak & (loudness >= _median(loudness, count))
        note = self.notes * torch.log2(torch.where(votes, hz, 440.0) / 27.5)
        apart = note - note.floor()
        apart = torch.where(apart >= 0.5, apart - 1.0, apart)
        bin_ = self._bin(apart)
        # What does not vote is counted behind the last bin.
        bin_ = torch.where(votes, bin_, STEPS)
        counts = torch.zeros(spectrum.shape[0], STEPS + 1, device=spectrum.device)
        counts = counts.scatter_add(1, bin_, torch.ones_like(bin_, dtype=counts.dtype))[:, :STEPS]
        most = counts.amax(1, keepdim=True)
        first = torch.where(counts == most, torch.arange(STEPS, device=counts.device), STEPS).amin(
            1
        )
        tuning = self.edges[first].to(spectrum.dtype)
        return torch.where(most[:, 0] > 0, tuning, torch.zeros_like(tuning))

    def _peaks(self, spectrum: Tensor, own: Tensor, squared: bool) -> tuple[Tensor, Tensor]:
        """Give loudness (0 where there is no peak) and frequency, (batch, cells)."""
        below = spectrum[:, self.low - 1 : self.high - 1]
        here = spectrum[:, self.low : self.high]
        above = spectrum[:, self.low + 1 : self.high + 1]
        floor = (0.01 if squared else 0.1) * spectrum.amax(1, keepdim=True)
        floor = torch.where(own[:, None], floor, torch.inf)
        peak = (here > floor) & (here > below) & (here >= above)
        at = torch.arange(self.low, self.high, device=spectrum.device)[:, None]
        if torch.onnx.is_in_onnx_export():
            loudness, hz = self._parabola(below, here, above, at, squared)
            return _halves(torch.where(peak, loudness, 0.0), hz)
        # Few cells are peaks: those of each clip move to the front of its row.
        clip, row, frame = peak.nonzero(as_tuple=True)
        loudness, hz = self._parabola(
            below[clip, row, frame],
            here[clip, row, frame],
            above[clip, row, frame],
            at[row, 0],
            squared,
        )
        counts = peak.sum(dim=(1, 2))
        place = torch.arange(len(clip), device=clip.device) - (counts.cumsum(0) - counts)[clip]
        table = loudness.new_zeros(2, len(counts), 1 + int(counts.max()))
        table[0, clip, place] = loudness
        table[1, clip, place] = hz
        return table[0], table[1]

    def _parabola(
        self, below: Tensor, here: Tensor, above: Tensor, at: Tensor, squared: bool
    ) -> tuple[Tensor, Tensor]:
        """Give loudness and frequency of the top of a parabola through three bins."""
        if squared:
            below, here, above = below.sqrt(), here.sqrt(), above.sqrt()
        slope = (above - below) / 2
        bend = above + below - 2 * here
        inside = slope.abs() < bend.abs()
        shift = torch.where(inside, -slope / torch.where(inside, bend, 1.0), 0.0)
        return here + 0.5 * slope * shift, (at + shift) * self.bin_hz

    def _bin(self, apart: Tensor) -> Tensor:
        """Give the bin of the histogram, with edges that compare as numpy's do."""
        edges = self.edges.to(apart.dtype)
        guess = torch.floor((apart + 0.5) * STEPS).long().clamp(0, STEPS - 1)
        guess = guess - (apart < edges[guess]).long()
        guess = guess + (apart >= edges[guess + 1]).long()
        return guess.clamp(0, STEPS - 1)


def _median(loudness: Tensor, count: Tensor) -> Tensor:
    """Give the median (batch, 1) of the ``count`` (batch, 1) cells above 0, the upper of two.

    Outside a graph these cells stand at the front of each row (batch, cells).
    """
    cells = loudness.shape[1]
    if torch.onnx.is_in_onnx_export():
        middle = (cells - count + count // 2).clamp(max=cells - 1)
        return loudness.sort(dim=1).values.gather(1, middle)
    # With as much above as below them the median of the peaks is that of the row.
    below = cells // 2 - count // 2
    at = torch.arange(cells, device=loudness.device)
    filled = torch.where(at < count + below, loudness, torch.inf)
    return filled.kthvalue(cells // 2 + 1, dim=1, keepdim=True).values


def _halves(loudness: Tensor, hz: Tensor) -> tuple[Tensor, Tensor]:
    """Give half as many cells, (batch, cells): of two neighbouring bins one at most is a peak."""
    if loudness.shape[1] % 2:
        loudness, hz = (functional.pad(part, (0, 0, 0, 1)) for part in (loudness, hz))
    even, odd = loudness[:, ::2], loudness[:, 1::2]
    hz = torch.where(even > 0, hz[:, ::2], hz[:, 1::2])
    return torch.maximum(even, odd).flatten(1), hz.flatten(1)
