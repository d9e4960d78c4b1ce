"""Mel scale and triangular filters, equal to ``librosa.filters.mel``."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

# Slaney's Auditory Toolbox (1998): linear below 1 kHz, 27 steps of a factor 6.4 above.
_STEP_HZ = 200.0 / 3.0
_BREAK_HZ = 1000.0
_BREAK_MEL = _BREAK_HZ / _STEP_HZ
_LOG_STEP = np.log(6.4) / 27.0

MelNorm = Literal["slaney"] | None


def hz_to_mel(hz: NDArray[np.float64], htk: bool = False) -> NDArray[np.float64]:
    """Convert hertz to mel; ``htk`` takes O'Shaughnessy's formula instead of Slaney's."""
    if htk:
        return np.asarray(2595.0 * np.log10(1.0 + hz / 700.0))
    linear = hz / _STEP_HZ
    log = _BREAK_MEL + np.log(np.maximum(hz, _BREAK_HZ) / _BREAK_HZ) / _LOG_STEP
    return np.where(hz >= _BREAK_HZ, log, linear)


def mel_to_hz(mel: NDArray[np.float64], htk: bool = False) -> NDArray[np.float64]:
    """Convert mel to hertz, the inverse of :func:`hz_to_mel`."""
    if htk:
        return np.asarray(700.0 * (10.0 ** (mel / 2595.0) - 1.0))
    linear = mel * _STEP_HZ
    log = _BREAK_HZ * np.exp(_LOG_STEP * (np.maximum(mel, _BREAK_MEL) - _BREAK_MEL))
    return np.where(mel >= _BREAK_MEL, log, linear)


def mel_filters(
    sample_rate: int,
    n_fft: int,
    n_mels: int = 128,
    fmin: float = 0.0,
    fmax: float | None = None,
    htk: bool = False,
    norm: MelNorm = "slaney",
) -> NDArray[np.float32]:
    """Give the triangular filters, (n_mels, n_fft // 2 + 1), as ``librosa.filters.mel`` does."""
    fmax = sample_rate / 2 if fmax is None else fmax
    bins = np.fft.rfftfreq(n_fft, 1.0 / sample_rate)
    low, high = hz_to_mel(np.array([fmin, fmax], dtype=np.float64), htk)
    edges = mel_to_hz(np.linspace(low, high, n_mels + 2), htk)
    rising = (bins[None] - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - bins[None]) / np.diff(edges)[1:, None]
    filters = np.maximum(0.0, np.minimum(rising, falling))
    if norm == "slaney":
        filters *= (2.0 / (edges[2:] - edges[:-2]))[:, None]
    return filters.astype(np.float32)
