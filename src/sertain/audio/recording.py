"""What the audio room hands out: samples with their rate, and what a file says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Samples: TypeAlias = NDArray[np.float32]
"""float32, in −1…1 where the source keeps to it; the shape is said where it is used."""

Source: TypeAlias = str | Path | bytes | bytearray | BinaryIO | NDArray[Any]
"""A recording: a path, the bytes of a file, an open binary file (a pipe too), or an array of
shape (n,) or (channels, n)."""

Channels: TypeAlias = Literal["mix", "keep"] | int
"""``"mix"``: the mean of all; ``"keep"``: each one apart; a number: that one, from 0."""


@dataclass(frozen=True, slots=True)
class AudioInfo:
    """What a recording says of itself, before anything is decoded.

    Attributes
    ----------
    duration_s: seconds, or ``None`` where the file does not say (a stream written live).
    sample_rate: Hz, of the source.
    channels: number of channels of the source.
    format: the container, e.g. ``"WAV"``, ``"OGG"``, ``"mov,mp4,m4a,3gp,3g2,mj2"``, ``"array"``.
    codec: how the samples are coded, e.g. ``"PCM_16"``, ``"OPUS"``, ``"aac"``, ``"float32"``.
    """

    duration_s: float | None
    sample_rate: int
    channels: int
    format: str
    codec: str


@dataclass(frozen=True, slots=True, eq=False)
class Audio:
    """A decoded recording.

    Attributes
    ----------
    samples: float32 (channels, n); one channel where channels were mixed or picked.
    sample_rate: Hz, of ``samples``.
    source: the name to show: the path as given, or ``"bytes"``, ``"array"``, ``"<stdin>"``.
    warnings: what was odd and how it was dealt with, one short sentence each.
    """

    samples: Samples
    sample_rate: int
    source: str
    warnings: tuple[str, ...] = ()

    @property
    def duration_s(self) -> float:
        """Seconds of sound in ``samples``."""
        return float(self.samples.shape[1] / self.sample_rate)
