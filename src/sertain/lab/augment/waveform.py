"""Augmentation of a waveform before the front end; every draw comes from the caller's generator."""

from __future__ import annotations

from typing import Annotated, Final, Self

import numpy as np
import soxr
from numpy.typing import NDArray
from pydantic import Field, model_validator
from scipy import fft, signal

from sertain.lab.checked import LATER, Checked

Samples = NDArray[np.float32]


class Speed(Checked):
    """Resampling: tempo and pitch change together (Ko et al. 2015, "Audio augmentation")."""

    probability: Annotated[float, Field(ge=0, le=1), LATER] = 1.0
    low: float = Field(default=0.86, gt=0.3, le=1)
    high: float = Field(default=1.15, ge=1, lt=3)


class Noise(Checked):
    """Coloured noise at a random SNR; its spectrum falls by 0 to 6 dB an octave."""

    probability: float = Field(default=0.2, ge=0, le=1)
    snr_low_db: float = 5.0
    snr_high_db: float = 35.0


class Band(Checked):
    """A random tilt, curve and low-pass of the spectrum, as microphones have them.

    The tilt is drawn between −``tilt_db`` and ``tilt_db`` from 125 Hz to the top.  The curve is a
    slow sine over frequency whose height is drawn between −``curve_db`` and ``curve_db``.  Half of
    the clips are cut above ``low_pass_hz``, none where that is null.
    """

    probability: float = Field(default=0.2, ge=0, le=1)
    tilt_db: float = Field(default=6.0, ge=0)
    curve_db: Annotated[float, Field(ge=0), LATER] = 0.0
    low_pass_hz: float | None = Field(default=3400.0, gt=500)


class Room(Checked):
    """A room: the direct sound, and a tail of noise that fades by 60 dB in the reverberation time.

    Polack 1988.  Time and the level of the direct sound above the whole tail are drawn evenly.
    """

    probability: float = Field(default=0.2, ge=0, le=1)
    rt60_low_s: float = Field(default=0.15, gt=0, le=5)
    rt60_high_s: float = Field(default=0.9, gt=0, le=5)
    direct_low_db: float = 0.0
    direct_high_db: float = 12.0


class Telephone(Checked):
    """A telephone: 8 kHz, a band whose edges are drawn, and µ-law of 8 bits (ITU-T G.711)."""

    probability: float = Field(default=0.1, ge=0, le=1)
    low_hz: tuple[float, float] = (150.0, 350.0)
    high_hz: tuple[float, float] = (3000.0, 3600.0)

    @model_validator(mode="after")
    def _inside_the_band(self) -> Self:
        if not 0 < self.low_hz[0] <= self.low_hz[1] < self.high_hz[0] <= self.high_hz[1] < 4000:
            raise ValueError("the edges of the band go from low to high between 0 and 4000 Hz")
        return self


class PeakNoise(Checked):
    """White noise relative to the peak; ``share`` is the most of it, a uniform draw the rest.

    As in the notebook on which Davies and Chen 2024 build, there 0.035.
    """

    probability: float = Field(default=1.0, ge=0, le=1)
    share: float = Field(default=0.035, gt=0)


class Stretch(Checked):
    """A tempo drawn between ``low`` and ``high`` at the same pitch; 0.8 is slower."""

    probability: float = Field(default=0.5, ge=0, le=1)
    low: float = Field(default=0.8, gt=0.3, le=1)
    high: float = Field(default=1.25, ge=1, lt=3)


class Pitch(Checked):
    """A shift of the pitch at the same tempo, drawn between ``low`` and ``high`` semitones."""

    probability: float = Field(default=0.5, ge=0, le=1)
    low: float = Field(default=-2.0, ge=-24, le=24)
    high: float = Field(default=2.0, ge=-24, le=24)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.low > self.high:
            raise ValueError(f"low {self.low:g} lies above high {self.high:g}")
        return self


class Gain(Checked):
    """A gain drawn between −``most_db`` and ``most_db``."""

    most_db: float = Field(default=6.0, gt=0, le=60)


class Shift(Checked):
    """A shift in time drawn between −``most_s`` and ``most_s``; the end comes back in front."""

    most_s: float = Field(default=0.2, gt=0)


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


def shape_band(
    samples: Samples,
    rate: int,
    tilt_db: float,
    low_pass_hz: float | None,
    curve: tuple[float, float, float] = (0.0, 0.0, 0.0),
) -> Samples:
    """Tilt the spectrum by ``tilt_db`` from 125 Hz to the top, and cut it above ``low_pass_hz``.

    ``curve``: height in dB, radians a kHz and phase of a sine that is added to the tilt.
    """
    n = len(samples)
    spectrum = np.fft.rfft(samples)
    hz = np.fft.rfftfreq(n, 1.0 / rate)
    octaves = np.log2(np.maximum(hz, 125.0) / 125.0) / np.log2(rate / 2 / 125.0)
    height_db, turn, phase = curve
    bent_db = height_db * np.sin(turn * hz / 1000 + phase)
    gain = 10 ** ((tilt_db * (octaves - 0.5) + bent_db) / 20)
    if low_pass_hz is not None:
        gain = gain / np.sqrt(1 + (hz / low_pass_hz) ** 16)
    return np.fft.irfft(spectrum * gain, n).astype(np.float32)


def reverberate(
    samples: Samples, rate: int, rt60_s: float, direct_db: float, generator: np.random.Generator
) -> Samples:
    """Hear ``samples`` (n,) in a room whose tail is ``direct_db`` below the direct sound: (n,)."""
    count = max(2, round(rt60_s * rate))
    room = generator.standard_normal(count) * 10 ** (-3 * np.arange(count) / count)
    room[0] = 0.0
    room *= 10 ** (-direct_db / 20) / np.sqrt(np.sum(room**2))
    room[0] = 1.0
    heard = signal.fftconvolve(samples, room)[: len(samples)]
    return np.asarray(heard, dtype=np.float32)


