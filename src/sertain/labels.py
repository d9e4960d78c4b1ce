"""The emotions this package speaks of, and how other vocabularies map to them."""

from __future__ import annotations

from enum import StrEnum


class Emotion(StrEnum):
    """One emotion; the value is the word printed in every output."""

    NEUTRAL = "neutral"
    CALM = "calm"
    HAPPY = "happy"
    SAD = "sad"
    ANGRY = "angry"
    FEARFUL = "fearful"
    DISGUST = "disgust"
    SURPRISED = "surprised"
    BOREDOM = "boredom"
    OTHER = "other"
