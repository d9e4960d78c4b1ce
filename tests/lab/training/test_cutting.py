"""A clip is cut as the recipe says, and as librosa cuts it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import librosa
import numpy as np
import pytest
import soundfile

from sertain.errors import AudioError
from sertain.lab.recipes.parts import Cut
from sertain.lab.training import cache
from sertain.lab.training.cutting import cut, trim
from tests.lab import tones

pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

RATE = 16000


def _burst() -> np.ndarray:
    """Noise that swells and fades between two stretches of near silence."""
    noise = np.random.default_rng(3).standard_normal(3 * RATE)
    shape = np.concatenate([np.full(RATE, 1e-4), np.hanning(RATE) + 1e-4, np.full(RATE, 1e-4)])
    return (0.2 * noise * shape).astype(np.float32)


@pytest.mark.parametrize("top_db", [10.0, 30.0, 60.0, 100.0])
def test_silence_at_the_ends_is_trimmed_as_librosa_does(top_db: float) -> None:
    samples = _burst()
    expected, _ = librosa.effects.trim(samples, top_db=top_db)
    np.testing.assert_array_equal(trim(samples, top_db), expected)


def test_digital_silence_is_left_whole() -> None:
    assert len(trim(np.zeros(1000, dtype=np.float32), 30.0)) == 1000


def test_offset_and_duration_are_librosas(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, _burst(), RATE, subtype="FLOAT")
    expected, _ = librosa.load(path, sr=None, offset=0.6, duration=1.5)
    heard, speech_s = cut(_burst(), RATE, Cut(cut="file", offset_s=0.6, duration_s=1.5), "a")
    np.testing.assert_array_equal(heard, expected)
    assert speech_s == 0


def test_a_file_that_ends_before_the_offset_is_named(tmp_path: Path) -> None:
    clip = tones.make(tmp_path, speakers=1, takes=1)[0]
    with pytest.raises(AudioError, match=r"wav lasts 0\.60 s, the recipe hears it from 0\.6 s on"):
        cache.prepare([clip], tmp_path / "cache", True, Cut(cut="file", offset_s=0.6))


def test_each_cut_is_kept_apart_and_a_part_of_a_file_is_cut_already(tmp_path: Path) -> None:
    clip = tones.make(tmp_path, speakers=1, takes=1)[0]
    late = Cut(cut="file", offset_s=0.1, duration_s=0.2)
    lengths = [
        cache.prepare([one], tmp_path / "cache", True, how).sizes[0]
        for one, how in (
            (clip, Cut(cut="file")),
            (clip, late),
            (clip, Cut(cut="file")),
            (replace(clip, end_s=0.5), late),
        )
    ]
    assert lengths == [9600, 3200, 9600, 8000]
