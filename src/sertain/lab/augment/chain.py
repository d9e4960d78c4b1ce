"""A clip changed as a recipe asks: which changes are drawn, and in which order they are made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sertain.lab.augment import waveform
from sertain.lab.augment.waveform import Samples

if TYPE_CHECKING:
    from sertain.lab.recipes.parts import Augment

SAMPLE_RATE = 16000


def changed(
    samples: Samples, augment: Augment, length: int | None, generator: np.random.Generator
) -> Samples:
    """Cut or repeat ``samples`` (n,) to ``length``, if one is given, and augment them.

    First the voice changes (speed, tempo, pitch), then its place in time, the microphone, the
    room, the noise in it, the telephone, and the level.  Nothing is drawn for what is not asked.
    """
    a = augment
    factor = 1.0
    if a.speed and (a.speed.probability == 1 or generator.random() < a.speed.probability):
        factor = generator.uniform(a.speed.low, a.speed.high)
    rate = 1.0
    if a.stretch and generator.random() < a.stretch.probability:
        rate = generator.uniform(a.stretch.low, a.stretch.high)
    if length is not None:
        # Cut before resampling: what would be thrown away is not resampled.
        samples = waveform.cut(samples, int(length * factor * rate) + 8, generator)
    samples = waveform.speed(samples, factor)
    if rate != 1.0:
        samples = waveform.stretch(samples, rate)
    if length is not None:
        samples = samples[:length]
        samples = np.pad(samples, (0, length - len(samples)))
    if a.pitch and generator.random() < a.pitch.probability:
        samples = waveform.shift_pitch(samples, generator.uniform(a.pitch.low, a.pitch.high))
    if a.shift:
        most = a.shift.most_s * SAMPLE_RATE
        samples = waveform.shift(samples, round(generator.uniform(-most, most)))
    return _transmitted(samples, augment, generator)


def _transmitted(samples: Samples, augment: Augment, generator: np.random.Generator) -> Samples:
    """Change what lies between a mouth and a file."""
    a = augment
    if a.band and generator.random() < a.band.probability:
        samples = _through_band(samples, a.band, generator)
    if a.room and generator.random() < a.room.probability:
        rt60_s = generator.uniform(a.room.rt60_low_s, a.room.rt60_high_s)
        direct_db = generator.uniform(a.room.direct_low_db, a.room.direct_high_db)
        samples = waveform.reverberate(samples, SAMPLE_RATE, rt60_s, direct_db, generator)
    if a.noise and generator.random() < a.noise.probability:
        snr = generator.uniform(a.noise.snr_low_db, a.noise.snr_high_db)
        samples = waveform.add_noise(samples, snr, generator.uniform(0.0, 6.0), generator)
    if a.telephone and generator.random() < a.telephone.probability:
        edges = generator.uniform(*a.telephone.low_hz), generator.uniform(*a.telephone.high_hz)
        samples = waveform.telephone(samples, SAMPLE_RATE, *edges)
    if a.peak_noise and generator.random() < a.peak_noise.probability:
        samples = waveform.add_peak_noise(samples, a.peak_noise.share, generator)
    if a.gain:
        samples = waveform.gain(samples, generator.uniform(-a.gain.most_db, a.gain.most_db))
    return samples


def _through_band(samples: Samples, band: waveform.Band, generator: np.random.Generator) -> Samples:
    low_pass = band.low_pass_hz
    if low_pass is not None and generator.random() >= 0.5:
        low_pass = None
    tilt = generator.uniform(-band.tilt_db, band.tilt_db)
    curve = (0.0, 0.0, 0.0)
    if band.curve_db:
        height = generator.uniform(-band.curve_db, band.curve_db)
        curve = height, generator.uniform(0.3, 1.5), generator.uniform(0.0, 2 * np.pi)
    return waveform.shape_band(samples, SAMPLE_RATE, tilt, low_pass, curve)
