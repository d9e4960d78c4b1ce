"""Recordings of a given length, put together from the example clips."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from benchmarks.measure import CLIPS
from sertain import audio

SAMPLE_RATE = 16_000
SPOKEN = ("even.wav", "lively.flac", "slow-low.opus", "german.opus", "polish.opus")


def talk(seconds: float, *, pause_s: tuple[float, float], seed: int = 1) -> NDArray[np.float32]:
    """Repeat the spoken clips in random order and level, with pauses between them.

    Gives float32 (seconds · 16,000,), the same for the same seed.
    """
    rng = np.random.default_rng(seed)
    clips = [audio.load(CLIPS / name, sample_rate=SAMPLE_RATE).samples[0] for name in SPOKEN]
    whole = np.zeros(round(seconds * SAMPLE_RATE), dtype=np.float32)
    at = 0
    while at < len(whole):
        clip = clips[rng.integers(len(clips))] * np.float32(rng.uniform(0.3, 1.0))
        part = clip[: len(whole) - at]
        whole[at : at + len(part)] = part
        at += len(part) + round(rng.uniform(*pause_s) * SAMPLE_RATE)
    return whole


def write_wav(path: Path, samples: NDArray[np.float32]) -> None:
    """Write 16 bit WAV at 16 kHz."""
    soundfile.write(path, samples, SAMPLE_RATE, subtype="PCM_16")
