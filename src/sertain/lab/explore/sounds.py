"""A sound to look at: its wave above its spectrogram."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from sertain.corpora.clip import Clip
from sertain.lab.explore.listening import RATE, Samples
from sertain.lab.report.drawing import BLUE, Picture, drawn_in_style, figure, picture
from sertain.labels import Emotion
from sertain.pictures.spectra import HOP, RANGE_DB, decibels, power_spectrogram

_COLUMNS: Final = 700
_ROWS: Final = 256


def of_emotions(first: Mapping[Emotion, tuple[Clip, Samples]]) -> list[Picture]:
    """Draw one clip of each emotion, all at one scale of time."""
    longest = max(len(samples) for _, samples in first.values()) / RATE
    return [
        sound(f"emotion-{emotion}", f"{emotion}: {clip.key}", samples, longest)
        for emotion, (clip, samples) in first.items()
    ]


def sound(name: str, title: str, samples: Samples, longest_s: float) -> Picture:
    """Draw ``samples`` (n,) at 16 kHz on a time axis up to ``longest_s``."""
    seconds = len(samples) / RATE
    peak = float(np.abs(samples).max(initial=0.0))
    levels = decibels(power_spectrogram(samples))
    with drawn_in_style():
        paper = figure(5.4, 4.2)
        wave, spectrogram = paper.subplots(2, 1, sharex=True, height_ratios=(2, 3))
        low, high = _envelope(samples)
        at = np.linspace(0, seconds, len(low))
        wave.fill_between(at, low, high, color=BLUE, linewidth=0.5)
        room = max(peak * 1.05, 1e-4)
        wave.yaxis.set_major_locator(MaxNLocator(4, symmetric=True))
        wave.set(ylabel="amplitude\n(1 = full scale)", ylim=(-room, room))
        # Two rows in one: no page shows more, and half the bytes.
        rows = levels[:-1].reshape(_ROWS, -1, levels.shape[1]).mean(axis=1)
        drawn = spectrogram.imshow(
            rows,
            origin="lower",
            aspect="auto",
            extent=(0, max(seconds, HOP / RATE), 0, RATE / 2000),
            vmin=-RANGE_DB,
            vmax=0,
            cmap="viridis",
            interpolation="none",
        )
        spectrogram.set(xlabel="time (s)", ylabel="frequency (kHz)", xlim=(0, longest_s))
        paper.colorbar(drawn, ax=spectrogram, label="dB under the loudest")
        said = (
            f"{title}: {seconds:.2f} s, highest peak {peak:.3f} of 1, strongest near"
            f" {strongest_hz(samples):.0f} Hz."
        )
        return picture(paper, name, title, said)


def strongest_hz(samples: Samples) -> float:
    """The frequency that is strongest over the whole sound."""
    power = power_spectrogram(samples).mean(axis=1)
    return float(power.argmax()) * RATE / 2 / (len(power) - 1)


def _envelope(samples: Samples) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The lowest and the highest sample of each of at most ``_COLUMNS`` columns."""
    edges = np.linspace(0, len(samples), min(_COLUMNS, len(samples)) + 1).astype(int)[:-1]
    return np.minimum.reduceat(samples, edges), np.maximum.reduceat(samples, edges)
