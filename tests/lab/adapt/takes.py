"""Recordings of six speakers, each take once loud and once quiet; made from the example clips."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from sertain import audio

CLIPS = Path(__file__).parents[3] / "examples" / "clips"
SPEAKERS = {
    "anna": "even.wav",
    "ben": "lively.flac",
    "cleo": "german.opus",
    "dan": "polish.opus",
    "eva": "slow-low.opus",
    "finn": "fast-high.opus",
}
LEVELS = {"loud": 0.1, "quiet": 0.03}
"""Root mean square of a recording, before it is varied by up to a quarter."""


def record(folder: Path, takes: int = 5) -> Path:
    """Write the recordings and ``takes.csv`` (file, emotion, speaker); gives the table."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(11)
    lines = ["file,emotion,speaker"]
    for speaker, source in SPEAKERS.items():
        voice = audio.load(CLIPS / source, sample_rate=16_000).samples[0]
        voice = voice / np.sqrt(np.mean(voice**2))
        for word, level in LEVELS.items():
            for take in range(takes):
                name = f"{word}-{speaker}-{take}.wav"
                sound = voice * level * rng.uniform(0.75, 1.25)
                soundfile.write(folder / name, np.clip(sound, -1, 1), 16_000, subtype="PCM_16")
                lines.append(f"{name},{word},{speaker}")
    table = folder / "takes.csv"
    table.write_text("\n".join(lines) + "\n")
    return table
