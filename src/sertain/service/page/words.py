"""An answer in words: how sure it is, what the file's name says, and whether the two agree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sertain.corpora import Clip
from sertain.predict import Prediction

VERY_LIKELY: Final = 0.9
"""Confidence from which an answer is called very likely."""

WORTH_NAMING: Final = 0.1
"""A second emotion less probable than this is not mentioned beside a certain answer."""


def certainty(prediction: Prediction) -> str:
    """The answer as a sentence's beginning.

    >>> both = {"angry": 0.71, "disgust": 0.2, "sad": 0.09}
    >>> certainty(Prediction("a.wav", 2.0, 1.5, "angry", 0.71, both, "default 1", 0.6))
    'likely angry, 0.71; could be disgust'
    >>> certainty(Prediction("a.wav", 2.0, 1.5, "angry", 0.71, both, "default 1", 0.8))
    'uncertain: perhaps angry, 0.71, or disgust, 0.20'
    """
    if prediction.probabilities is None or prediction.confidence is None:
        return prediction.label
    ranked = sorted(prediction.probabilities.items(), key=lambda pair: -pair[1])
    (first, sure), (second, second_sure) = ranked[:2]
    if not prediction.is_certain:
        return f"uncertain: perhaps {first}, {sure:.2f}, or {second}, {second_sure:.2f}"
    likely = "very likely" if sure >= VERY_LIKELY else "likely"
    also = f"; could be {second}" if second_sure >= WORTH_NAMING else ""
    return f"{likely} {first}, {sure:.2f}{also}"


def truth(readings: Sequence[Clip]) -> str:
    """What the file's name says, by corpus: ``"angry (ravdess)"``; empty where it says nothing."""
    return " or ".join(f"{clip.emotion} ({clip.corpus})" for clip in readings)


def agreement(readings: Sequence[Clip], prediction: Prediction) -> str:
    """``"= same"`` or ``"≠ differs"``; empty where the name or the voice says nothing.

    A name that two corpora read differently agrees with an answer that is one of the readings.
    """
    if not readings or not prediction.is_speech:
        return ""
    return "= same" if prediction.label in {clip.emotion for clip in readings} else "≠ differs"


def size(count: int) -> str:
    """Bytes for people: ``"950 bytes"``, ``"64 kB"``, ``"12.5 MB"``."""
    if count < 1000:
        return f"{count} bytes"
    return f"{count / 1e3:.0f} kB" if count < 1e6 else f"{count / 1e6:.1f} MB"


def length(seconds: float) -> str:
    """Seconds for people: ``"3.1 s"``, ``"2:05 min"``, ``"1:02:05 h"``."""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02} h" if hours else f"{minutes}:{rest:02} min"
