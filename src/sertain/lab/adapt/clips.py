"""A user's labelled recordings, with the words that the user wrote."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from sertain import corpora
from sertain.bundle import NO_SPEECH
from sertain.corpora.audformat import HEADER
from sertain.corpora.corpus import audio_files
from sertain.corpora.folder import SPLITS, UNKNOWN_SPEAKER
from sertain.corpora.table import column, rows, seconds, segment_name
from sertain.errors import CorpusError, LabelError
from sertain.labels import parse

ALL = "all"
"""Asks for every label of the model and every word of the clips."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A recording, or a part of one, and what the user says of it.

    Attributes
    ----------
    name: of the clip, as it is shown: the file as the table names it.
    path: where the sound lies.
    word: the label, in lower case, spaces made hyphens.
    speaker: who speaks, or ``None``: nobody says.
    start_s, end_s: the part of the file in seconds; ``end_s`` ``None``: to its end.
    """

    name: str
    path: Path
    word: str
    speaker: str | None
    start_s: float = 0.0
    end_s: float | None = None


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The labels of a new model, and where they come from.

    Attributes
    ----------
    labels: in the model's order; those of the old model first, as they stood there.
    old: of each label the old model's label that it begins as, ``None``: a new one.
    of_word: the label that each word of the clips means; words that are not there are left out.
    """

    labels: tuple[str, ...]
    old: tuple[str | None, ...]
    of_word: Mapping[str, str]

    @property
    def merged(self) -> dict[str, list[str]]:
        """Labels that several words, or another word, stand for: label to those words."""
        words: dict[str, list[str]] = {}
        for word, label in sorted(self.of_word.items()):
            words.setdefault(label, []).append(word)
        return {label: found for label, found in words.items() if found != [label]}


def read(path: Path) -> list[Labelled]:
    """The labelled clips of a table, a folder or an audformat database, sorted by name.

    A table (``.csv``, ``.tsv``, ``.jsonl``, ``.parquet``) has the columns ``file`` and
    ``emotion`` (or ``label``), and may have ``speaker``, ``start`` and ``end``.  In a folder the
    first sub-folder on the way to a file is its label, the others name the speaker:
    ``bored/anna/1.wav``.  Labels are any words; a database's have to be known emotions.

    Raises
    ------
    CorpusError: nothing is there, a column, a file, a label or a time is missing or wrong.
    """
    if path.is_dir():
        found = _of_database(path) if (path / HEADER).is_file() else _of_folder(path)
    elif path.is_file():
        found = _of_table(path)
    else:
        raise CorpusError(f"there is no table or folder {path}", "check the path")
    if not found:
        raise CorpusError(f"{path} holds no labelled clip", "see sertain adapt --help")
    return sorted(found, key=lambda clip: clip.name)


def vocabulary(
    words: Sequence[str], known: Sequence[str], wanted: Sequence[str] | None = None
) -> Vocabulary:
    """Choose the labels of the new model.

    A word that means one of the old model's labels (``sadness``, ``Trauer``) is that label, any
    other is a label of its own; a word that is wanted by itself is always one.

    Parameters
    ----------
    words: of the clips.
    known: labels of the old model.
    wanted: labels of the new one; by default those that the clips have; :data:`ALL` in it adds
        every label of the model and of the clips.

    Raises
    ------
    LabelError: fewer than two labels, or a wanted one that neither model nor clips have.
    """
    plain = [spelt(word) for word in words]
    own = {word: _meaning(word, known) for word in plain}
    if wanted is None:
        chosen = set(own.values())
    else:
        asked = [spelt(word) for word in wanted]
        chosen = {*asked} - {ALL} | ({*known, *own.values()} if ALL in asked else set())
        for word in sorted(chosen):
            if word not in known and word not in own and word not in own.values():
                raise _unknown(word, [*known, *sorted(own)])
        own = {word: word if word in chosen else own[word] for word in own}
    if NO_SPEECH.replace(" ", "-") in chosen:
        raise LabelError(f"'{NO_SPEECH}' is what a model says of silence", "leave these clips out")
    if len(chosen) < 2:
        raise LabelError(
            f"the clips have {len(chosen)} label: {', '.join(chosen)}"
            if chosen
            else "no label is left",
            "a model needs two or more",
        )
    labels = (
        *(label for label in known if label in chosen),
        *sorted(label for label in chosen if label not in known),
    )
    old: list[str | None] = []
    for label in labels:
        before = label if label in known else _meaning(label, known)
        taken = before in old or (before != label and before in chosen)
        old.append(before if before in known and not taken else None)
    return Vocabulary(
        labels,
        tuple(old),
        MappingProxyType({word: label for word, label in own.items() if label in chosen}),
    )


