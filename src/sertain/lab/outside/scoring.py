"""What a bundle's answers to labelled clips are worth, over the labels that both share."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sertain.bundle import BundleSpec
from sertain.corpora.clip import Clip
from sertain.corpora.folder import UNKNOWN_SPEAKER
from sertain.errors import CorpusError, LabelError
from sertain.lab.evaluation import metrics
from sertain.lab.evaluation.intervals import Bootstrap, bootstrap
from sertain.lab.evaluation.metrics import Floats, Ints
from sertain.lab.evaluation.slices import Slice, slices
from sertain.lab.outside.hearing import Heard
from sertain.labels import Emotion
from sertain.predict import Failure, Prediction

MEASURES = ("uar", "wa", "macro_f1", "weighted_f1", "ece", "brier", "nll", "half_error")
SPEAKERS = "speakers"
WITHIN_SPEAKER = "clips within speaker"
CLIPS = "clips"


@dataclass(frozen=True)
class Figure:
    """A measure and its 95 % interval, where one is computed."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class OfEmotion:
    """One emotion: clips that have it, recall with its interval, precision and F1.

    ``precision`` is ``None`` where it is never answered.
    """

    clips: int
    recall: Figure
    precision: float | None
    f1: float


@dataclass(frozen=True)
class AsSaid:
    """The answers as `predict` says them, over all labels of the model and with "uncertain".

    Attributes
    ----------
    accuracy: share of answers that are right.
    certain: share of answers that are not called uncertain.
    accuracy_of_certain: share of these that are right; ``None`` without any.
    strange: share of answers that name an emotion which the clips' corpus does not have.
    """

    accuracy: float
    certain: float
    accuracy_of_certain: float | None
    strange: float


@dataclass(frozen=True)
class Counts:
    """What became of the clips.

    Attributes
    ----------
    given: all of them.
    scored: those that the figures speak of.
    no_speech: by emotion, those in which no speech, or too little, was found.
    broken: by clip why it cannot be read.
    not_shared: by emotion, those whose label the model does not have.
    alone: clips of a corpus that shares a single label with the model, so that nothing is chosen.
    warnings: by the first words of a warning, how many answers carry it.
    """

    given: int
    scored: int
    no_speech: Mapping[str, int]
    broken: Mapping[str, str]
    not_shared: Mapping[str, int]
    alone: int
    warnings: Mapping[str, int]


@dataclass(frozen=True)
class Score:
    """The figures of a bundle on labelled clips.

    Attributes
    ----------
    labels: those that both share, the columns of ``confusion``.
    chance: the UAR of guessing, 1 / labels.
    figures: by measure (:data:`MEASURES`); those without an interval have none that is unbiased.
    emotions: by label.
    confusion: rows are the truth, columns the answers.
    speakers: UAR of each speaker; empty where none is named.
    interval_over, interval_units: what the bootstrap draws, and how many there are.
    slices: the figures of parts of the clips.
    as_said: the same answers without leaving out any label of the model.
    counts: what became of the clips.
    data_hash: ten hexadecimal digits that change with any recording, label or speaker.
    trained_on: corpora among the clips' that the bundle was trained on.
    """

    labels: tuple[str, ...]
    chance: float
    figures: Mapping[str, Figure]
    emotions: Mapping[str, OfEmotion]
    confusion: tuple[tuple[int, ...], ...]
    speakers: Mapping[str, float]
    interval_over: str
    interval_units: int
    slices: tuple[Slice, ...]
    as_said: AsSaid
    counts: Counts
    data_hash: str
    trained_on: tuple[str, ...]


@dataclass(frozen=True)
class Scored:
    """The answers that are scored: what every figure is computed from.

    Attributes
    ----------
    labels: the shared ones, the columns.
    heard: n clips with their answers.
    targets: int (n,), the index of each clip's label.
    probabilities: float (n, labels), over the labels that the clip's corpus has; rows sum to 1.
    """

    labels: tuple[Emotion, ...]
    heard: tuple[tuple[Clip, Prediction], ...]
    targets: Ints
    probabilities: Floats

    @property
    def clips(self) -> list[Clip]:
        """The clips alone."""
        return [clip for clip, _ in self.heard]

    @property
    def predicted(self) -> Ints:
        """The index of each answer, int (n,)."""
        return np.asarray(self.probabilities.argmax(axis=1))


