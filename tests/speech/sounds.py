"""Sounds that nobody speaks: noises, tones and chords, float32 (n,) at 16 kHz, peak 1."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RATE = 16_000
SECONDS = 10


def _peak_one(samples: NDArray[np.float64]) -> NDArray[np.float32]:
    return (samples / np.abs(samples).max()).astype(np.float32)


def coloured(rng: np.random.Generator, slope: float) -> NDArray[np.float32]:
    """Noise whose amplitude falls with frequency to the power of ``slope`` (0.5: pink)."""
    size = SECONDS * RATE
    spectrum = np.fft.rfft(rng.standard_normal(size))
    spectrum /= np.maximum(np.arange(len(spectrum)), 1) ** slope
    return _peak_one(np.fft.irfft(spectrum, size))


def chords(rng: np.random.Generator, harmonics: int, decay: float) -> NDArray[np.float32]:
    """Major triads, a new one each 0.4 s, of decaying harmonics: plucked strings or an organ."""
    size, step = SECONDS * RATE, round(0.4 * RATE)
    played = np.zeros(size)
    for start in range(0, size, step):
        length = min(2 * step, size - start)
        time_s = np.arange(length) / RATE
        root = rng.choice([146.8, 174.6, 196.0, 220.0, 261.6, 329.6])
        for ratio in (1, 1.26, 1.5):
            for k in range(1, harmonics + 1):
                wave = np.sin(2 * np.pi * root * ratio * k * time_s) / k
                played[start : start + length] += wave * np.exp(-decay * time_s)
    return _peak_one(played)


def nobody_speaks(rng: np.random.Generator) -> dict[str, NDArray[np.float32]]:
    """One of each."""
    time_s = np.arange(SECONDS * RATE) / RATE
    clicks = np.zeros(len(time_s))
    clicks[rng.integers(0, len(clicks), 30)] = 1
    found = {
        "white noise": coloured(rng, 0.0),
        "pink noise": coloured(rng, 0.5),
        "brown noise": coloured(rng, 1.0),
        "noise that comes and goes": coloured(rng, 0.5) * (1 + np.sin(8 * np.pi * time_s)) / 2,
        "plucked chords": chords(rng, 5, 3.0),
        "organ": chords(rng, 8, 0.2),
        "harpsichord": chords(rng, 12, 6.0),
        "chirp": np.sin(2 * np.pi * (100 + 100 * time_s) * time_s),
        "dialling tone": (np.sin(700 * np.pi * time_s) + np.sin(880 * np.pi * time_s)) / 2,
        "mains hum": sum(np.sin(100 * np.pi * k * time_s) / k for k in (1, 2, 3, 5, 7)) / 2,
        "clicks": clicks,
    }
    for frequency in (100, 220, 440, 1000, 3000):
        found[f"tone of {frequency} Hz"] = np.sin(2 * np.pi * frequency * time_s)
    return {name: samples.astype(np.float32) for name, samples in found.items()}
