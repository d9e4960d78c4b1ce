"""Augmentation of a waveform before the front end; every draw comes from the caller's generator."""

from __future__ import annotations

import numpy as np
import soxr
from numpy.typing import NDArray
from pydantic import Field

from sertain.lab.checked import Checked

Samples = NDArray[np.float32]


class Speed(Checked):
    """Resampling: tempo and pitch change together (Ko et al. 2015, "Audio augmentation")."""

    low: float = Field(default=0.86, gt=0.3, le=1)
    high: float = Field(default=1.15, ge=1, lt=3)


class Noise(Checked):
    """Coloured noise at a random SNR; its spectrum falls by 0 to 6 dB an octave."""

    probability: float = Field(default=0.2, ge=0, le=1)
    snr_low_db: float = 5.0
    snr_high_db: float = 35.0


class Band(Checked):
    """A random tilt and low-pass of the spectrum, as microphones and telephones have them."""

    probability: float = Field(default=0.2, ge=0, le=1)
    tilt_db: float = Field(default=6.0, ge=0)
    low_pass_hz: float = Field(default=3400.0, gt=500)


def speed(samples: Samples, factor: float) -> Samples:
    """Play ``samples`` (n,) at ``factor`` times their speed: n / factor samples come out."""
    if abs(factor - 1.0) < 1e-3:
        return samples
    return np.asarray(soxr.resample(samples, factor, 1.0, quality="LQ"), dtype=np.float32)


def add_noise(
    samples: Samples, snr_db: float, slope_db: float, generator: np.random.Generator
) -> Samples:
    """Add noise whose power falls by ``slope_db`` an octave, at ``snr_db`` below the signal."""
    n = len(samples)
    spectrum = np.fft.rfft(generator.standard_normal(n, dtype=np.float32))
    bins = np.maximum(np.arange(len(spectrum)), 1)
    noise = np.fft.irfft(spectrum * bins ** (-slope_db / (20 * np.log10(2.0))), n)
    power = float(np.mean(samples**2)) / max(float(np.mean(noise**2)), 1e-20)
    gain = np.sqrt(power) * 10 ** (-snr_db / 20)
    return np.asarray(samples + gain * noise, dtype=np.float32)


def shape_band(samples: Samples, rate: int, tilt_db: float, low_pass_hz: float | None) -> Samples:
    """Tilt the spectrum by ``tilt_db`` from 125 Hz to the top, and cut it above ``low_pass_hz``."""
    n = len(samples)
    spectrum = np.fft.rfft(samples)
    hz = np.fft.rfftfreq(n, 1.0 / rate)
    octaves = np.log2(np.maximum(hz, 125.0) / 125.0) / np.log2(rate / 2 / 125.0)
    gain = 10 ** (tilt_db * (octaves - 0.5) / 20)
    if low_pass_hz is not None:
        gain = gain / np.sqrt(1 + (hz / low_pass_hz) ** 16)
    return np.fft.irfft(spectrum * gain, n).astype(np.float32)


def cut(samples: Samples, length: int, generator: np.random.Generator) -> Samples:
    """Give ``length`` samples: a random part of a longer clip, a shorter one repeated.

    Repeating keeps a batch free of padding, so that batch normalisation sees speech alone.
    """
    if len(samples) >= length:
        start = int(generator.integers(0, len(samples) - length + 1))
        return samples[start : start + length]
    start = int(generator.integers(0, len(samples)))
    return np.resize(np.roll(samples, -start), length)
