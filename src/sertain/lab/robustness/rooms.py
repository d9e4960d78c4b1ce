"""Synthetic rooms: the direct sound, and a tail that fades by 60 dB in a stated time.

The tail is Gaussian noise under an exponential (Polack 1988); how loud it is follows from the
distance to the microphone and the room's critical distance, 0.057 √(volume / RT60) (Kuttruff,
Room Acoustics).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sertain.lab.robustness.noise import Samples, active_power

RATE = 16_000
VOLUME_M3 = 60.0
DISTANCE_M = 1.0
GAP_S = 0.005
"""Seconds from the direct sound to the first reflection: a detour of 1.7 m."""


def impulse(rt60_s: float, seed: int = 0) -> NDArray[np.float64]:
    """Give what a click in the room becomes: float64 (n,) at 16 kHz, the direct sound is 1.

    The same time and seed give the same room.
    """
    count = round(1.2 * rt60_s * RATE)
    start = round(GAP_S * RATE)
    time_s = np.arange(count) / RATE
    tail = np.random.default_rng(seed).standard_normal(count) * 10 ** (-3 * time_s / rt60_s)
    tail[:start] = 0
    critical_m = 0.057 * np.sqrt(VOLUME_M3 / rt60_s)
    tail *= (DISTANCE_M / critical_m) / np.sqrt(np.sum(tail**2))
    tail[0] = 1.0
    return tail


def reverberate(samples: Samples, room: NDArray[np.float64]) -> Samples:
    """Hear float32 (n,) in a room, tail included; as loud as before, float32 (n + tail,)."""
    count = len(samples) + len(room) - 1
    spectrum = np.fft.rfft(samples, count) * np.fft.rfft(room, count)
    heard = np.fft.irfft(spectrum, count).astype(np.float32)
    power = active_power(heard)
    return heard * np.float32(np.sqrt(active_power(samples) / power)) if power else heard