def shared(spec: BundleSpec, clips: Sequence[Clip]) -> tuple[Emotion, ...]:
    """The labels that the model and the clips both have, in the model's order.

    Raises
    ------
    LabelError: they share fewer than two, so there is nothing to choose from.
    """
    had = {clip.emotion for clip in clips}
    both = tuple(Emotion(label) for label in spec.labels if label in had)
    if len(both) < 2:
        shares = f"only '{both[0]}'" if both else "no label"
        raise LabelError(
            f"the model knows {', '.join(spec.labels)} and the clips have "
            f"{', '.join(sorted(had))}: they share {shares}",
            "name clips of two emotions that the model knows",
        )
    return both


def choose(spec: BundleSpec, heard: Sequence[Heard]) -> Scored:
    """Take the answers that can be scored, over the labels that each clip's corpus has.

    Song and speech of a corpus count apart, as everywhere.

    Raises
    ------
    LabelError: model and clips share fewer than two labels.
    CorpusError: no clip with a shared label was answered.
    """
    labels = shared(spec, [each.clip for each in heard])
    masks = _masks(labels, [each.clip for each in heard])
    rows: list[tuple[Clip, Prediction]] = []
    probabilities: list[Floats] = []
    for each in heard:
        mask = masks[each.clip.corpus, each.clip.channel]
        if each.clip.emotion not in labels or mask.sum() < 2 or each.answer is None:
            continue
        assert each.answer.probabilities is not None
        values = np.array([each.answer.probabilities[label] for label in labels]) * mask
        # A row of zeros is possible where the model is sure of a label that is not shared.
        values = values + np.finfo(np.float64).tiny * mask
        rows.append((each.clip, each.answer))
        probabilities.append(values / values.sum())
    if not rows:
        raise CorpusError(
            f"none of the {len(heard)} clips was answered",
            "see why with: sertain predict FILE",
        )
    return Scored(
        labels=labels,
        heard=tuple(rows),
        targets=np.array([labels.index(clip.emotion) for clip, _ in rows]),
        probabilities=np.array(probabilities),
    )


def score(spec: BundleSpec, heard: Sequence[Heard]) -> tuple[Score, Scored]:
    """Measure the answers of a bundle.

    Raises
    ------
    LabelError, CorpusError: as for :func:`choose`.
    """
    chosen = choose(spec, heard)
    clips, targets, predicted = chosen.clips, chosen.targets, chosen.predicted
    labels = tuple(str(label) for label in chosen.labels)
    probabilities = chosen.probabilities
    drawn, over = draws(chosen)
    plain = metrics.score(targets, probabilities)
    names = {clip.speaker for clip in clips}
    return (
        Score(
            labels=labels,
            chance=1 / len(labels),
            figures={
                name: _figure(getattr(plain, name), drawn.draws.get(name), drawn)
                for name in MEASURES
            },
            emotions=_emotions(labels, plain.confusion, plain.recalls, drawn),
            confusion=plain.confusion,
            speakers=metrics.uar_by_speaker(targets, probabilities, [c.speaker for c in clips])
            if any(_is_named(name) for name in names)
            else {},
            interval_over=over,
            interval_units=drawn.units,
            slices=slices(
                clips,
                targets,
                [predicted],
                labels,
                [answer.duration_s for _, answer in chosen.heard],
            ),
            as_said=_as_said(chosen),
            counts=_counts(chosen, heard),
            data_hash=_data_hash([each.clip for each in heard]),
            trained_on=tuple(
                sorted({clip.corpus for clip in clips} & {source.corpus for source in spec.data})
            ),
        ),
        chosen,
    )


