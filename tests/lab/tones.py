"""Tiny corpora made on the spot: emotions that differ in pitch, speakers that differ in timbre."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from sertain.corpora.clip import Clip
from sertain.labels import Emotion

RATE = 16000
PITCH_HZ = {Emotion.ANGRY: 320.0, Emotion.SAD: 110.0, Emotion.HAPPY: 210.0}


def make(
    folder: Path,
    speakers: int = 4,
    takes: int = 3,
    emotions: tuple[Emotion, ...] = tuple(PITCH_HZ),
    corpus: str = "ravdess",
) -> list[Clip]:
    """Write ``speakers`` × ``emotions`` × ``takes`` clips of 0.6 s and give them."""
    clips = []
    seconds = np.arange(int(0.6 * RATE)) / RATE
    for speaker in range(1, speakers + 1):
        for emotion in emotions:
            for take in range(takes):
                generator = np.random.default_rng([speaker, list(Emotion).index(emotion), take])
                pitch = PITCH_HZ[emotion] * generator.uniform(0.95, 1.05)
                partials = [
                    np.sin(2 * np.pi * pitch * number * seconds) / number ** (1 + 0.1 * speaker)
                    for number in range(1, 8)
                ]
                sound = 0.1 * sum(partials) + 0.002 * generator.standard_normal(len(seconds))
                name = f"{speaker:02d}-{emotion}-{take}"
                path = folder / f"{name}.wav"
                soundfile.write(path, sound, RATE)
                sex = "male" if speaker % 2 else "female"
                clips.append(Clip(corpus, name, path, emotion, f"{corpus}/{speaker:02d}", sex))
    return clips
