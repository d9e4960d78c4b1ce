"""A recording of any length in a fixed number of columns, heard once and block by block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sertain.audio import MAX_DURATION_S, Source, blocks
from sertain.pictures.spectra import HOP, RATE, WINDOW, power_of_frames
from sertain.speech import SAMPLE_RATE, Segment, SegmentTracker, SpeechDetector

COLUMNS: Final = 2048
"""Most columns that are kept; even, since neighbours are merged in twos."""

_BLOCK_S: Final = 20.0

assert RATE == SAMPLE_RATE


@dataclass(frozen=True, slots=True, eq=False)
class Overview:
    """What is drawn of a recording; a column's step is a power of 2 of samples or frames.

    Attributes
    ----------
    name: of the recording.
    duration_s: seconds at 16 kHz.
    low, high: float32 (columns,), the lowest and highest sample of each column, in -1..1.
    samples_each: samples that a column of ``low`` and ``high`` stands for; the last may have less.
    power: float32 (WINDOW / 2 + 1, columns), mean power of the frames of each column.
    frames_each: frames that a column of ``power`` stands for, ``HOP`` samples apart.
    speech: where somebody speaks.
    """

    name: str
    duration_s: float
    low: NDArray[np.float32]
    high: NDArray[np.float32]
    samples_each: int
    power: NDArray[np.float32]
    frames_each: int
    speech: tuple[Segment, ...]

    @property
    def peak(self) -> float:
        """The largest absolute sample."""
        return max(-float(self.low.min()), float(self.high.max()))


def overview(source: Source, *, max_duration_s: float | None = MAX_DURATION_S) -> Overview:
    """Hear a recording for its pictures; memory does not grow with the length.

    Raises
    ------
    AudioError: the recording is missing, empty, no audio, too short, too long or not finite.
    """
    low, high = Merged(1, np.minimum, np.inf), Merged(1, np.maximum, -np.inf)
    power = Merged(WINDOW // 2 + 1, np.add, 0.0)
    detector, tracker = SpeechDetector(), SegmentTracker()
    speech: list[Segment] = []
    waiting = np.zeros(WINDOW // 2, np.float32)
    with blocks(source, block_s=_BLOCK_S, max_duration_s=max_duration_s) as reader:
        for block in reader:
            low.feed(block[None])
            high.feed(block[None])
            speech += tracker.feed(detector.feed(block))
            waiting = _framed(np.concatenate([waiting, block]), power)
    _framed(np.pad(waiting, (0, WINDOW // 2)), power)
    duration_s = low.units / RATE
    speech += tracker.feed(detector.finish())
    speech += tracker.finish(duration_s)
    return Overview(
        name=reader.name,
        duration_s=duration_s,
        low=low.columns()[0],
        high=high.columns()[0],
        samples_each=low.step,
        power=power.columns() / power.counts(),
        frames_each=power.step,
        speech=tuple(speech),
    )


def _framed(samples: NDArray[np.float32], power: Merged) -> NDArray[np.float32]:
    """Take all whole frames; gives the samples that the next frame starts with."""
    frames = max(0, (len(samples) - WINDOW) // HOP + 1)
    if frames:
        power.feed(power_of_frames(samples[: (frames - 1) * HOP + WINDOW]))
    return samples[frames * HOP :]


class Merged:
    """A stream of columns in at most ``COLUMNS``: neighbours are merged in twos as it grows."""

    def __init__(self, rows: int, merge: np.ufunc, empty: float) -> None:
        """``merge`` joins columns, ``empty`` is what changes nothing when joined."""
        self.step = 1
        self.units = 0
        self._merge = merge
        self._empty = empty
        self._kept = np.full((rows, COLUMNS), empty, np.float32)

    def feed(self, values: NDArray[np.float32]) -> None:
        """Take the next columns, (rows, n)."""
        first = self.units
        self.units += values.shape[1]
        while self.units > COLUMNS * self.step:
            self._halve()
        start, end = first // self.step, -(-self.units // self.step)
        edges = np.maximum(np.arange(start, end) * self.step - first, 0)
        if len(edges):
            joined = self._merge.reduceat(values, edges, axis=1)
            self._kept[:, start:end] = self._merge(self._kept[:, start:end], joined)

    def columns(self) -> NDArray[np.float32]:
        """What came so far, float32 (rows, columns)."""
        return self._kept[:, : -(-self.units // self.step)]

    def counts(self) -> NDArray[np.float32]:
        """How many fed columns each one holds, float32 (columns,)."""
        starts = np.arange(0, self.units, self.step)
        return np.minimum(self.step, self.units - starts).astype(np.float32)

    def _halve(self) -> None:
        halved = self._merge(self._kept[:, ::2], self._kept[:, 1::2])
        self._kept.fill(self._empty)
        self._kept[:, : COLUMNS // 2] = halved
        self.step *= 2
