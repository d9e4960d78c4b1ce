"""A folder with a sub-folder per emotion is a corpus."""

from __future__ import annotations

from pathlib import Path

import pytest

from sertain.corpora import from_folder
from sertain.errors import CorpusError
from tests.corpora.recordings import noise, tree, write


def test_folders_name_emotions_by_any_usual_word(tmp_path: Path) -> None:
    tree(tmp_path / "mine", ["Wut/1.wav", "joy/2.flac", "pleasant_surprise/3.ogg"])

    clips = from_folder(tmp_path / "mine")

    assert [(clip.key, clip.emotion.value) for clip in clips] == [
        ("mine/Wut/1", "angry"),
        ("mine/joy/2", "happy"),
        ("mine/pleasant_surprise/3", "surprised"),
    ]


def test_other_folders_name_speaker_and_split(tmp_path: Path) -> None:
    tree(
        tmp_path,
        ["angry/anna/a.wav", "ben/sad/b.wav", "dev/cleo/home/calm/c.wav", "test/happy/d.wav"],
    )

    clips = {clip.path.name: clip for clip in from_folder(tmp_path, "calls")}

    assert {name: clip.speaker for name, clip in clips.items()} == {
        "a.wav": "calls/anna",
        "b.wav": "calls/ben",
        "c.wav": "calls/cleo-home",
        "d.wav": "calls/unknown",
    }
    assert {name: clip.split for name, clip in clips.items()} == {
        "a.wav": None,
        "b.wav": None,
        "c.wav": "validation",
        "d.wav": "test",
    }


def test_a_recording_outside_any_emotion_is_refused(tmp_path: Path) -> None:
    tree(tmp_path, ["angry/a.wav", "b.wav"])

    with pytest.raises(CorpusError, match=r"b\.wav lies under no folder named by an emotion"):
        from_folder(tmp_path)


def test_a_recording_under_two_emotions_is_refused(tmp_path: Path) -> None:
    tree(tmp_path, ["angry/sad/a.wav"])

    with pytest.raises(CorpusError, match="lies under several folders named by an emotion"):
        from_folder(tmp_path)


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "angry" / "a.wav", noise(1))
    write(tmp_path / "angry" / "a.flac", noise(1))

    with pytest.raises(CorpusError, match="differ only in their suffix; keep one of them"):
        from_folder(tmp_path)


def test_an_empty_or_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no audio file lies in"):
        from_folder(tmp_path)
    with pytest.raises(CorpusError, match="does not exist"):
        from_folder(tmp_path / "nowhere")
