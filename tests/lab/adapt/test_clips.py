"""What a user's table or folder says, and what its words mean."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from sertain.errors import CorpusError, LabelError
from sertain.lab.adapt.clips import Labelled, check, read, vocabulary

KNOWN = ("neutral", "happy", "sad", "angry")


def table(folder: Path, text: str) -> Path:
    for name in ("a.wav", "b.wav"):
        (folder / name).touch()
    path = folder / "mine.csv"
    path.write_text(text)
    return path


def test_a_table_gives_words_speakers_and_parts(tmp_path: Path) -> None:
    text = "file;label;speaker;start;end\na.wav;Very Bored;anna;0.5;2\nb.wav;angry;;;\n"
    assert read(table(tmp_path, text)) == [
        Labelled("a@0.500-2.000", tmp_path / "a.wav", "very-bored", "anna", 0.5, 2.0),
        Labelled("b", tmp_path / "b.wav", "angry", None),
    ]


def test_a_folder_names_label_and_speaker_in_either_order(tmp_path: Path) -> None:
    for name in ("bored/anna/1.wav", "bored/2.wav", "anna/angry/3.wav", "train/keen/ben/4.wav"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = {clip.name: (clip.word, clip.speaker) for clip in read(tmp_path)}
    assert found == {
        "bored/anna/1.wav": ("bored", "anna"),
        "bored/2.wav": ("bored", None),
        "anna/angry/3.wav": ("angry", "anna"),
        "train/keen/ben/4.wav": ("keen", "ben"),
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("file,speaker\na.wav,anna\n", "has no column 'emotion'; it has file, speaker"),
        ("file,emotion\na.wav,\n", "row 1 of"),
        ("file,emotion\nc.wav,sad\n", "which is no file"),
        ("file,emotion\na.wav,sad\na.wav,angry\n", "names a a second time"),
        ("file,emotion,start,end\na.wav,sad,2,1\n", "ends at 1 s and starts at 2 s"),
        ("file,emotion\n", "holds no labelled clip"),
    ],
)
def test_what_is_wrong_in_a_table_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(CorpusError, match=said):
        read(table(tmp_path, text))


def test_nothing_at_all_is_said(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="there is no table or folder"):
        read(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("words", "wanted", "labels", "old"),
    [
        (["Wut", "sad", "sadness"], None, ["sad", "angry"], ["sad", "angry"]),
        (["keen", "angry"], None, ["angry", "keen"], ["angry", None]),
        (["keen", "dull"], None, ["dull", "keen"], [None, None]),
        (["angry", "sad"], ["sad", "happy"], ["happy", "sad"], ["happy", "sad"]),
        (["keen", "sad"], ["all"], [*KNOWN, "keen"], [*KNOWN, None]),
        # A word that is asked for by itself is a label, begun as what it means.
        (["Trauer", "Wut"], ["trauer", "wut"], ["trauer", "wut"], ["sad", "angry"]),
        (["excited", "happy"], ["excited", "happy"], ["happy", "excited"], ["happy", None]),
    ],
)
def test_labels_are_the_models_or_the_users_own(
    words: Sequence[str], wanted: Sequence[str] | None, labels: list[str], old: list[str | None]
) -> None:
    found = vocabulary(words, KNOWN, wanted)
    assert (list(found.labels), list(found.old)) == (labels, old)


def test_words_that_are_read_as_another_are_told() -> None:
    found = vocabulary(["sadness", "sad", "Wut", "keen"], KNOWN)
    assert found.merged == {"sad": ["sad", "sadness"], "angry": ["wut"]}
    only = vocabulary(["sad", "angry", "keen"], KNOWN, ["sad", "angry"])
    assert dict(only.of_word) == {"sad": "sad", "angry": "angry"}


@pytest.mark.parametrize(
    ("words", "wanted", "said"),
    [
        (["sad", "sadness"], None, "the clips have 1 label: sad"),
        (["sad", "keen"], ["keem", "sad"], "did you mean 'keen'"),
        (["sad", "no speech"], None, "'no speech' is what a model says of silence"),
    ],
)
def test_labels_that_cannot_be_are_refused(
    words: Sequence[str], wanted: Sequence[str] | None, said: str
) -> None:
    with pytest.raises(LabelError, match=said):
        vocabulary(words, KNOWN, wanted)


def clips(**counts: int) -> list[tuple[str, str | None]]:
    """``sad_anna=3``: three clips."""
    return [
        (name.split("_")[0], name.split("_")[1] or None)
        for name, count in counts.items()
        for _ in range(count)
    ]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (clips(sad_anna=5, sad_ben=5, keen_anna=4), "'keen' has 4"),
        (clips(sad_anna=9, keen_anna=9), "all clips are of one speaker, anna"),
        (clips(sad_anna=9, keen_ben=8, keen_=2), "2 of 19 clips name no speaker"),
    ],
)
def test_too_few_clips_and_speakers_are_refused(
    given: list[tuple[str, str | None]], said: str
) -> None:
    with pytest.raises(CorpusError, match=said):
        check(given, 5, speakers=True)


def test_few_speakers_are_said() -> None:
    two = check(clips(sad_anna=5, sad_ben=5, keen_ben=5), 5, speakers=True)
    assert [line.split(",")[0] for line in two] == [
        "'keen' is spoken by one speaker only",
        "2 speakers are few: intervals are over clips within them",
    ]
    assert check(clips(sad_=5, keen_=5), 5, speakers=False) == []