def check(clips: Sequence[tuple[str, str | None]], least: int, *, speakers: bool) -> list[str]:
    """Refuse what nothing can be learnt from; give cautions, a line each.

    Parameters
    ----------
    clips: label and speaker of each.
    least: clips that a label needs.
    speakers: whether two speakers are needed, and cautions about them.

    Raises
    ------
    CorpusError: a label has too few clips, some clips name no speaker, or there is only one.
    """
    counts = Counter(label for label, _ in clips)
    few = [f"'{label}' has {count}" for label, count in sorted(counts.items()) if count < least]
    if few:
        raise CorpusError(
            f"each label needs {least} clips that can be heard: {', '.join(few)}",
            "label more of them, or name the labels to learn: --labels",
        )
    if not speakers:
        return []
    nameless = sum(speaker is None for _, speaker in clips)
    names = {speaker for _, speaker in clips if speaker is not None}
    if nameless or len(names) < 2:
        fact = (
            f"{nameless:,} of {len(clips):,} clips name no speaker"
            if nameless
            else f"all clips are of one speaker, {', '.join(names)}"
        )
        raise CorpusError(
            f"{fact}, so nothing says what the model is worth on other voices",
            "name two or more speakers, or give --no-speakers and get a figure that flatters",
        )
    cautions = [
        f"'{label}' is spoken by one speaker only, so nothing tells the label from the voice"
        for label in sorted(counts)
        if len({speaker for own, speaker in clips if own == label}) < 2
    ]
    if len(names) < 5:
        cautions.append(
            f"{len(names)} speakers are few: intervals are over clips within them, and say "
            "nothing of other voices"
        )
    return cautions


def spelt(word: str) -> str:
    """A word as labels are written: lower case, hyphens for spaces (a table's separator)."""
    return "-".join(word.lower().split())


def _meaning(word: str, known: Sequence[str]) -> str:
    if word in known:
        return word
    try:
        emotion = str(parse(word.replace("-", " ")))
    except LabelError:
        return word
    return emotion if emotion in known else word


def _unknown(word: str, known: Sequence[str]) -> LabelError:
    near = difflib.get_close_matches(word, known, n=1)
    return LabelError(
        f"neither the model nor the clips have the label '{word}'",
        f"did you mean '{near[0]}'?" if near else f"there are {', '.join(dict.fromkeys(known))}",
    )


def _of_table(path: Path) -> list[Labelled]:
    found: dict[str, Labelled] = {}
    for number, row in enumerate(rows(path), start=1):
        where = f"row {number} of {path}"
        cells = {
            meaning: "" if name is None or row.get(name) is None else str(row[name]).strip()
            for meaning in ("file", "emotion", "speaker", "start", "end")
            for name in [column(row, meaning)]
        }
        for needed in ("file", "emotion"):
            if column(row, needed) is None:
                raise CorpusError(
                    f"{path} has no column '{needed}'; it has {', '.join(map(str, row))}",
                    "name its columns file, emotion, speaker",
                )
            if not cells[needed]:
                raise CorpusError(f"{where} names no {needed}", "fill the cell or delete the row")
        start_s, end_s = seconds(cells["start"], where) or 0.0, seconds(cells["end"], where)
        if end_s is not None and end_s <= start_s:
            raise CorpusError(f"{where} ends at {end_s:g} s and starts at {start_s:g} s")
        name = segment_name(cells["file"], start_s, end_s)
        file = path.parent / cells["file"]
        if name in found:
            raise CorpusError(f"{where} names {name} a second time", "remove one of the two")
        if not file.is_file():
            raise CorpusError(
                f"{where} names {file}, which is no file",
                "paths in a table are relative to the table",
            )
        found[name] = Labelled(
            name, file, spelt(cells["emotion"]), cells["speaker"] or None, start_s, end_s
        )
    return list(found.values())


def _of_folder(folder: Path) -> list[Labelled]:
    found = []
    for path in audio_files(folder):
        relative = path.relative_to(folder)
        parts = [part for part in relative.parts[:-1] if part.lower() not in SPLITS]
        if not parts:
            raise CorpusError(
                f"{path} lies under no folder that names a label",
                "put each recording into one, such as bored/anna/, or write a table instead",
            )
        # anna/angry/1.wav is understood too, where only the second is an emotion.
        at = next((number for number, part in enumerate(parts) if _is_emotion(part)), 0)
        others = [part for number, part in enumerate(parts) if number != at]
        found.append(
            Labelled(relative.as_posix(), path, spelt(parts[at]), "-".join(others) or None)
        )
    return found


def _is_emotion(word: str) -> bool:
    try:
        parse(word)
    except LabelError:
        return False
    return True


def _of_database(folder: Path) -> list[Labelled]:
    return [of_clip(clip) for clip in corpora.from_audformat(folder)]


def of_clip(clip: corpora.Clip) -> Labelled:
    """A clip of a corpus as a user's own."""
    nameless = clip.speaker.endswith(f"/{UNKNOWN_SPEAKER}")
    return Labelled(
        clip.name,
        clip.path,
        str(clip.emotion),
        None if nameless else clip.speaker,
        clip.start_s,
        clip.end_s,
    )
