"""The example clips are what their table says, small, and can be made again."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from sertain import audio, speech

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
CLIPS = EXAMPLES / "clips"
PAGE = (EXAMPLES / "README.md").read_text(encoding="utf-8")
ROWS = {
    cells[0].strip("`"): cells[1:]
    for cells in (
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in PAGE.splitlines()
        if line.startswith("| `") and line.count("|") == 8
    )
}


def decoded(path: Path) -> NDArray[np.float32]:
    """Read with libsndfile, the peer of the package's own reader."""
    samples: NDArray[np.float32] = soundfile.read(path, dtype="float32", always_2d=True)[0]
    return samples


def longest_silence_s(path: Path) -> float:
    loud = np.flatnonzero(np.abs(decoded(path)).max(axis=1) > 1e-3)
    return float(np.diff(loud).max()) / soundfile.info(path).samplerate


def test_every_clip_has_its_row_and_every_row_its_clip() -> None:
    assert {path.name for path in CLIPS.iterdir()} == set(ROWS)


def test_all_clips_together_take_less_than_400_kb() -> None:
    assert sum(path.stat().st_size for path in CLIPS.iterdir()) < 400_000


@pytest.mark.parametrize("name", sorted(ROWS))
def test_a_row_tells_length_channels_and_rate_of_its_file(name: str) -> None:
    _, _, seconds, channels, kilohertz, form = ROWS[name]
    info = soundfile.info(CLIPS / name)
    assert info.duration == pytest.approx(float(seconds), abs=0.006)
    assert info.channels == int(channels)
    assert info.samplerate == float(kilohertz) * 1000
    assert info.format in {"WAV": "WAV", "FLAC": "FLAC", "Ogg": "OGG"}[form.split()[0]]


def test_the_telephone_clip_is_coded_in_mu_law() -> None:
    assert soundfile.info(CLIPS / "telephone.wav").subtype == "ULAW"


def test_the_silent_clip_holds_zeros_only() -> None:
    assert not decoded(CLIPS / "silence.flac").any()


def test_the_long_pause_lasts_eight_seconds() -> None:
    assert 8.0 <= longest_silence_s(CLIPS / "long-pause.opus") < 9.0


def test_the_two_voices_speak_one_after_the_other_each_on_its_side() -> None:
    samples = decoded(CLIPS / "two-voices.opus")
    first, last = samples[:24_000], samples[-24_000:]
    assert np.square(first[:, 0]).mean() > 100 * np.square(first[:, 1]).mean()
    assert np.square(last[:, 1]).mean() > 100 * np.square(last[:, 0]).mean()


@pytest.mark.slow
def test_the_script_makes_the_same_clips_again(tmp_path: Path) -> None:
    named = re.search(r"espeak-ng ([\d.]+)", PAGE)
    assert named
    if not shutil.which("espeak-ng"):
        pytest.skip("espeak-ng is not installed")
    said = subprocess.run(["espeak-ng", "--version"], check=True, capture_output=True, text=True)
    if f"NG text-to-speech: {named[1]} " not in said.stdout:
        pytest.skip(f"the clips were spoken by espeak-ng {named[1]}, here is {said.stdout}")
    subprocess.run([sys.executable, EXAMPLES / "make.py", "--out", tmp_path], check=True)
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == PAGE
    for name in ROWS:
        old, new = decoded(CLIPS / name), decoded(tmp_path / "clips" / name)
        assert old.shape == new.shape
        assert np.square(old - new).sum() <= 1e-4 * np.square(old).sum(), name


@pytest.mark.parametrize("name", sorted(ROWS))
def test_speech_is_heard_where_the_table_says_somebody_speaks(name: str) -> None:
    heard = speech.detect(audio.load(CLIPS / name, sample_rate=16_000).samples[0])
    assert bool(heard) == (ROWS[name][1] == "yes")


def test_the_long_pause_parts_two_segments_of_speech() -> None:
    first, second = speech.detect(
        audio.load(CLIPS / "long-pause.opus", sample_rate=16_000).samples[0]
    )
    assert 7.0 < second.start_s - first.end_s < 8.5
