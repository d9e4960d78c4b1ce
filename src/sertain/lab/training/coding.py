"""How the features of a clip are written down: as they are, or in 8 bits.

Both are rows of float32 words, so that one file holds either.  The states of an encoder fill
gigabytes; in 8 bits, between the least and the greatest of each row in each clip, they are a
quarter, and what rounding does to them is less than what half precision in the encoder does.
Frames follow one another, so that a part of a clip is one piece of the file.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.float32]
_STEPS = 255
_HEAD = 4
"""Words a row before the frames: mean and variance over the clip, least value, step."""


class Coding(Protocol):
    """A way to write features."""

    suffix: str

    def words(self, features: Words) -> Words:
        """Give (rows, frames) as words (count,)."""

    def count(self, rows: int, frames: int) -> int:
        """Give the number of words."""

    def read(self, words: Words, rows: int, first: int, frames: int) -> Words:
        """Give ``frames`` frames from ``first`` on: float32 (rows, frames)."""

    def moments(
        self, words: Words, rows: int, frames: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Give mean and variance of each row over the clip, (rows,) each."""


class Exact:
    """Every number as it is."""

    suffix = "f32"

    def words(self, features: Words) -> Words:
        """Give (rows, frames) as words (count,)."""
        return np.ascontiguousarray(features, dtype=np.float32).ravel()

    def count(self, rows: int, frames: int) -> int:
        """Give the number of words."""
        return rows * frames

    def read(self, words: Words, rows: int, first: int, frames: int) -> Words:
        """Give ``frames`` frames from ``first`` on: float32 (rows, frames)."""
        return words.reshape(rows, -1)[:, first : first + frames]

    def moments(
        self, words: Words, rows: int, frames: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Give mean and variance of each row over the clip, (rows,) each."""
        return moments_of(words.reshape(rows, frames))


class Coarse:
    """In 256 steps between the least and the greatest of a row, beside its exact moments."""

    suffix = "u8"

    def words(self, features: Words) -> Words:
        """Give (rows, frames) as words (count,)."""
        mean, variance = moments_of(features)
        least = features.min(1)
        step = (features.max(1) - least) / np.float32(_STEPS)
        # A row that does not move has no step; any but 0 may divide it.
        each = np.where(step > 0, step, np.float32(1))
        steps = np.round((features - least[:, None]) / each[:, None]).clip(0, _STEPS)
        body = steps.T.astype(np.uint8).ravel()
        body = np.pad(body, (0, -len(body) % 4)).view(np.float32)
        head = np.stack([mean, variance, least, step]).astype(np.float32).ravel()
        return np.concatenate([head, body])

    def count(self, rows: int, frames: int) -> int:
        """Give the number of words."""
        return _HEAD * rows + -(-rows * frames // 4)

    def read(self, words: Words, rows: int, first: int, frames: int) -> Words:
        """Give ``frames`` frames from ``first`` on: float32 (rows, frames)."""
        _mean, _variance, least, step = words[: _HEAD * rows].reshape(_HEAD, rows)
        body = words[_HEAD * rows :].view(np.uint8)
        steps = body[first * rows : (first + frames) * rows].reshape(frames, rows)
        found = steps.astype(np.float32)
        found *= step
        found += least
        return found.T

    def moments(
        self,
        words: Words,
        rows: int,
        frames: int,  # noqa: ARG002
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Give mean and variance of each row over the clip, (rows,) each."""
        mean, variance = words[: 2 * rows].reshape(2, rows).astype(np.float64)
        return mean, variance


def moments_of(features: Words) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give mean and variance of each row of (rows, frames), (rows,) each."""
    wide = features.astype(np.float64)
    mean = wide.mean(1)
    return mean, ((wide - mean[:, None]) ** 2).mean(1)
