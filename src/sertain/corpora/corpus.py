"""What a corpus is: how its file names are read, and what was published."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from sertain.corpora.clip import Clip
from sertain.corpora.sources import Source
from sertain.errors import CorpusError, LabelError
from sertain.labels import Emotion

Count = tuple[str, str, Emotion]
"""Speaker (``"ravdess/01"``), channel (``"speech"``, ``"song"``) and emotion: what is counted."""

Reader = Callable[[Path], Clip | None]
"""Reads a clip from the path of its audio file; ``None``: no name of this corpus."""

_LOSSLESS = (".wav", ".flac", ".aiff", ".aif")


@dataclass(frozen=True, slots=True)
class Published:
    """What the authors published, to compare with.

    Attributes
    ----------
    counts: clips per speaker, channel and emotion.
    totals: clips per emotion, for what is known of the whole only.
    names: every clip's name where the naming gives them all, else ``None``.
    silent: names of clips known to be silent.
    same: groups of names known to hold the same recording.
    notes: known oddities in words.
    """

    counts: Mapping[Count, int]
    totals: Mapping[Emotion, int]
    names: frozenset[str] | None = None
    silent: frozenset[str] = frozenset()
    same: tuple[frozenset[str], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def clips(self) -> int:
        """Number of clips in the published corpus."""
        return sum(self.totals.values())

    @classmethod
    def of(
        cls,
        counts: Mapping[Count, int],
        *,
        names: frozenset[str] | None = None,
        silent: frozenset[str] = frozenset(),
        same: tuple[frozenset[str], ...] = (),
        notes: tuple[str, ...] = (),
    ) -> Published:
        """Build from counts that cover the whole corpus."""
        totals: Counter[Emotion] = Counter()
        for (_, _, emotion), clips in counts.items():
            totals[emotion] += clips
        return cls(MappingProxyType(dict(counts)), totals, names, silent, same, notes)


@dataclass(frozen=True, slots=True)
class Scan:
    """What lies in a corpus' folder.

    Attributes
    ----------
    clips: sorted by key, each name once.
    copies: by clip name all files that bear it, where there is more than one; the first is used.
    strangers: audio files whose name is none of the corpus'.
    """

    clips: tuple[Clip, ...]
    copies: Mapping[str, tuple[Path, ...]]
    strangers: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Corpus:
    """A published corpus.

    Attributes
    ----------
    name: as on the command line, e.g. ``"crema-d"``; also its folder under the corpora's root.
    title: full name.
    languages: ISO 639-1 codes.
    licence, citation, home: terms, paper, and page.
    codes: the corpus' own codes of emotions.
    read: reads a clip from the path of its file.
    published: counts and known oddities.
    sources: where ``download`` fetches it; empty where the corpus has to be asked for.
    how_to_get: one or two sentences for people.
    """

    name: str
    title: str
    languages: tuple[str, ...]
    licence: str
    citation: str
    home: str
    codes: Mapping[str, Emotion]
    read: Reader = field(repr=False)
    published: Published = field(repr=False)
    how_to_get: str = field(repr=False)
    sources: tuple[Source, ...] = field(default=(), repr=False)

    @property
    def labels(self) -> tuple[Emotion, ...]:
        """The emotions of the corpus in the order of :class:`~sertain.labels.Emotion`."""
        own = set(self.codes.values())
        return tuple(emotion for emotion in Emotion if emotion in own)

    @property
    def speakers(self) -> tuple[str, ...]:
        """The published speakers, sorted, e.g. ``"emodb/03"``."""
        return tuple(sorted({speaker for speaker, _, _ in self.published.counts}))

    def emotion(self, code: str) -> Emotion:
        """Emotion of one of the corpus' own codes; raises :class:`LabelError`."""
        try:
            return self.codes[code]
        except KeyError:
            raise LabelError(
                f"'{code}' is no emotion code of {self.name}",
                f"its codes are {', '.join(self.codes)}",
            ) from None

    def code(self, emotion: Emotion) -> str:
        """The corpus' own code of an emotion; raises :class:`LabelError` if it has none."""
        for code, own in self.codes.items():
            if own is emotion:
                return code
        raise LabelError(
            f"{self.name} has no emotion '{emotion}'", f"it has {', '.join(self.labels)}"
        )

    def scan(self, root: Path) -> Scan:
        """Read every audio file below ``root`` by its name; the audio is not opened.

        A name that comes with several suffixes, or in several folders, gives one clip: the
        lossless file first, then by path.
        """
        found: dict[str, list[Clip]] = {}
        strangers: list[Path] = []
        for path in audio_files(root):
            clip = self.read(path)
            if clip is None:
                strangers.append(path)
            else:
                found.setdefault(clip.name, []).append(clip)
        clips: list[Clip] = []
        copies: dict[str, tuple[Path, ...]] = {}
        for name, same in sorted(found.items()):
            same.sort(key=lambda clip: (clip.path.suffix.lower() not in _LOSSLESS, clip.path))
            clips.append(same[0])
            if len(same) > 1:
                copies[name] = tuple(clip.path for clip in same)
        return Scan(tuple(clips), copies, tuple(strangers))

    def clips(self, root: Path) -> list[Clip]:
        """All clips below ``root``, sorted by key; raises :class:`CorpusError` if there is none."""
        clips = list(self.scan(root).clips)
        if not clips:
            raise CorpusError(
                f"no clip of {self.name} lies in {root}",
                f"its files are named as described by: sertain corpora show {self.name}",
            )
        return clips


def audio_files(root: Path) -> Iterator[Path]:
    """Audio files below ``root`` in sorted order; hidden files and macOS' shadows are left out."""
    from sertain.audio import is_audio_suffix  # noqa: PLC0415 - brings numpy along

    for folder, folders, files in os.walk(root):
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f != "__MACOSX")
        for file in sorted(files):
            path = Path(folder, file)
            if not file.startswith(".") and is_audio_suffix(path):
                yield path
