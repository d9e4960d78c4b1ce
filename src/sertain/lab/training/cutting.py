"""What of a decoded clip is heard: the speech in it, the whole file, or what is not silence."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sertain import speech
from sertain.errors import AudioError
from sertain.lab.recipes.parts import Cut

_FRAME, _HOP = 2048, 512


def cut(
    samples: NDArray[np.float32], rate: int, how: Cut, name: str
) -> tuple[NDArray[np.float32], float]:
    """Cut ``samples`` (n,) and say how many seconds of speech were found, 0 if none was sought.

    Raises
    ------
    AudioError
        The clip called ``name`` ends before ``offset_s``.
    """
    samples = _between(samples, rate, how, name)
    if how.cut == "trim":
        return trim(samples, how.trim_db), 0.0
    if how.cut == "file":
        return samples, 0.0
    segments = speech.detect(samples)
    if segments:
        start_s, end_s = segments[0].start_s, segments[-1].end_s
        samples = samples[int(start_s * rate) : int(np.ceil(end_s * rate))]
    return samples, speech.speech_s(segments)


def _between(samples: NDArray[np.float32], rate: int, how: Cut, name: str) -> NDArray[np.float32]:
    """Give what lies between ``offset_s`` and ``duration_s`` later."""
    first = round(how.offset_s * rate)
    last = len(samples) if how.duration_s is None else first + round(how.duration_s * rate)
    if first >= len(samples) and first > 0:
        raise AudioError(
            f"{name} lasts {len(samples) / rate:.2f} s, the recipe hears it from"
            f" {how.offset_s:g} s on",
            "lower clip.offset_s or leave the clip out",
        )
    return samples[first:last]


def trim(samples: NDArray[np.float32], top_db: float) -> NDArray[np.float32]:
    """Leave out what lies ``top_db`` below the loudest frame at both ends of ``samples`` (n,).

    Equal to ``librosa.effects.trim``.
    """
    if not samples.any():
        return samples
    padded = np.pad(samples.astype(np.float64), _FRAME // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, _FRAME)[::_HOP]
    level = 10 * np.log10(np.maximum(np.mean(frames**2, axis=1), 1e-10))
    heard = np.flatnonzero(level - level.max() > -top_db)
    return samples[heard[0] * _HOP : min(len(samples), (heard[-1] + 1) * _HOP)]
