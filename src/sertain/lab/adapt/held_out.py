"""What an adapted model is worth on voices it did not learn, and how sure it may be."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sertain.lab.adapt.fitting import Lesson, fit, folds
from sertain.lab.adapt.head import Head, softmax
from sertain.lab.adapt.hearing import Floats, Ints, Rows
from sertain.lab.evaluation import calibration, metrics
from sertain.lab.evaluation.intervals import Interval, bootstrap, interval
from sertain.lab.terms import COVERAGE


@dataclass(frozen=True)
class Figure:
    """A measure and its 95 % interval."""

    value: float
    within: Interval


@dataclass(frozen=True)
class Measured:
    """Figures of answers to clips whose speakers were left out, each by a model without them.

    Attributes
    ----------
    clips, groups, folds: how many.
    over: what the intervals draw: ``"speakers"``, ``"clips within speaker"`` or ``"clips"``.
    base, adapted: UAR of the old answers, among the new labels, and of the new ones.
    gain: their difference, drawn in pairs.
    accuracy: of the new ones.
    ece: calibration error, temperatures learnt on the other folds.
    held, size: share of prediction sets that hold the truth, thresholds of the other folds,
        and their mean size.
    certain, certain_right: share of answers called certain, and of these that are right
        (``None`` without any); thresholds of the other folds.
    recalls: by label; labels without clips are not there.
    lowest, highest: UAR of single speakers; ``None`` where none is named.
    """

    clips: int
    groups: int
    folds: int
    over: str
    base: Figure
    adapted: Figure
    gain: Figure
    accuracy: Figure
    ece: float
    held: float
    size: float
    certain: float
    certain_right: float | None
    recalls: Mapping[str, float]
    lowest: float | None
    highest: float | None


@dataclass(frozen=True)
class Calibration:
    """What all held-out answers taught: temperature and thresholds."""

    temperature: float
    uncertain_below: float
    set_threshold: float


@dataclass(frozen=True, eq=False)
class Answers:
    """Logits (n, labels) of every window, of a head without its speaker; folds int (m,)."""

    logits: Floats
    folds: Ints


def answers(lesson: Lesson, step: Callable[[], None]) -> Answers:
    """Answer every clip by a head that was chosen and fitted without its speaker."""
    division = folds(lesson.groups)
    logits = np.zeros((len(lesson.rows.clip), lesson.prior.labels))
    for fold in range(division.max() + 1):
        head, _ = fit(lesson.of(np.flatnonzero(division != fold)))
        own = np.flatnonzero(division == fold)
        logits[division[lesson.rows.clip] == fold] = head.logits(lesson.rows.of(own))
        step()
    return Answers(logits, division)


def calibrate(lesson: Lesson, found: Answers, chosen: Ints | None = None) -> Calibration:
    """Learn temperature and thresholds on held-out answers, of some clips or of all.

    Few clips may be answered without an error, which would make the model sure without end.  So of
    m clips one in m + 2 counts as wrong (Platt 1999), for its next best label.
    """
    clips = np.arange(len(lesson.targets)) if chosen is None else chosen
    rows, targets = lesson.rows.of(clips), lesson.targets[clips]
    logits = found.logits[np.isin(lesson.rows.clip, clips)]
    # Labels without clips cannot be right here; how sure the others are must not depend on them.
    present = np.isin(np.arange(lesson.prior.labels), lesson.targets)
    truth = targets[rows.clip]
    others = np.where(present, logits, -np.inf)
    others[np.arange(len(truth)), truth] = -np.inf
    doubt = 1 / (len(clips) + 2)
    warmth = calibration.temperature(
        np.concatenate([logits, logits]),
        np.concatenate([truth, others.argmax(axis=1)]),
        np.broadcast_to(present, (2 * len(logits), len(present))),
        np.concatenate([rows.share * (1 - doubt), rows.share * doubt]),
    )
    printed = rows.mean(softmax(logits / warmth))
    right = printed.argmax(axis=1) == targets
    return Calibration(
        temperature=warmth,
        uncertain_below=calibration.uncertain_below(printed.max(axis=1), right),
        set_threshold=calibration.conformal_threshold(printed, targets, COVERAGE),
    )


def measure(
    lesson: Lesson, found: Answers, labels: Sequence[str], speakers: Sequence[str | None]
) -> Measured:
    """Measure held-out answers; every fold is calibrated by the others.

    Parameters
    ----------
    lesson: the clips.
    found: their held-out answers.
    labels: names of the labels.
    speakers: of each clip; ``None``, of all or none: nobody is named.
    """
    targets, rows = lesson.targets, lesson.rows
    printed = np.zeros((len(targets), len(labels)))
    sets = np.zeros(printed.shape, np.bool_)
    certain = np.zeros(len(targets), np.bool_)
    for fold in range(found.folds.max() + 1):
        own = np.flatnonzero(found.folds == fold)
        learnt = calibrate(lesson, found, np.flatnonzero(found.folds != fold))
        logits = found.logits[np.isin(rows.clip, own)]
        values = rows.of(own).mean(softmax(logits / learnt.temperature))
        printed[own] = values
        sets[own] = values >= learnt.set_threshold
        certain[own] = values.max(axis=1) >= learnt.uncertain_below
    predicted = printed.argmax(axis=1)
    sets[np.arange(len(targets)), predicted] = True
    right = predicted == targets
    before = rows.mean(_begun(lesson, rows)).argmax(axis=1)
    named = all(speaker is not None for speaker in speakers)
    whose = [str(speaker) if named else "one" for speaker in speakers]
    new, old = (bootstrap(targets, [each], whose, labels) for each in (predicted, before))
    scores = metrics.score(targets, printed)
    uar_before = metrics.score(targets, np.eye(len(labels))[before]).uar
    single = metrics.uar_by_speaker(targets, printed, whose).values() if named else ()
    return Measured(
        clips=len(targets),
        groups=len(np.unique(lesson.groups)),
        folds=int(found.folds.max()) + 1,
        over=new.over if named else "clips",
        base=Figure(uar_before, old.interval("uar")),
        adapted=Figure(scores.uar, new.interval("uar")),
        gain=Figure(scores.uar - uar_before, interval(new.draws["uar"] - old.draws["uar"])),
        accuracy=Figure(scores.wa, new.interval("wa")),
        ece=scores.ece,
        held=float(sets[np.arange(len(targets)), targets].mean()),
        size=float(sets.sum(axis=1).mean()),
        certain=float(certain.mean()),
        certain_right=float(right[certain].mean()) if certain.any() else None,
        recalls={
            label: recall
            for label, recall in zip(labels, scores.recalls, strict=True)
            if recall is not None
        },
        lowest=min(single, default=None),
        highest=max(single, default=None),
    )


def _begun(lesson: Lesson, rows: Rows) -> Floats:
    """The old answers; a label that the old model did not have is never the answer."""
    prior = lesson.prior
    values = np.zeros((len(rows.clip), prior.labels))
    values[:, list(prior.places)] = rows.answers[:, list(prior.columns)]
    return values


def calibrated(head: Head, learnt: Calibration) -> Head:
    """The head with a temperature."""
    return Head(head.prior, head.statistics, head.matrix, head.shift, learnt.temperature)