def draws(chosen: Scored) -> tuple[Bootstrap, str]:
    """Draw speakers, clips within speaker, or clips where no speaker is named; say which."""
    clips, targets, probabilities = chosen.clips, chosen.targets, chosen.probabilities
    drawn = bootstrap(
        targets,
        [chosen.predicted],
        [clip.speaker for clip in clips],
        [str(label) for label in chosen.labels],
        means={
            "brier": [metrics.brier_of_each(targets, probabilities)],
            "nll": [metrics.nll_of_each(targets, probabilities)],
        },
    )
    named = any(_is_named(clip.speaker) for clip in clips)
    return drawn, drawn.over if named else CLIPS


def _is_named(speaker: str) -> bool:
    return not speaker.endswith(f"/{UNKNOWN_SPEAKER}")


def _masks(
    labels: Sequence[Emotion], clips: Sequence[Clip]
) -> Mapping[tuple[str, str], metrics.Floats]:
    had: dict[tuple[str, str], set[Emotion]] = {}
    for clip in clips:
        had.setdefault((clip.corpus, clip.channel), set()).add(clip.emotion)
    return {key: np.array([float(label in own) for label in labels]) for key, own in had.items()}


def _figure(value: float, values: Floats | None, drawn: Bootstrap) -> Figure:
    # A single clip a speaker, or a single clip at all, has no interval worth the name.
    if values is None or drawn.units < 2:
        return Figure(value)
    low, high = np.nanquantile(values, [0.025, 0.975])
    return Figure(value, float(low), float(high))


def _emotions(
    labels: Sequence[str],
    confusion: Sequence[Sequence[int]],
    recalls: Sequence[float | None],
    drawn: Bootstrap,
) -> dict[str, OfEmotion]:
    counts = np.array(confusion)
    found = {}
    for at, label in enumerate(labels):
        recall = recalls[at]
        if recall is None:
            continue
        answered, own = int(counts[:, at].sum()), int(counts[at].sum())
        right = int(counts[at, at])
        found[label] = OfEmotion(
            clips=own,
            recall=_figure(recall, drawn.draws[f"recall {label}"], drawn),
            precision=right / answered if answered else None,
            f1=2 * right / (own + answered),
        )
    return found


def _as_said(chosen: Scored) -> AsSaid:
    had: dict[str, set[str]] = {}
    for clip in chosen.clips:
        had.setdefault(clip.corpus, set()).add(clip.emotion)
    right = np.array([answer.label == clip.emotion for clip, answer in chosen.heard])
    certain = np.array([answer.is_certain for _, answer in chosen.heard])
    strange = [answer.label not in had[clip.corpus] for clip, answer in chosen.heard]
    return AsSaid(
        accuracy=float(right.mean()),
        certain=float(certain.mean()),
        accuracy_of_certain=float(right[certain].mean()) if certain.any() else None,
        strange=float(np.mean(strange)),
    )


def _counts(chosen: Scored, heard: Sequence[Heard]) -> Counts:
    lacking = Counter(
        str(each.clip.emotion) for each in heard if each.clip.emotion not in chosen.labels
    )
    known = [each for each in heard if each.clip.emotion in chosen.labels]
    broken = {
        each.clip.key: each.outcome.error for each in known if isinstance(each.outcome, Failure)
    }
    silent = Counter(
        str(each.clip.emotion)
        for each in known
        if isinstance(each.outcome, Prediction) and each.answer is None
    )
    warned = Counter(
        warning.partition(":")[0] for _, answer in chosen.heard for warning in answer.warnings
    )
    scored = len(chosen.heard)
    return Counts(
        given=len(heard),
        scored=scored,
        no_speech=dict(sorted(silent.items())),
        broken=broken,
        not_shared=dict(sorted(lacking.items())),
        alone=len(known) - scored - len(broken) - silent.total(),
        warnings=dict(warned.most_common()),
    )


def _data_hash(clips: Sequence[Clip]) -> str:
    digest = hashlib.sha256()
    for clip in sorted(clips, key=lambda clip: clip.key):
        content = clip.path.read_bytes() if clip.path.is_file() else b""
        own = hashlib.sha256(content).hexdigest()
        row = (clip.key, clip.emotion, clip.speaker, clip.channel, own)
        digest.update(("\t".join(row) + "\n").encode())
    return digest.hexdigest()[:10]
