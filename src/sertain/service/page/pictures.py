"""Pictures of a recording: its wave, its spectrogram and its mel bands, for eyes and for readers.

Bright stands for loud in viridis, whose lightness grows evenly, so that it can be read without
seeing colours and on paper.
"""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sertain.audio import blocks

RATE: Final = 16_000
SHOWN_S: Final = 60.0
"""Longer recordings are drawn up to here."""

WINDOW: Final = 1024
HOP: Final = 256
BANDS: Final = 64
COLUMNS: Final = 640
"""Most columns of a picture; longer recordings have several frames averaged in one."""

RANGE_DB: Final = 80.0
"""What is this much weaker than the loudest point is drawn as silence."""

_VIRIDIS: Final = "440154 482878 3e4989 31688e 26828e 1f9e89 35b779 6ece58 b5de2b fde725"


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """What is drawn of a recording.

    Attributes
    ----------
    duration_s: how much of it, in seconds; at most ``SHOWN_S``.
    low, high: float32 (columns,), the lowest and highest sample of each column, in -1..1.
    spectrogram: float32 (WINDOW / 2, columns), dB under the loudest point, 0 Hz first.
    mel: float32 (BANDS, columns), the same in mel bands from 0 to 8 kHz.
    """

    duration_s: float
    low: NDArray[np.float32]
    high: NDArray[np.float32]
    spectrogram: NDArray[np.float32]
    mel: NDArray[np.float32]

    @property
    def loudest_hz(self) -> float:
        """The frequency that is strongest over the whole stretch."""
        power = np.mean(10 ** (self.spectrogram / 10), axis=1)
        return float(np.argmax(power)) * RATE / WINDOW


def draw(recording: Path) -> Drawing:
    """Draw the first minute of a recording; raises :class:`~sertain.errors.AudioError`."""
    with blocks(recording, sample_rate=RATE, block_s=SHOWN_S, max_duration_s=None) as reader:
        samples = next(iter(reader))
    low, high = envelope(samples)
    power = power_spectrogram(samples)
    return Drawing(
        duration_s=len(samples) / RATE,
        low=low,
        high=high,
        spectrogram=decibels(_columns(power[: WINDOW // 2])),
        mel=decibels(_columns(mel_filters() @ power)),
    )


def envelope(samples: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The lowest and the highest sample of each of at most ``COLUMNS`` columns."""
    edges = np.linspace(0, len(samples), min(COLUMNS, len(samples)) + 1).astype(int)[:-1]
    return np.minimum.reduceat(samples, edges), np.maximum.reduceat(samples, edges)


def power_spectrogram(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Power of Hann windows, float32 (WINDOW / 2 + 1, frames); frames are centred every ``HOP``."""
    padded = np.pad(samples, WINDOW // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
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
    floor = 1e-10
    level = 10 * np.log10(np.maximum(power, floor))
    loudest = level.max() if power.max() > floor else 0.0
    return np.clip(level - loudest, -RANGE_DB, 0.0).astype(np.float32)


def _columns(power: NDArray[np.float32]) -> NDArray[np.float32]:
    """Average neighbouring frames until at most ``COLUMNS`` are left."""
    together = -(-power.shape[1] // COLUMNS)
    starts = np.arange(0, power.shape[1], together)
    counts = np.diff(np.append(starts, power.shape[1]))
    return (np.add.reduceat(power, starts, axis=1) / counts).astype(np.float32)


def wave_svg(drawing: Drawing) -> str:
    """The wave as a shape in the colour of the text around it; stretches to any size."""
    count = len(drawing.high)
    there = [f"{x} {-y:.3f}" for x, y in enumerate(drawing.high.tolist())]
    back = [f"{x} {-y:.3f}" for x, y in zip(range(count)[::-1], drawing.low.tolist()[::-1],
                                            strict=True)]  # fmt: skip
    return (
        f'<svg viewBox="0 -1 {max(count - 1, 1)} 2" preserveAspectRatio="none" aria-hidden="true">'
        f'<path d="M{" L".join(there + back)} Z" fill="currentColor" stroke="currentColor"'
        ' vector-effect="non-scaling-stroke"/></svg>'
    )


def png(levels: NDArray[np.float32]) -> bytes:
    """Levels of :func:`decibels`, lowest frequency first, as a PNG with low frequencies below."""
    from PIL import Image  # noqa: PLC0415

    # No screen shows more rows than these.
    together = max(1, levels.shape[0] // 256)
    rows = levels.reshape(-1, together, levels.shape[1]).mean(axis=1)[::-1]
    image = Image.fromarray(np.round((rows / RANGE_DB + 1) * 255).astype(np.uint8))
    image.putpalette(_palette())
    written = io.BytesIO()
    image.save(written, "PNG")
    return written.getvalue()


@cache
def _palette() -> bytes:
    """Viridis as 256 times red, green, blue."""
    stops = np.array([list(bytes.fromhex(stop)) for stop in _VIRIDIS.split()])
    at = np.linspace(0, len(stops) - 1, 256)
    mixed = [np.interp(at, np.arange(len(stops)), stops[:, part]) for part in range(3)]
    return np.round(np.stack(mixed, axis=1)).astype(np.uint8).tobytes()


def data_uri(picture: bytes) -> str:
    """The picture as an address that holds it."""
    return "data:image/png;base64," + base64.b64encode(picture).decode()
