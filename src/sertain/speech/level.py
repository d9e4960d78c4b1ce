"""Makes quiet voices louder before they are looked for.

Silero was taught with voices at usual levels and misses most of those that are 40 dB quieter
(docs/decisions/0102-speech-detection.md has the numbers).  The gain follows the loudest frame of
the past, which fades slowly, and of the next half second, so that a word is not met with the gain
of the silence before it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LOOKAHEAD_FRAMES = 16
"""Frames of 32 ms that the gain knows of the future; the answer comes as much later."""

_TARGET_DB = -20.0
"""The loudest frame is raised to this level, RMS against full scale; what is louder is left."""

_FADE_DB = 0.032
"""How much the loudest frame of the past counts less with each frame: 1 dB a second."""

_FLOOR_DB = -65.0
"""What is never louder than this is noise of a converter, and gets the gain of this level."""


class Leveller:
    """Raises quiet voices frame by frame; the size of the blocks makes no odds."""

    def __init__(self) -> None:
        """Start with nothing heard."""
        self._frames: NDArray[np.float32] | None = None
        self._levels_db = np.zeros(0)
        self._count = 0
        self._loudest_db = -np.inf

    def feed(self, frames: NDArray[np.float32]) -> NDArray[np.float32]:
        """The frames, float32 (k, n), whose future is known now, with their gain."""
        held = frames if self._frames is None else np.concatenate([self._frames, frames])
        power = np.mean(np.square(frames, dtype=np.float64), axis=1)
        levels_db = np.concatenate([self._levels_db, 10 * np.log10(power + 1e-18)])
        return self._give(held, levels_db, max(0, len(held) - LOOKAHEAD_FRAMES))

    def finish(self) -> NDArray[np.float32]:
        """The frames that were still waiting for theirs."""
        if self._frames is None:
            return np.zeros((0, 0), dtype=np.float32)
        return self._give(self._frames, self._levels_db, len(self._frames))

    def _give(
        self, frames: NDArray[np.float32], levels_db: NDArray[np.float64], count: int
    ) -> NDArray[np.float32]:
        self._frames, self._levels_db = frames[count:], levels_db[count:]
        if not count:
            return frames[:0]
        padded = np.append(levels_db, np.full(LOOKAHEAD_FRAMES, -np.inf))
        reach = np.lib.stride_tricks.sliding_window_view(padded, LOOKAHEAD_FRAMES + 1)
        # A level that fades by d a frame is a constant where d is added for every frame; counted
        # from the start of the recording, so that the sums are the same for blocks of any size.
        faded_db = _FADE_DB * np.arange(self._count, self._count + count)
        loudest_db = np.maximum.accumulate(reach[:count].max(axis=1) + faded_db)
        loudest_db = np.maximum(loudest_db, self._loudest_db)
        self._count += count
        self._loudest_db = float(loudest_db[-1])
        gain_db = _TARGET_DB - np.clip(loudest_db - faded_db, _FLOOR_DB, _TARGET_DB)
        gain = np.power(10.0, gain_db / 20).astype(np.float32)
        levelled: NDArray[np.float32] = frames[:count] * gain[:, None]
        return levelled
