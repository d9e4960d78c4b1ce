"""Folders and patterns become lists of recordings."""

from __future__ import annotations

from pathlib import Path

import pytest

from sertain import audio
from sertain.errors import AudioError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Recordings and other things, two deep."""
    for name in (
        "b.wav",
        "a.MP3",
        "note.txt",
        "sub/c.opus",
        "sub/deep/d.mp4",
        "._b.wav",
        ".g/e.wav",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return tmp_path


def names(paths: list[Path], folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in paths]


def test_a_folder_gives_its_recordings_sorted(folder: Path) -> None:
    assert names(audio.find_audio(folder), folder) == [
        "a.MP3",
        "b.wav",
        "sub/c.opus",
        "sub/deep/d.mp4",
    ]


def test_patterns(folder: Path) -> None:
    assert names(audio.find_audio(f"{folder}/*.wav"), folder) == ["b.wav"]
    assert names(audio.find_audio(f"{folder}/**/*.op?s"), folder) == ["sub/c.opus"]
    assert names(audio.find_audio(f"{folder}/s*"), folder) == ["sub/c.opus", "sub/deep/d.mp4"]
    assert names(audio.find_audio(f"{folder}/[ab].*"), folder) == ["a.MP3", "b.wav"]


def test_named_files_come_in_their_order_and_once(folder: Path) -> None:
    wanted = [folder / "sub/c.opus", folder / "note.txt", folder / "missing.wav"]
    found = audio.find_audio([*wanted, folder / "sub", wanted[0]])
    assert found == [*wanted, folder / "sub/deep/d.mp4"]


def test_a_file_whose_name_looks_like_a_pattern(folder: Path) -> None:
    path = folder / "take [1].wav"
    path.write_bytes(b"x")
    assert audio.find_audio(str(path)) == [path]


def test_nothing_found(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_bytes(b"x")
    with pytest.raises(AudioError, match="holds no recording; check the path"):
        audio.find_audio(tmp_path)
    with pytest.raises(AudioError, match="no recording matches"):
        audio.find_audio(tmp_path / "*.wav")


@pytest.mark.parametrize(
    ("path", "is_it"),
    [("a.wav", True), ("a.MP3", True), ("a/b.flac", True), ("a.txt", False), ("wav", False)],
)
def test_suffixes(path: str, is_it: bool) -> None:
    assert audio.is_audio_suffix(path) is is_it
