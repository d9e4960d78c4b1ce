"""Takes an array as a recording."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sertain.audio.decoder import CHUNK_SAMPLES
from sertain.audio.recording import AudioInfo, Samples
from sertain.errors import AudioError

MAX_CHANNELS = 64
_LOUDEST_FLOAT = 32.0
"""A float array beyond this holds integers by another name (16 bit reaches 32768)."""


class ArrayDecoder:
    """See :class:`sertain.audio.decoder.Decoder`.

    Floats are taken as they are, in −1…1; int16, int32 and uint8 are scaled by their range.
    """

    def __init__(self, values: NDArray[Any], rate: int | None) -> None:
        if rate is None:
            raise AudioError("an array does not say its sample rate", "give it in Hz")
        if values.ndim not in (1, 2) or values.size == 0:
            raise AudioError(
                f"an array of shape {values.shape} holds no sound",
                "give samples of shape (n,) or (channels, n)",
            )
        if values.ndim == 2 and values.shape[0] > MAX_CHANNELS:
            raise AudioError(
                f"an array of shape {values.shape} has {values.shape[0]} channels",
                "transpose it to (channels, n)",
            )
        if values.dtype.kind not in "fiu":
            raise AudioError(
                f"an array of {values.dtype} holds no samples", "give float32 in -1 to 1"
            )
        self._values = np.atleast_2d(values)
        if values.dtype.kind == "f":
            self._check_range(float(np.max(np.abs(values))))
        self.frames: int | None = self._values.shape[1]
        self.info = AudioInfo(
            duration_s=self._values.shape[1] / rate if rate > 0 else None,
            sample_rate=int(rate),
            channels=self._values.shape[0],
            format="array",
            codec=str(values.dtype),
        )

    @staticmethod
    def _check_range(peak: float) -> None:
        if np.isfinite(peak) and peak > _LOUDEST_FLOAT:
            raise AudioError(
                f"a float array reaches {peak:g}, far beyond -1 to 1",
                "divide it by its full scale (32768 for 16 bit)",
            )

    def chunks(self) -> Iterator[Samples]:
        """See :meth:`sertain.audio.decoder.Decoder.chunks`."""
        for start in range(0, self._values.shape[1], CHUNK_SAMPLES):
            yield _as_float32(self._values[:, start : start + CHUNK_SAMPLES])

    def close(self) -> None:
        """Nothing is held open."""


def _as_float32(values: NDArray[Any]) -> Samples:
    if values.dtype.kind == "f":
        return values.astype(np.float32)
    limits = np.iinfo(values.dtype)
    middle = (int(limits.max) + int(limits.min) + 1) // 2
    return ((values.astype(np.float64) - middle) / (int(limits.max) - middle + 1)).astype(
        np.float32
    )
