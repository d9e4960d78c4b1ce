"""Four men of SAVEE's names who all say the same example sentence, louder or softer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from sertain import audio
from tests.lab.evaluation.test_command import CODES

RATE = 16_000
MEN = ("DC", "JE", "JK", "KL")
EMOTIONS = ("angry", "disgust", "fearful", "happy", "neutral", "sad", "surprised")
"""In the order of the codes."""

_SPOKEN = Path(__file__).parents[3] / "examples" / "clips" / "even.wav"


def write(folder: Path) -> None:
    """Write a clip of each man and emotion into a new folder."""
    spoken = audio.load(_SPOKEN, sample_rate=RATE).samples[0]
    rng = np.random.default_rng(5)
    folder.mkdir(parents=True)
    for man in MEN:
        for code in CODES:
            own = spoken * rng.uniform(0.3, 0.9) + 1e-3 * rng.standard_normal(len(spoken))
            soundfile.write(folder / f"{man}_{code}01.wav", own, RATE)
