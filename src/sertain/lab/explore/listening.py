"""Clips as they are heard here: whole and at 16 kHz."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from sertain.audio import load, probe
from sertain.corpora.clip import Clip
from sertain.errors import AudioError

RATE: Final = 16_000

LONGEST_S: Final = 600.0
"""No utterance is longer; what is, stays out, since features of a clip are held in memory whole."""

Samples = NDArray[np.float32]


def length_s(clip: Clip) -> float:
    """Seconds of a clip, as its file says or, where it says nothing, by decoding.

    Raises
    ------
    AudioError
        The file is missing, empty or no audio, or ends before the clip starts.
    """
    whole_s = probe(clip.path).duration_s
    if whole_s is None:  # a stream that was written live
        whole_s = load(clip.path, remove_dc=False).duration_s
    end_s = whole_s if clip.end_s is None else min(clip.end_s, whole_s)
    if end_s <= clip.start_s:
        raise AudioError(
            f"'{clip.path}' ends before {clip.key} starts ({clip.start_s:g} s)", "mend the table"
        )
    return end_s - clip.start_s


def heard(clip: Clip) -> Samples:
    """Give a clip's samples, float32 (n,) at 16 kHz, channels mixed, nothing cut off.

    Raises
    ------
    AudioError
        It cannot be decoded, is too short or longer than ten minutes.
    """
    long = length_s(clip)
    if long > LONGEST_S:
        raise AudioError(
            f"{clip.key} lasts {long:.0f} s, an utterance at most {LONGEST_S:.0f} s",
            "cut it, or name its parts in a table with start and end",
        )
    samples: Samples = load(clip.path, sample_rate=RATE).samples[0]
    end = len(samples) if clip.end_s is None else round(clip.end_s * RATE)
    return samples[round(clip.start_s * RATE) : end]
