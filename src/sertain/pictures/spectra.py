"""What a picture shows of sound: power over frequency, mel bands, decibels and their colours.

Bright stands for loud in viridis, whose lightness grows evenly, so that it can be read without
seeing colours and on paper.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

RATE: Final = 16_000
WINDOW: Final = 1024
HOP: Final = 256
BANDS: Final = 64

RANGE_DB: Final = 80.0
"""What is this much weaker than the loudest point is drawn as silence."""

_VIRIDIS: Final = "440154 482878 3e4989 31688e 26828e 1f9e89 35b779 6ece58 b5de2b fde725"
_FLOOR: Final = 1e-10


def power_spectrogram(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Power of Hann windows, float32 (WINDOW / 2 + 1, frames); frames are centred every ``HOP``."""
    return power_of_frames(np.pad(samples, WINDOW // 2))


def power_of_frames(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """The same of frames that lie wholly in ``samples`` (n,); the first one starts at 0."""
    frames = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::HOP]
    hann = np.hanning(WINDOW + 1)[:-1].astype(np.float32)
    spectrum = np.fft.rfft(frames * hann, axis=1)
    return (spectrum.real**2 + spectrum.imag**2).T.astype(np.float32)


def mel_to_hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mel by Slaney's Auditory Toolbox: even up to 1 kHz (15 mel), then 27 mel a factor of 6.4."""
    return np.where(mel < 15, mel * 200 / 3, 1000 * 6.4 ** ((mel - 15) / 27))


@cache
def mel_edges() -> NDArray[np.float64]:
    """Hz where the bands start, culminate and end, float64 (BANDS + 2,), from 0 to 8 kHz."""
    highest = 15 + 27 * np.log(RATE / 2 / 1000) / np.log(6.4)
    return mel_to_hz(np.linspace(0, highest, BANDS + 2))


@cache
def mel_filters() -> NDArray[np.float32]:
    """Triangles of area 1 over Hz, float32 (BANDS, WINDOW / 2 + 1), Slaney's filter bank."""
    low, middle, high = (mel_edges()[start : start + BANDS, None] for start in range(3))
    hz = np.fft.rfftfreq(WINDOW, 1 / RATE)[None]
    triangles = np.minimum((hz - low) / (middle - low), (high - hz) / (high - middle))
    return (np.maximum(triangles, 0) * 2 / (high - low)).astype(np.float32)


def decibels(power: NDArray[np.float32]) -> NDArray[np.float32]:
    """Power as dB under its highest point, in -RANGE_DB..0; silence is at the bottom."""
    level = 10 * np.log10(np.maximum(power, _FLOOR))
    loudest = level.max() if power.max() > _FLOOR else 0.0
    return np.clip(level - loudest, -RANGE_DB, 0.0).astype(np.float32)


@cache
def palette() -> NDArray[np.uint8]:
    """Viridis from dark to bright, uint8 (256, 3): red, green, blue."""
    stops = np.array([list(bytes.fromhex(stop)) for stop in _VIRIDIS.split()])
    at = np.linspace(0, len(stops) - 1, 256)
    mixed = [np.interp(at, np.arange(len(stops)), stops[:, part]) for part in range(3)]
    return np.round(np.stack(mixed, axis=1)).astype(np.uint8)


def coloured(levels: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Levels of :func:`decibels` as colours, uint8 of their shape and 3 more."""
    colours: NDArray[np.uint8] = palette()[np.round((levels / RANGE_DB + 1) * 255).astype(np.uint8)]
    return colours
