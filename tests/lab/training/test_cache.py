"""Decoded clips are stored once, found by content, and survive a kill."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sertain.errors import AudioError
from sertain.lab.training import cache
from tests.lab import tones

pytestmark = pytest.mark.train


def test_what_comes_out_is_what_the_file_holds(tmp_path: Path) -> None:
    clips = tones.make(tmp_path, speakers=1, takes=1)
    waves = cache.prepare(clips, tmp_path / "cache", quiet=True)
    for number, clip in enumerate(clips):
        expected, _ = soundfile.read(clip.path)
        expected -= expected.mean()
        # No speech is found in a tone, so the whole clip is kept; 16 bits of full scale.
        np.testing.assert_allclose(waves[number], expected, atol=1e-4)


@pytest.mark.corpus
def test_a_real_clip_is_cut_to_its_speech(corpora_root: Path, tmp_path: Path) -> None:
    path = next(corpora_root.glob("ravdess/speech/Actor_04/03-01-05-02-01-01-04.*"))
    clip = replace(tones.make(tmp_path, speakers=1, takes=1)[0], path=path)
    entry = cache.prepare([clip], tmp_path / "cache", quiet=True).entries[0]
    # The file lasts 3.9 s, about a second of silence at each end.
    assert 1.0 < entry.samples / cache.SAMPLE_RATE < 3.2
    assert 1.0 < entry.speech_s < 3.2


def test_a_second_call_adds_nothing(tmp_path: Path) -> None:
    clips = tones.make(tmp_path, speakers=1)
    cache.prepare(clips, tmp_path / "cache", quiet=True)
    size = (tmp_path / "cache/clips.i16").stat().st_size
    again = cache.prepare(clips[::-1], tmp_path / "cache", quiet=True)
    assert (tmp_path / "cache/clips.i16").stat().st_size == size
    np.testing.assert_array_equal(
        again[0], cache.prepare(clips, tmp_path / "cache", quiet=True)[len(clips) - 1]
    )


def test_a_moved_file_is_found_and_a_changed_one_is_decoded_anew(tmp_path: Path) -> None:
    clip = tones.make(tmp_path, speakers=1, takes=1)[0]
    folder = tmp_path / "cache"
    key = cache.prepare([clip], folder, quiet=True).entries[0].key
    moved = replace(clip, path=clip.path.rename(tmp_path / "moved.wav"))
    assert cache.prepare([moved], folder, quiet=True).entries[0].key == key
    samples, rate = soundfile.read(moved.path)
    soundfile.write(moved.path, 0.5 * samples, rate)
    assert cache.prepare([moved], folder, quiet=True).entries[0].key != key


def test_a_part_of_a_file_is_a_clip_of_its_own(tmp_path: Path) -> None:
    clip = tones.make(tmp_path, speakers=1, takes=1)[0]
    part = replace(clip, start_s=0.1, end_s=0.35)
    waves = cache.prepare([clip, part], tmp_path / "cache", quiet=True)
    np.testing.assert_allclose(waves[1], waves[0][1600:5600], atol=1e-4)


def test_a_torn_last_line_is_decoded_again(tmp_path: Path) -> None:
    clips = tones.make(tmp_path, speakers=1)
    folder = tmp_path / "cache"
    whole = cache.prepare(clips, folder, quiet=True)
    expected = [whole[number] for number in range(len(clips))]
    index = folder / "clips.jsonl"
    index.write_text(index.read_text("utf-8")[:-20], "utf-8")
    with (folder / "clips.i16").open("ab") as data:
        data.write(b"\x01")  # half a sample, as a kill leaves it
    again = cache.prepare(clips, folder, quiet=True)
    for number, samples in enumerate(expected):
        np.testing.assert_array_equal(again[number], samples)
    for line in index.read_text("utf-8").splitlines()[-1:]:
        assert json.loads(line)["samples"] == len(expected[-1])


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    clip = replace(tones.make(tmp_path, speakers=1, takes=1)[0], path=tmp_path / "none.wav")
    with pytest.raises(AudioError, match=r"none\.wav"):
        cache.prepare([clip], tmp_path / "cache", quiet=True)
