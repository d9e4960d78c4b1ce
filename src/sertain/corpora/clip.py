"""One labelled utterance of a corpus."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sertain.labels import Emotion


@dataclass(frozen=True, slots=True)
class Clip:
    """A labelled utterance: a file, or a part of one.

    Attributes
    ----------
    corpus: name of the corpus, e.g. ``"ravdess"``.
    name: the clip's name in its corpus without suffix, e.g. ``"03-01-05-01-02-01-12"``;
        unique within the corpus.
    path: where the audio lies.
    emotion: the label.
    speaker: unique over all corpora, e.g. ``"ravdess/12"``.
    sex: ``"female"``, ``"male"`` or ``None`` where the corpus does not say.
    channel: ``"speech"`` or ``"song"``.
    language: ISO 639-1 code, e.g. ``"en"``, or ``None``.
    intensity: the corpus' own word for how strong, e.g. ``"strong"``, or ``None``.
    statement: the sentence's or word's code in the corpus, or ``None``.
    start_s, end_s: the part of the file in seconds; ``end_s`` ``None`` means to its end.
    split: the split that the corpus itself prescribes, or ``None``.
    """

    corpus: str
    name: str
    path: Path
    emotion: Emotion
    speaker: str
    sex: str | None = None
    channel: str = "speech"
    language: str | None = None
    intensity: str | None = None
    statement: str | None = None
    start_s: float = 0.0
    end_s: float | None = None
    split: str | None = None

    @property
    def key(self) -> str:
        """``corpus/name``: names the clip over all corpora."""
        return f"{self.corpus}/{self.name}"
