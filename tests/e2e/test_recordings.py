"""A user's recordings of every kind, whole and broken, through the installed command."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sertain import audio
from tests.data.make import KINDS, cut
from tests.e2e.conftest import Predict


@pytest.fixture(scope="module")
def spoken(clips: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the same two seconds of speech as every kind of recording."""
    folder = tmp_path_factory.mktemp("kinds")
    for name, kind in KINDS.items():
        samples = audio.load(clips / "even.wav", sample_rate=kind.rate).samples
        kind.write(folder / f"{name}{kind.suffix}", samples.T, kind.rate)
    return folder


def test_speech_in_every_kind_of_recording_gets_the_same_answer(
    predict: Predict, level: str, clips: Path, spoken: Path
) -> None:
    _, (expected,), _ = predict(level, clips / "even.wav")
    code, answers, said = predict(level, spoken)
    assert (code, said) == (0, "")
    assert {Path(answer["file"]).stem for answer in answers} == set(KINDS)
    for answer in answers:
        assert answer["label"] == expected["label"], answer["file"]
        # Coders, some of them of telephones, change the level by a few per cent.
        assert answer["confidence"] == pytest.approx(expected["confidence"], abs=0.03)
        assert answer["duration_s"] == pytest.approx(expected["duration_s"], abs=0.15)


def test_broken_recordings_are_marked_and_the_good_ones_answered(
    predict: Predict, level: str, clips: Path, tmp_path: Path
) -> None:
    good = tmp_path / "good.wav"
    shutil.copy(clips / "even.wav", good)
    cut(good, 0.7)
    (tmp_path / "empty.wav").touch()
    (tmp_path / "letter.wav").write_text("Dear reader, this is no sound at all.\n" * 50)
    soundfile.write(tmp_path / "short.wav", np.zeros(800), 16_000)
    nan = np.zeros(32_000)
    nan[5_000] = np.nan
    soundfile.write(tmp_path / "nan.wav", nan, 16_000, subtype="FLOAT")
    code, answers, said = predict(level, tmp_path, tmp_path / "missing.wav")
    found = {Path(answer["file"]).name: answer for answer in answers}
    assert code == 1
    assert said == "sertain: 5 of 7 recordings failed\n"
    assert found["good.wav"]["label"] == "angry"
    assert found["good-cut.wav"]["label"] == "angry"
    assert len(found["good-cut.wav"]["warnings"]) == 1
    assert {name for name, answer in found.items() if "error" in answer} == {
        "empty.wav",
        "letter.wav",
        "missing.wav",
        "nan.wav",
        "short.wav",
    }
    assert all("\n" not in answer.get("error", "") for answer in answers)


def test_two_channels_at_another_rate_are_one_voice(
    predict: Predict, level: str, clips: Path, tmp_path: Path
) -> None:
    samples = audio.load(clips / "even.wav", sample_rate=44_100).samples[0]
    soundfile.write(tmp_path / "stereo.wav", np.stack([samples, samples], axis=1), 44_100)
    _, (mono,), _ = predict(level, clips / "even.wav")
    _, (stereo,), _ = predict(level, tmp_path / "stereo.wav")
    assert stereo["confidence"] == pytest.approx(mono["confidence"], abs=0.01)


PEAK = """
import resource, sys
from sertain.cli.main import main
assert main(sys.argv[1:]) == 0
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, file=sys.stderr)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in kB on Linux")
def test_memory_does_not_grow_with_the_length(level: str, clips: Path, tmp_path: Path) -> None:
    samples = audio.load(clips / "long-pause.opus", sample_rate=16_000).samples[0]
    minute = np.tile(samples, 6)[: 60 * 16_000]

    def peak_mb(minutes: int) -> float:
        path = tmp_path / f"{minutes}.wav"
        with soundfile.SoundFile(path, "w", 16_000, 1) as file:
            for _ in range(minutes):
                file.write(minute)
        done = subprocess.run(
            [sys.executable, "-c", PEAK, "predict", "--model", level, str(path)],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "MALLOC_ARENA_MAX": "2"},
        )
        return float(done.stderr)

    # 25 minutes more are 96 MB of float32 samples, were they kept.
    assert peak_mb(30) - peak_mb(5) < 24