def telephone(samples: Samples, rate: int, low_hz: float, high_hz: float) -> Samples:
    """Hear ``samples`` (n,) through a telephone that carries ``low_hz`` to ``high_hz``: (n,)."""
    narrow = soxr.resample(samples, rate, _TELEPHONE)
    band = signal.butter(2, [low_hz, high_hz], "bandpass", fs=_TELEPHONE, output="sos")
    narrow = signal.sosfilt(band, narrow)
    peak = max(float(np.abs(narrow).max(initial=0.0)), 1e-9)
    # Coded at full scale, as a telephone's own gain control brings a voice to it.
    coded = np.round(127 * np.log1p(_MU * np.abs(narrow) / peak) / np.log1p(_MU)) / 127
    narrow = np.sign(narrow) * peak * np.expm1(coded * np.log1p(_MU)) / _MU
    heard = np.asarray(soxr.resample(narrow, _TELEPHONE, rate), dtype=np.float32)
    return np.pad(heard, (0, max(0, len(samples) - len(heard))))[: len(samples)]


def cut(samples: Samples, length: int, generator: np.random.Generator) -> Samples:
    """Give ``length`` samples: a random part of a longer clip, a shorter one repeated.

    Repeating keeps a batch free of padding, so that batch normalisation sees speech alone.
    """
    if len(samples) >= length:
        start = int(generator.integers(0, len(samples) - length + 1))
        return samples[start : start + length]
    start = int(generator.integers(0, len(samples)))
    return np.resize(np.roll(samples, -start), length)


def add_peak_noise(samples: Samples, share: float, generator: np.random.Generator) -> Samples:
    """Add normal noise of standard deviation ``share`` · uniform(0, 1) · peak of ``samples``."""
    deviation = share * generator.uniform() * float(np.abs(samples).max(initial=0.0))
    noise = generator.standard_normal(len(samples), dtype=np.float32)
    return np.asarray(samples + np.float32(deviation) * noise, dtype=np.float32)


def gain(samples: Samples, db: float) -> Samples:
    """Raise the level by ``db``; nothing is clipped."""
    return samples * np.float32(10 ** (db / 20))


def shift(samples: Samples, by: int) -> Samples:
    """Move sound by so many samples later; what leaves at the end comes back in front."""
    return np.roll(samples, by)


def stretch(samples: Samples, rate: float) -> Samples:
    """Play ``samples`` (n,) at ``rate`` times their tempo, the pitch as it is.

    A phase vocoder (Flanagan and Golden 1966; Laroche and Dolson 1999), equal to
    ``librosa.effects.time_stretch``: n / rate samples come out, rounded.  After digital silence
    in a clip the phases are whatever rounding left of them, there as here.
    """
    length = round(len(samples) / rate)
    if not samples.any():
        return np.zeros(length, dtype=np.float32)
    spectrum = np.pad(_spectrum(samples), ((0, 2), (0, 0)))
    at = np.arange(0, len(spectrum) - 2, rate)
    before = at.astype(int)
    part = (at - before)[:, None]
    size, phase = np.abs(spectrum), np.angle(spectrum)
    size = (1 - part) * size[before] + part * size[before + 1]
    # What a steady tone of each bin's middle would turn by, and how much more it turned.
    steady = 2 * np.pi * _HOP * np.arange(spectrum.shape[1]) / _WINDOW
    turn = np.diff(phase, axis=0) - steady
    turn += steady - 2 * np.pi * np.round(turn / (2 * np.pi))
    angle = phase[:1] + np.cumsum(turn[before], axis=0) - turn[before]
    moved = np.empty(angle.shape, dtype=np.complex128)
    moved.real, moved.imag = size * np.cos(angle), size * np.sin(angle)
    return _sound(moved, length)


def shift_pitch(samples: Samples, semitones: float) -> Samples:
    """Raise the pitch by ``semitones``, the tempo as it is: n samples in, n out.

    Stretched, then resampled, equal to ``librosa.effects.pitch_shift``.
    """
    rate = 2.0 ** (-semitones / 12)
    moved = soxr.resample(stretch(samples, rate), 1.0 / rate, 1.0, quality="HQ")
    fitted = np.zeros(len(samples), dtype=np.float32)
    fitted[: len(moved)] = moved[: len(samples)]
    return fitted


_TELEPHONE: Final = 8000
_MU: Final = 255.0

_WINDOW, _HOP = 2048, 512
_HANN = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_WINDOW) / _WINDOW)


def _spectrum(samples: Samples) -> NDArray[np.complex128]:
    """Give the STFT (frames, bins) of centred frames."""
    padded = np.pad(samples, _WINDOW // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP]
    return np.asarray(fft.rfft(frames * _HANN))


def _sound(spectrum: NDArray[np.complex128], length: int) -> Samples:
    """Invert the STFT: ``length`` samples by overlap and add, over the sum of squared windows."""
    frames = fft.irfft(spectrum) * _HANN
    sound = np.zeros(max((len(frames) - 1) * _HOP + _WINDOW, length + _WINDOW))
    weight = np.zeros_like(sound)
    power = _HANN**2
    for number, frame in enumerate(frames):
        sound[number * _HOP : number * _HOP + _WINDOW] += frame
        weight[number * _HOP : number * _HOP + _WINDOW] += power
    sound = np.divide(sound, weight, out=sound, where=weight > np.finfo(np.float32).tiny)
    return sound[_WINDOW // 2 : _WINDOW // 2 + length].astype(np.float32)
