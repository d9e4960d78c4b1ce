"""A look at corpora: counts by hand, features by librosa, every augmentation, broken clips."""

from __future__ import annotations

import csv
from pathlib import Path

import librosa
import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from pyarrow import parquet

from sertain.corpora.clip import Clip
from sertain.corpora.meter import Silence
from sertain.errors import AudioError, CorpusError
from sertain.lab.explore import augmented, counts, features, listening, sounds
from sertain.lab.explore.counts import Contents
from sertain.lab.explore.exploring import explore
from sertain.lab.recipes.recipe import Augment
from sertain.labels import Emotion
from tests.lab import tones

pytestmark = pytest.mark.train

RATE = listening.RATE
ABOUT = ["clip", "corpus", "channel", "speaker", "sex", "emotion", "duration_s"]


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Clip]:
    """Two speakers, three emotions, two takes of 0.6 s."""
    return tones.make(tmp_path_factory.mktemp("tones"), speakers=2, takes=2, corpus="mine")


@pytest.fixture(scope="module")
def looked(clips: list[Clip], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a look at these and two clips that cannot be heard."""
    folder = tmp_path_factory.mktemp("looked")
    broken = folder / "broken.wav"
    broken.write_text("no sound")
    bad = Clip("mine", "bad", broken, Emotion.HAPPY, "mine/01", "male")
    gone = Clip("mine", "gone", folder / "gone.wav", Emotion.HAPPY, "mine/01", "male")
    done = explore([bad, *clips, gone], folder / "out", Silence())
    assert done.page == folder / "out" / "explore.html"
    assert (done.table, done.rows) == (folder / "out" / "features.csv", 12)
    assert list(done.broken) == ["mine/bad", "mine/gone"]
    assert "is not audio" in done.broken["mine/bad"]
    return folder / "out"


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_clip_that_can_be_heard_has_a_row(looked: Path, clips: list[Clip]) -> None:
    table = rows(looked / "features.csv")
    assert [row["clip"] for row in table] == [clip.key for clip in clips]
    assert list(table[0])[:9] == [*ABOUT, "zero_crossing_rate", "chroma_1"]
    assert len(table[0]) == len(ABOUT) + 162
    first = table[0]
    assert (first["speaker"], first["sex"], first["emotion"]) == ("mine/01", "male", "angry")
    assert first["duration_s"] == "0.6"


def test_the_columns_are_the_means_of_librosas_functions(looked: Path, clips: list[Clip]) -> None:
    row = rows(looked / "features.csv")[0]
    own = np.array([float(value) for value in list(row.values())[len(ABOUT) :]])
    samples, rate = soundfile.read(clips[0].path, dtype="float32")
    samples = librosa.resample(samples - samples.mean(), orig_sr=rate, target_sr=22050)
    magnitude = np.abs(librosa.stft(samples))
    expected = np.concatenate(
        [
            librosa.feature.zero_crossing_rate(samples).mean(axis=1),
            librosa.feature.chroma_stft(S=magnitude, sr=22050).mean(axis=1),
            librosa.feature.mfcc(y=samples, sr=22050).mean(axis=1),
            librosa.feature.rms(y=samples).mean(axis=1),
            librosa.feature.melspectrogram(y=samples, sr=22050).mean(axis=1),
        ]
    )
    np.testing.assert_allclose(own[:34], expected[:34], rtol=1e-2, atol=2e-2)
    np.testing.assert_allclose(own[34:], expected[34:], rtol=2e-2, atol=1e-4 * expected[34:].max())


def test_parquet_holds_the_same(looked: Path, clips: list[Clip], tmp_path: Path) -> None:
    config = features.config("davies_chen2024")
    found = features.rows(((clip, listening.heard(clip)) for clip in clips), config)
    path = tmp_path / "features.parquet"
    assert features.write(path, found, features.names(config), "parquet") == 12
    assert [each.name for each in tmp_path.iterdir()] == ["features.parquet"]
    table = parquet.read_table(path)
    same = rows(looked / "features.csv")
    assert table.column_names == list(same[0])
    for name in ("clip", "emotion", "duration_s", "chroma_7", "mel_128"):
        own = [str(value.as_py()) for value in table[name]]
        if name.startswith(("chroma", "mel")):
            np.testing.assert_allclose(
                np.array(own, float), [float(row[name]) for row in same], rtol=1e-5
            )
        else:
            assert own == [row[name] for row in same]


@pytest.mark.parametrize(
    ("name", "count", "first", "last"),
    [
        ("davies_chen2024", 162, "zero_crossing_rate", "mel_128"),
        ("shukla", 141, "mfcc_1", "mel_128"),
        ("santamaria", 180, "mfcc_1", "mel_128"),
        ("vu_deepemonet", 20, "mfcc_1", "mfcc_20"),
        ("all", 173, "zero_crossing_rate", "flatness"),
    ],
)
def test_columns_are_named_in_their_order(name: str, count: int, first: str, last: str) -> None:
    names = features.names(features.config(name))
    assert (len(names), names[0], names[-1]) == (count, first, last)
    assert len(set(names)) == count


def test_a_row_does_not_depend_on_its_neighbours() -> None:
    rng = np.random.default_rng(5)
    config = features.config("all")
    heard = [
        (Clip("a", str(n), Path(), Emotion.SAD, "a/b"), _noise(rng, 0.3 + 0.4 * n))
        for n in range(4)
    ]
    together = [own for _, _, own in features.rows(iter(heard), config)]
    alone = [own for each in heard for _, _, own in features.rows(iter([each]), config)]
    np.testing.assert_allclose(together, alone, rtol=1e-3, atol=1e-4)


def test_the_page_shows_counts_sounds_and_what_was_left_out(looked: Path) -> None:
    text = (looked / "explore.html").read_text("utf-8")
    assert "<title>A look at mine</title>" in text
    assert '<th scope="row">mine/bad</th>' in text
    # Two speakers of each sex; 0.6 s × 12 of 14 clips.
    assert "<td>14</td><td>2 (1, 1)</td><td>3</td><td>speech 14</td><td>0.00</td>" in text
    names = {path.stem for path in (looked / "figures").glob("*.svg")}
    assert {"mine-classes", "mine-speakers", "mine-lengths"} <= names
    assert {f"emotion-{each}" for each in ("happy", "sad", "angry")} <= names
    assert names == {path.stem for path in (looked / "figures").glob("*.png")}


def test_every_augmentation_that_a_recipe_can_ask_for_is_shown(looked: Path) -> None:
    shown = {
        path.stem.removeprefix("augmented-").replace("-", "_")
        for path in (looked / "figures").glob("augmented-*.svg")
    }
    # How many versions are stored changes nothing in a sound.
    assert shown == {*Augment.model_fields, "as_it_is", "log_mel"} - {"variants"}


def test_waveforms_change_as_their_words_say() -> None:
    seconds = np.arange(2 * RATE) / RATE
    tone = (0.4 * np.sin(2 * np.pi * 440 * seconds)).astype(np.float32)
    changed = {name: own for name, (_, own) in augmented.waveforms(tone).items()}
    hz = {name: sounds.strongest_hz(own) for name, own in changed.items()}
    step = RATE / 1024
    assert hz["speed"] == pytest.approx(440 * 1.15, abs=step)
    assert hz["pitch"] == pytest.approx(440 * 2 ** (2 / 12), abs=step)
    assert hz["stretch"] == pytest.approx(440, abs=step)
    assert len(changed["speed"]) == pytest.approx(len(tone) / 1.15, abs=2)
    assert len(changed["stretch"]) == pytest.approx(len(tone) / 0.8, abs=2)
    assert np.abs(changed["gain"]).max() == pytest.approx(0.4 * 10 ** (-6 / 20), rel=1e-3)
    np.testing.assert_array_equal(changed["shift"], np.roll(tone, round(0.2 * RATE)))
    noise = changed["noise"] - tone
    assert 10 * np.log10(np.mean(tone**2) / np.mean(noise**2)) == pytest.approx(5, abs=0.1)


def test_features_change_as_their_words_say() -> None:
    rng = np.random.default_rng(6)
    one, other = _noise(rng, 1.0), _noise(rng, 0.8)
    changed = augmented.features(one, other)
    plain = changed["log_mel"][1]
    assert changed["sizes"][1].shape == (128, 128)
    np.testing.assert_allclose(changed["brightness"][1], plain + 0.2, rtol=1e-5)
    masked = changed["spec_augment"][1]
    assert (masked == 0).any()
    kept = masked != 0
    np.testing.assert_array_equal(masked[kept], plain[kept])
    words, mixed = changed["mixup"]
    share = float(words.split()[1])
    assert 0.5 <= share < 0.65
    assert mixed.shape[0] == plain.shape[0]


def test_counts_are_those_of_the_clips(clips: list[Clip]) -> None:
    lengths = {clip.key: 0.6 for clip in clips}
    one = Contents("mine", tuple(clips), lengths)
    assert counts.by_emotion([one, one])[1] == ("happy", "4", "4", "8")
    assert counts.by_speaker(one) == [
        ("speaker", "happy", "sad", "angry", "all"),
        ("mine/01", "2", "2", "2", "6"),
        ("mine/02", "2", "2", "2", "6"),
    ]
    classes, speakers, length = one.pictures()
    assert classes.said == "mine has 12 clips: happy 4, sad 4, angry 4."
    assert "2 speakers with 6 to 6 clips each" in speakers.said
    assert "last 0.60 to 0.60 s" in length.said


def test_many_speakers_lose_their_names_in_the_figure_alone(clips: list[Clip]) -> None:
    many = tuple(
        Clip("c (1)", f"{n}", clips[0].path, Emotion.SAD, f"c (1)/{n:03d}") for n in range(101)
    )
    one = Contents("c (1)", many, {})
    classes, speakers = one.pictures()
    assert (classes.name, speakers.name) == ("c-1-classes", "c-1-speakers")
    assert ">speaker (101)</text>" in speakers.svg
    assert ">100</text>" not in speakers.svg
    assert len(counts.by_speaker(one)) == 102


def test_a_part_of_a_file_is_heard_as_a_part(tmp_path: Path) -> None:
    samples = np.concatenate([np.zeros(RATE), 0.5 * np.ones(RATE)]) - 0.25
    soundfile.write(tmp_path / "two.wav", samples, RATE, subtype="FLOAT")
    clip = Clip("a", "x", tmp_path / "two.wav", Emotion.SAD, "a/b", start_s=1.0, end_s=1.5)
    assert listening.length_s(clip) == 0.5
    np.testing.assert_allclose(listening.heard(clip), np.full(RATE // 2, 0.25), atol=1e-6)
    beyond = Clip("a", "y", tmp_path / "two.wav", Emotion.SAD, "a/b", start_s=2.5)
    with pytest.raises(AudioError, match="ends before a/y starts"):
        listening.length_s(beyond)


def test_a_clip_of_more_than_ten_minutes_is_left_out(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "long.wav", np.zeros(601 * 8000, np.int16), 8000)
    with pytest.raises(AudioError, match="lasts 601 s, an utterance at most 600 s"):
        listening.heard(Clip("a", "x", tmp_path / "long.wav", Emotion.SAD, "a/b"))


def test_silence_is_drawn_and_measured() -> None:
    silent = np.zeros(RATE, np.float32)
    shown = sounds.sound("silent", "silent", silent, 1.0)
    assert shown.said == "silent: 1.00 s, highest peak 0.000 of 1, strongest near 0 Hz."
    clip = Clip("a", "x", Path(), Emotion.SAD, "a/b")
    ((_, seconds, own),) = features.rows(iter([(clip, silent)]), features.config("all"))
    assert seconds == 1.0
    assert np.isfinite(own).all()
    changed = augmented.waveforms(silent)
    assert all(np.isfinite(samples).all() for _, samples in changed.values())


def test_nothing_that_can_be_heard_is_an_error_and_writes_nothing(tmp_path: Path) -> None:
    clip = Clip("a", "x", tmp_path / "gone.wav", Emotion.SAD, "a/b")
    with pytest.raises(CorpusError, match=r"none of 1 clips can be heard, the first: .*gone\.wav"):
        explore([clip], tmp_path / "out", Silence())
    assert not (tmp_path / "out").exists()


def _noise(rng: np.random.Generator, seconds: float) -> NDArray[np.float32]:
    return (0.1 * rng.standard_normal(round(seconds * RATE))).astype(np.float32)
