"""Tiny recordings under the names of published corpora."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

RATE = 8000


def noise(seed: int, seconds: float = 0.25, peak: float = 0.5) -> NDArray[np.float64]:
    """White noise that differs from seed to seed, on the grid of 16 bits."""
    samples = np.random.default_rng(seed).uniform(-peak, peak, int(RATE * seconds))
    return np.round(samples * 32768) / 32768


def write(path: Path, samples: NDArray[np.float64], subtype: str | None = None) -> Path:
    """Write a recording, by its suffix; WAV and FLAC with 16 bits."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, RATE, subtype=subtype)
    return path


def named(folder: Path, names: Iterable[str]) -> Path:
    """A folder with one empty file per name: for what is read by name alone."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch()
    return folder


def tree(folder: Path, names: Iterable[str]) -> Path:
    """A folder with one short recording per name, each with a sound of its own."""
    for seed, name in enumerate(names):
        write(folder / name, noise(seed))
    return folder
