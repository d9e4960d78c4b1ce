"""The voice in front: a window without what only sounds behind it at its two ends.

Where others talk in the background the detector hears speech from the first to the last second, and
the network would hear the others alone before and after the voice in front.  So the ends of a
window are left out where they are hardly louder than its quietest moment.  A clean recording is
as it was: there the quietest moment is far below any speech.  The numbers were chosen on validation
speakers: docs/decisions/0409-the-voice-in-front.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sertain.predict.windows import Window
from sertain.speech import SAMPLE_RATE

_STEP: Final = 160
_STEPS: Final = 30
"""Levels are those of 0.3 s, every 10 ms."""

_ABOVE_DB: Final = 6.0
"""What is not so far above the quietest moment is background."""

_BELOW_DB: Final = 8.0
"""What is less far below the loud moments is never background."""

_LOUD: Final = 90
"""Percent of the moments that are softer than the loud ones."""

_MARGIN_S: Final = 0.1
"""Kept before and after, for a soft sound at the edge of a word."""


def foreground(windows: Iterable[Window]) -> Iterator[Window]:
    """Give windows on, each from where the voice in front begins to where it ends."""
    for window in windows:
        first, last = bounds(window.samples)
        if (first, last) == (0, len(window.samples)):
            yield window
        else:
            yield Window(window.start_s + first / SAMPLE_RATE, window.samples[first:last])


def bounds(samples: NDArray[np.float32]) -> tuple[int, int]:
    """Say from which sample to which of a window, float32 (n,) at 16 kHz, somebody is in front.

    Shorter windows than two spans of level are given whole.
    """
    whole = len(samples) // _STEP
    if whole < 2 * _STEPS:
        return 0, len(samples)
    steps = samples[: whole * _STEP].reshape(whole, _STEP)
    power = np.einsum("ij,ij->i", steps, steps, dtype=np.float64)
    sums = np.concatenate([np.zeros(1), np.cumsum(power)])
    spans = np.maximum(sums[_STEPS:] - sums[:-_STEPS], 0) / (_STEP * _STEPS)
    level_db = 10 * np.log10(spans + 1e-12)
    loud_db = float(np.percentile(level_db, _LOUD))
    behind_db = min(float(level_db.min()) + _ABOVE_DB, loud_db - _BELOW_DB)
    (front,) = np.nonzero(level_db > behind_db)
    margin = round(_MARGIN_S * SAMPLE_RATE)
    first = max(0, int(front[0]) * _STEP - margin)
    last = min(len(samples), (int(front[-1]) + _STEPS) * _STEP + margin)
    # What is left of the last step is too short for a level of its own.
    return first, len(samples) if last >= whole * _STEP else last
