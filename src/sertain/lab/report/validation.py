"""What a finished training answers to its validation clips, kept beside it for its report."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from sertain.corpora.clip import Clip
from sertain.lab.evaluation import calibration, metrics
from sertain.labels import Emotion

FILE: Final = "validation.csv"
_COLUMNS: Final = ("clip", "corpus", "channel", "speaker", "label", "predicted")


class Trained(Protocol):
    """A trained model, as far as a report asks."""

    @property
    def labels(self) -> tuple[Emotion, ...]:
        """The labels of the logits' columns."""

    def logits(self, clips: Sequence[Clip]) -> NDArray[np.float32]:
        """Give the logits (n, labels) of clips, in their order."""


@dataclass(frozen=True)
class Answered:
    """Answers by truth: the labels, and counts (labels, labels) whose rows are the truth."""

    labels: tuple[str, ...]
    counts: tuple[tuple[float, ...], ...]


def keep(trained: Trained, clips: Sequence[Clip], folder: Path) -> Path:
    """Hear the validation clips and write an answer each into ``validation.csv``.

    An answer is the likeliest of the labels that the clip's corpus has; ``p_<label>`` are
    probabilities before any calibration, empty for the others.
    """
    from sertain.lab.evaluation.outcome import write_whole  # noqa: PLC0415
    from sertain.lab.training.data import label_mask  # noqa: PLC0415

    labels = trained.labels
    _, mask = label_mask(clips, labels)
    shares = calibration.probabilities(trained.logits(clips), mask)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*_COLUMNS, *(f"p_{label}" for label in labels)])
    for clip, own, counts in zip(clips, shares, mask, strict=True):
        values = [f"{share:.6g}" if count else "" for share, count in zip(own, counts, strict=True)]
        answer = str(labels[int(own.argmax())])
        writer.writerow(
            [clip.key, clip.corpus, clip.channel, clip.speaker, str(clip.emotion), answer, *values]
        )
    write_whole(folder / FILE, text.getvalue().encode())
    return folder / FILE


def read(folder: Path) -> Answered | None:
    """Read the answers of a finished training; ``None`` where there are none yet."""
    path = folder / FILE
    if not path.is_file():
        return None
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        labels = [name[2:] for name in reader.fieldnames or () if name.startswith("p_")]
        place = {label: at for at, label in enumerate(labels)}
        pairs = [(place[row["label"]], place[row["predicted"]]) for row in reader]
    truth, answers = np.array(pairs, np.int64).reshape(-1, 2).T
    counts = metrics.confusion_matrix(truth, answers, len(labels))
    return Answered(tuple(labels), tuple(tuple(row) for row in counts.tolist()))
