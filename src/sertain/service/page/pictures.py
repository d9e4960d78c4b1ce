"""Pictures of a recording for the page: its wave, its spectrogram and its mel bands."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sertain.audio import blocks
from sertain.pictures.spectra import (
    RANGE_DB,
    RATE,
    WINDOW,
    decibels,
    mel_filters,
    palette,
    power_spectrogram,
)

SHOWN_S: Final = 60.0
"""Longer recordings are drawn up to here."""

COLUMNS: Final = 640
"""Most columns of a picture; longer recordings have several frames averaged in one."""


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
    image.putpalette(palette().tobytes())
    written = io.BytesIO()
    image.save(written, "PNG")
    return written.getvalue()


def data_uri(picture: bytes) -> str:
    """The picture as an address that holds it."""
    return "data:image/png;base64," + base64.b64encode(picture).decode()
