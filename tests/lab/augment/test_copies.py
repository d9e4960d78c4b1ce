"""Copies are files of their own, and follow their source through every split."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import librosa
import numpy as np
import pytest
import soundfile

from sertain.corpora.clip import Clip
from sertain.errors import AudioError, LeakageError
from sertain.lab.augment.copies import Copied, Copies, make
from sertain.lab.augment.waveform import PeakNoise
from sertain.lab.evaluation.audit import audit, fingerprints
from sertain.lab.evaluation.folds import Sets
from tests.lab import tones

pytestmark = pytest.mark.train


@pytest.fixture
def clips(tmp_path: Path) -> list[Clip]:
    folder = tmp_path / "clips"
    folder.mkdir()
    return tones.make(folder, speakers=4, takes=2, corpus="savee")


@pytest.fixture
def copied(clips: list[Clip], tmp_path: Path) -> Copied:
    return make(clips, Copies(sample_rate=16000), tmp_path / "copies")


def test_every_clip_has_three_copies_that_name_their_source(
    clips: list[Clip], copied: Copied
) -> None:
    assert len(copied.clips) == 3 * len(clips)
    assert [copy.name for copy in copied.of(clips[:1])] == [
        f"{clips[0].name}~{kind}" for kind in ("noise", "stretch", "pitch")
    ]
    by_key = {clip.key: clip for clip in clips}
    for copy in copied.clips:
        source = by_key[copied.sources[copy.key]]
        assert (copy.speaker, copy.emotion, copy.sex) == (
            source.speaker,
            source.emotion,
            source.sex,
        )
        assert copy.path.is_file()


def test_copies_hold_what_librosa_makes(clips: list[Clip], copied: Copied) -> None:
    source, _ = soundfile.read(clips[0].path)
    source = source - source.mean()
    noise, stretched, pitched = (soundfile.read(copy.path)[0] for copy in copied.of(clips[:1]))
    added = noise - source
    assert 0 < added.std() < 0.035 * np.abs(source).max()
    expected = librosa.effects.time_stretch(source, rate=0.8)
    np.testing.assert_allclose(stretched, expected, atol=1e-4)
    expected = librosa.effects.pitch_shift(source, sr=16000, n_steps=7)
    np.testing.assert_allclose(pitched, expected, atol=1e-4)


def test_a_part_of_a_file_is_copied_as_that_part(clips: list[Clip], tmp_path: Path) -> None:
    part = replace(clips[0], start_s=0.1, end_s=0.4)
    only = Copies(noise=None, pitch=None, sample_rate=16000)
    (copy,) = make([part], only, tmp_path / "parts").clips
    # 0.3 s at a tempo of 0.8; that it ends says that it has been cut already.
    assert (copy.start_s, copy.end_s) == (0.0, pytest.approx(0.3 / 0.8))
    assert soundfile.info(copy.path).frames == round(0.3 * 16000 / 0.8)


def test_copies_are_made_once_and_the_noise_hangs_on_the_seed(
    clips: list[Clip], copied: Copied, tmp_path: Path
) -> None:
    folder = tmp_path / "copies"
    times = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    again = make(clips, Copies(sample_rate=16000), folder)
    assert again == copied
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == times
    other = make(clips, Copies(sample_rate=16000), folder, seed=1)
    same = [one.path == two.path for one, two in zip(copied.clips, other.clips, strict=True)]
    assert same == [False, True, True] * len(clips)


def test_two_clips_get_unlike_noise(clips: list[Clip], tmp_path: Path) -> None:
    only = Copies(noise=PeakNoise(share=0.5), stretch=None, pitch=None, sample_rate=16000)
    both = [soundfile.read(copy.path)[0] for copy in make(clips[:2], only, tmp_path).clips]
    sources = [soundfile.read(clip.path)[0] for clip in clips[:2]]
    one, two = (copy - source for copy, source in zip(both, sources, strict=True))
    assert abs(np.corrcoef(one, two)[0, 1]) < 0.1


def test_copies_follow_their_source_through_a_speaker_independent_split(
    clips: list[Clip], copied: Copied, tmp_path: Path
) -> None:
    train, validation, test = (
        [clip for clip in clips if clip.speaker in speakers]
        for speakers in ({"savee/01", "savee/02"}, {"savee/03"}, {"savee/04"})
    )
    prints = fingerprints([*clips, *copied.clips], tmp_path / "cache")
    own = Sets("p", 0, "04", (*train, *copied.of(train)), tuple(validation), tuple(test))
    assert audit(own, prints, copied.sources).clips == {
        "training": 4 * len(train),
        "validation": len(validation),
        "test": len(test),
    }


def test_a_copy_of_a_test_clip_in_training_is_refused(
    clips: list[Clip], copied: Copied, tmp_path: Path
) -> None:
    """Where a protocol lets speakers stand on both sides, the source still tells."""
    prints = fingerprints([*clips, *copied.clips], tmp_path / "cache")
    everywhere = frozenset(combinations(("training", "validation", "test"), 2))
    mixed = Sets(
        "p",
        0,
        "random",
        (clips[0], *copied.of(clips[2:3])),
        (clips[1],),
        (clips[2],),
        leak="speakers on both sides",
        shared_speakers=everywhere,
    )
    with pytest.raises(LeakageError, match=r"made from the same recording as"):
        audit(mixed, prints, copied.sources)


def test_a_clip_that_is_not_there_is_told_in_one_line(clips: list[Clip], tmp_path: Path) -> None:
    gone = replace(clips[0], path=tmp_path / "gone.wav")
    with pytest.raises(AudioError, match=r"cannot read .*gone\.wav: No such file"):
        make([gone], Copies(), tmp_path / "copies")
