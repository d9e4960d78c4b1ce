"""Finds recordings in folders and by patterns."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from sertain.errors import AudioError

AUDIO_SUFFIXES = frozenset(
    {
        *(".3gp", ".aac", ".aif", ".aifc", ".aiff", ".amr", ".au", ".avi", ".awb", ".caf", ".flac"),
        *(".m4a", ".m4b", ".mka", ".mkv", ".mov", ".mp2", ".mp3", ".mp4", ".mpga", ".oga", ".ogg"),
        *(".opus", ".rf64", ".snd", ".spx", ".w64", ".wav", ".wave", ".weba", ".webm", ".wma"),
    }
)
"""Suffixes, in lower case, that a folder is searched for; films are taken for their sound.
A file that is named outright is read whatever its suffix."""

_PATTERN_SIGNS = frozenset("*?[")


def is_audio_suffix(path: str | Path) -> bool:
    """Whether the path ends like a recording, e.g. ``.wav`` or ``.MP3``."""
    return Path(path).suffix.lower() in AUDIO_SUFFIXES


def find_audio(paths: str | Path | Iterable[str | Path]) -> list[Path]:
    """The recordings that files, folders and patterns name, each one once.

    A folder gives all recordings in it and below, sorted; a pattern (``*``, ``?``, ``[…]``,
    ``**``) gives those that match, sorted, and searches folders among them. A file named outright
    is kept as it is, even one that does not exist: reading it says what is wrong with it while
    the others go on. Hidden files (``.name``, as macOS leaves on foreign disks) are passed over.

    Raises
    ------
    AudioError
        A folder without a recording, or a pattern that matches none.
    """
    named = [paths] if isinstance(paths, str | Path) else list(paths)
    return list(dict.fromkeys(file for path in named for file in _found(Path(path))))


def _found(path: Path) -> list[Path]:
    if path.is_dir():
        files = sorted(_in_folder(path))
        if not files:
            raise AudioError(f"the folder '{path}' holds no recording", "check the path")
        return files
    if not path.exists() and _PATTERN_SIGNS & set(str(path)):
        return _matching(path)
    return [path]


def _matching(pattern: Path) -> list[Path]:
    files: list[Path] = []
    for match in sorted(map(Path, glob.glob(str(pattern), recursive=True))):  # noqa: PTH207
        if match.is_dir():
            files += sorted(_in_folder(match))
        elif is_audio_suffix(match):
            files.append(match)
    if not files:
        raise AudioError(f"no recording matches '{pattern}'", "check the pattern")
    return files


def _in_folder(folder: Path) -> Iterator[Path]:
    for where, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if is_audio_suffix(name) and not name.startswith("."):
                yield Path(where) / name
