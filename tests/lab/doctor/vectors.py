"""Clips whose features are made on the spot: a cloud for each emotion, an offset for each voice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from sertain.corpora.clip import Clip
from sertain.lab.doctor.hearing import Heard
from sertain.labels import Emotion

LABELS = (Emotion.NEUTRAL, Emotion.HAPPY, Emotion.SAD, Emotion.ANGRY)
_WIDTH = 400
_CENTRES = np.random.default_rng(1).standard_normal((len(Emotion), _WIDTH)) * 0.8


def heard(
    corpus: str = "mine",
    speakers: int = 6,
    takes: int = 10,
    labels: Sequence[Emotion] = LABELS,
    seed: int = 0,
) -> Heard:
    """Give ``speakers`` × ``labels`` × ``takes`` clips."""
    generator = np.random.default_rng([seed, len(corpus)])
    clips, rows = [], []
    for speaker in range(speakers):
        voice = generator.standard_normal(_WIDTH) * 5
        for label in labels:
            for take in range(takes):
                name = f"{speaker}-{label}-{take}"
                clips.append(Clip(corpus, name, Path(f"{name}.wav"), label, f"{corpus}/{speaker}"))
                centre = _CENTRES[list(Emotion).index(label)]
                rows.append(centre + voice + generator.standard_normal(_WIDTH))
    prints = tuple(f"{clip.key} sound" for clip in clips)
    return Heard(tuple(clips), np.array(rows, np.float32), prints, "vectors")


def relabelled(own: Heard, new: dict[str, Emotion]) -> Heard:
    """Give some clips, by name, another label."""
    clips = tuple(replace(c, emotion=new.get(c.name, c.emotion)) for c in own.clips)
    return replace(own, clips=clips)


def exchanged(own: Heard, one: Emotion, other: Emotion) -> Heard:
    """Exchange two labels of every clip."""
    turned = {one: other, other: one}
    return relabelled(own, {c.name: turned.get(c.emotion, c.emotion) for c in own.clips})
