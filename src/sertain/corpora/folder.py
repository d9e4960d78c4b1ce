"""A user's own corpus: a folder with a sub-folder for every emotion."""

from __future__ import annotations

from pathlib import Path

from sertain.corpora.clip import Clip
from sertain.corpora.corpus import audio_files
from sertain.errors import CorpusError, LabelError
from sertain.labels import Emotion, parse

SPLITS = {
    "train": "train",
    "training": "train",
    "dev": "validation",
    "devel": "validation",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
    "testing": "test",
    "eval": "test",
}
"""Usual names of the three splits, and the one that this package writes."""

UNKNOWN_SPEAKER = "unknown"


def from_folder(folder: Path, corpus: str | None = None) -> list[Clip]:
    """Clips of a folder that has a sub-folder for every emotion, sorted by key.

    On the way from ``folder`` to a file one folder names the emotion (any word that
    :func:`sertain.labels.parse` reads), one may name the split (``train``, ``validation``,
    ``test``) and any other names the speaker: ``angry/a.wav``, ``angry/anna/a.wav``,
    ``anna/angry/a.wav`` and ``train/anna/angry/a.wav`` are all read. Where no folder names a
    speaker, all clips share one, ``<corpus>/unknown``: who spoke is not guessed.

    Parameters
    ----------
    folder: the root.
    corpus: name of the corpus; by default the folder's own.

    Raises
    ------
    CorpusError: the folder is missing or empty, or a file lies under no folder, or several
        folders, that name an emotion.
    """
    if not folder.is_dir():
        raise CorpusError(f"the folder {folder} does not exist")
    name = corpus or folder.resolve().name
    clips = [_clip(path, folder, name) for path in audio_files(folder)]
    if not clips:
        raise CorpusError(f"no audio file lies in {folder}", "name a folder that holds recordings")
    taken: dict[str, Path] = {}
    for clip in clips:
        if clip.name in taken:
            raise CorpusError(
                f"{clip.path} and {taken[clip.name]} differ only in their suffix",
                "keep one of them",
            )
        taken[clip.name] = clip.path
    return sorted(clips, key=lambda clip: clip.key)


def _clip(path: Path, folder: Path, corpus: str) -> Clip:
    emotions: list[Emotion] = []
    splits: list[str] = []
    others: list[str] = []
    relative = path.relative_to(folder)
    for part in relative.parts[:-1]:
        emotion = _emotion(part)
        if emotion is not None:
            emotions.append(emotion)
        elif part.lower() in SPLITS:
            splits.append(SPLITS[part.lower()])
        else:
            others.append(part)
    if len(emotions) != 1:
        raise CorpusError(
            f"{path} lies under {'no folder' if not emotions else 'several folders'} "
            f"named by an emotion",
            "put each recording into one folder such as angry/, or write a table instead",
        )
    return Clip(
        corpus=corpus,
        name=relative.with_suffix("").as_posix(),
        path=path,
        emotion=emotions[0],
        speaker=f"{corpus}/{'-'.join(others) or UNKNOWN_SPEAKER}",
        split=splits[0] if splits else None,
    )


def _emotion(word: str) -> Emotion | None:
    try:
        return parse(word)
    except LabelError:
        return None
