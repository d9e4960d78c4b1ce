"""Noise of a stated ratio to the speech: white, pink, and the babble of many speakers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

FRAME = 512
ACTIVE_DB = 30.0
"""A frame of 32 ms no more than this below the loudest one counts as speech."""

VOICES = 8
"""Speakers who talk at once in a babble: enough that no word is understood."""


def active_power(samples: Samples) -> float:
    """Give the mean power of the frames in which somebody speaks, of float32 (n,).

    Pauses must not count: with them the same ratio would be another noise in a clip with a long
    pause.  0 for silence.
    """
    whole = len(samples) - len(samples) % FRAME
    if not whole:
        return float(np.mean(np.square(samples, dtype=np.float64))) if len(samples) else 0.0
    frames = np.square(samples[:whole].reshape(-1, FRAME), dtype=np.float64).mean(axis=1)
    return float(frames[frames >= frames.max() * 10 ** (-ACTIVE_DB / 10)].mean())


def white(count: int, generator: np.random.Generator) -> Samples:
    """Give Gaussian noise of equal power at all frequencies, float32 (count,)."""
    return generator.standard_normal(count).astype(np.float32)


def pink(count: int, generator: np.random.Generator) -> Samples:
    """Give Gaussian noise whose power falls by 3 dB an octave, float32 (count,)."""
    spectrum = np.fft.rfft(generator.standard_normal(count))
    frequencies = np.arange(len(spectrum), dtype=np.float64)
    frequencies[0] = np.inf  # no constant part
    return np.fft.irfft(spectrum / np.sqrt(frequencies), count).astype(np.float32)


def babble(voices: Sequence[Samples], count: int, generator: np.random.Generator) -> Samples:
    """Give several voices at once, each as loud as the others, float32 (count,).

    Parameters
    ----------
    voices: sound of several speakers, float32 (n,) each; a short one starts again.
    count: samples.
    generator: draws where each voice starts.

    Raises
    ------
    ValueError: no voice has any sound.
    """
    total = np.zeros(count)
    for voice in voices:
        power = active_power(voice)
        if power > 0:
            start = int(generator.integers(len(voice)))
            total += np.resize(np.roll(voice, -start), count) / np.sqrt(power)
    if not total.any():
        raise ValueError("there is no voice to babble")
    return total.astype(np.float32)


def add(samples: Samples, noise: Samples, snr_db: float) -> Samples:
    """Add noise so that speech is ``snr_db`` above it, float32 (n,); silence stays silence.

    The level of the speech is that of :func:`active_power`, that of the noise its mean power.
    """
    loud = float(np.mean(np.square(noise, dtype=np.float64)))
    if loud == 0:
        return samples
    gain = np.sqrt(active_power(samples) / loud / 10 ** (snr_db / 10))
    return np.asarray(samples + noise * gain, dtype=np.float32)
