"""The figures of an evaluation, from the answers of its folds and seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np

from sertain.lab.evaluation import metrics
from sertain.lab.evaluation.answers import Answers
from sertain.lab.evaluation.intervals import Bootstrap, bootstrap, interval
from sertain.lab.evaluation.metrics import Bin, Floats, Scores

MEASURES = ("uar", "wa", "macro_f1", "weighted_f1", "ece", "brier", "nll", "half_error")


@dataclass(frozen=True)
class Figure:
    """A measure: mean and standard deviation over seeds, and its 95 % interval.

    ``sd`` is ``None`` for one seed; ``low`` and ``high`` are ``None`` where none is computed.
    """

    mean: float
    sd: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Spread:
    """UAR speaker by speaker, each averaged over seeds.

    ``speakers`` gives every speaker's own.
    """

    lowest: float
    highest: float
    sd: float
    speakers: Mapping[str, float]


@dataclass(frozen=True)
class Certain:
    """The answers at or above the threshold chosen on validation: share, and share right."""

    coverage: float
    accuracy: float | None


@dataclass(frozen=True)
class Pool:
    """The figures of one set of clips, one answer a clip and seed.

    Attributes
    ----------
    clips: how many, each once whatever the number of seeds.
    chance: the UAR of guessing, 1 / labels.
    labels: the labels scored.
    figures: by measure (:data:`MEASURES`); ``ece``, ``brier`` and ``nll`` are after calibration.
    uncalibrated: ``ece``, ``brier`` and ``nll`` before it.
    recalls: by label.
    confusion: rows are the truth, columns the answers; counts averaged over seeds.
    speakers: the spread over speakers.
    reliability: 15 bins of equal mass, all seeds together.
    certain: what the threshold of each fold does.
    interval_over: what the bootstrap draws, and how many there are.
    channels: UAR by channel, where there are several.
    """

    clips: int
    chance: float
    labels: tuple[str, ...]
    figures: Mapping[str, Figure]
    uncalibrated: Mapping[str, Figure]
    recalls: Mapping[str, Figure]
    confusion: tuple[tuple[float, ...], ...]
    speakers: Spread
    reliability: tuple[Bin, ...]
    certain: Certain
    interval_over: str
    interval_units: int
    channels: Mapping[str, Figure] = field(default_factory=dict)


@dataclass(frozen=True)
class Referenced:
    """The figures of a model that was told of the voices of the test clips.

    Attributes
    ----------
    reference: what the reference was made of, in words; it never used a label.
    seconds: its least, mean and most seconds over the clips.
    among: the share of the clips that are themselves in their reference.
    pooled, mean_of_folds, pools, validation: as in :class:`Results`.
    """

    reference: str
    seconds: tuple[float, float, float]
    among: float
    pooled: Pool | None
    mean_of_folds: Mapping[str, Figure]
    pools: Mapping[str, Pool]
    validation: Figure


@dataclass(frozen=True)
class FoldRun:
    """One fold and seed: its sets, its training, its temperature and its scores."""

    fold: int
    name: str
    seed: int
    train_clips: int
    validation_clips: int
    test_clips: int
    validation_speakers: tuple[str, ...]
    labels: tuple[str, ...]
    parameters: int
    epochs: int
    train_s: float
    wall_s: float
    temperature: float
    uncertain_below: float
    calibrated_on: str
    validation_uar: float
    scores: Scores


@dataclass(frozen=True)
class Results:
    """An evaluation as it is written: what was asked, what came out, and on what.

    Attributes
    ----------
    protocol: name, title, source, corpora, channel, leak, whether the test set is the validation
        set, what chose the epoch, corpora that it would test and that are not at hand, folds of
        the protocol and folds run.
    recipe: name and hash.
    data: hash; by corpus clips, speakers and copies; clips left out and why.
    seeds: the seeds.
    pooled: all folds together, one answer a clip; ``None`` where folds score different labels.
    mean_of_folds: by measure, the mean of the folds' figures.
    pools: by the fold's name, the figures of each fold.
    runs: every fold and seed.
    audit: what was compared and found clean, by fold.
    versions, hardware, wall_s, created: on what, for how long, and when (UTC).
    validation: the UAR on the clips that calibrate, the mean of the folds: what may choose between
        recipes, where the figures of test clips may not.
    with_reference: by the kind of reference, the figures of a model that was told of voices;
        empty for one that knows none.
    taught_by: of networks that were taught by others, by whom, as
        :func:`sertain.lab.evaluation.teaching.told` gives it; else empty.
    """

    protocol: Mapping[str, object]
    recipe: Mapping[str, str]
    data: Mapping[str, object]
    seeds: tuple[int, ...]
    pooled: Pool | None
    mean_of_folds: Mapping[str, Figure]
    pools: Mapping[str, Pool]
    runs: tuple[FoldRun, ...]
    audit: Mapping[str, object]
    versions: Mapping[str, str]
    hardware: Mapping[str, str | int]
    wall_s: float
    created: str
    validation: Figure
    format: int = 1
    with_reference: Mapping[str, Referenced] = field(default_factory=dict)
    taught_by: Mapping[str, object] = field(default_factory=dict)


def pool(answers: Sequence[Answers]) -> Pool:
    """Give the figures of some folds together; every seed has to hold the same folds."""
    return _pool(answers)[0]


def validation(answers: Sequence[Answers]) -> Figure:
    """Give the UAR on validation clips, the mean of the folds, over seeds."""
    by_seed: dict[int, list[float]] = {}
    for one in answers:
        by_seed.setdefault(one.seed, []).append(one.validation_uar)
    return _over_seeds([float(np.mean(values)) for values in by_seed.values()])


def pool_folds(
    answers: Sequence[Answers], names: Mapping[int, str], *, independent: bool
) -> tuple[dict[str, Pool], dict[str, Figure]]:
    """Give the figures of every fold by its name, and the mean of the folds.

    The mean has an interval where the folds are ``independent`` corpora; folds of one corpus have
    theirs on the pooled figure, over all its speakers.
    """
    ordered = sorted(answers, key=lambda one: (one.fold, one.seed))
    pools: dict[str, Pool] = {}
    draws: list[Bootstrap] = []
    by_seed: dict[int, list[Scores]] = {}
    for fold, group in groupby(ordered, key=lambda one: one.fold):
        own = list(group)
        pools[names[fold]], drawn = _pool(own)
        draws.append(drawn)
        for one in own:
            by_seed.setdefault(one.seed, []).append(metrics.score(one.targets, one.probabilities))
    means = {
        name: _over_seeds(
            [float(np.mean([getattr(s, name) for s in scores])) for scores in by_seed.values()],
            np.mean([drawn.draws[name] for drawn in draws], axis=0)
            if independent and name in draws[0].draws
            else None,
        )
        for name in MEASURES
    }
    return pools, means


@dataclass(frozen=True)
class _Seed:
    """The answers of one seed over its folds, joined."""

    targets: metrics.Ints
    probabilities: Floats
    uncalibrated: Floats
    sure: np.ndarray[tuple[int], np.dtype[np.bool_]]
    speakers: list[str]
    channels: list[str]


def _pool(answers: Sequence[Answers]) -> tuple[Pool, Bootstrap]:
    seeds = [_joined(answers, seed) for seed in sorted({one.seed for one in answers})]
    labels = tuple(str(label) for label in answers[0].labels)
    first = seeds[0]
    predicted = [seed.probabilities.argmax(axis=1) for seed in seeds]
    scores = [metrics.score(seed.targets, seed.probabilities) for seed in seeds]
    before = [metrics.score(seed.targets, seed.uncalibrated) for seed in seeds]
    drawn = bootstrap(
        first.targets,
        predicted,
        first.speakers,
        labels,
        means={
            "brier": [metrics.brier_of_each(s.targets, s.probabilities) for s in seeds],
            "nll": [metrics.nll_of_each(s.targets, s.probabilities) for s in seeds],
        },
        draw=answers[0].fold,
    )
    result = Pool(
        clips=len(first.targets),
        chance=1 / len(labels),
        labels=labels,
        figures={name: _figure(scores, name, drawn) for name in MEASURES},
        uncalibrated={name: _figure(before, name) for name in ("ece", "brier", "nll")},
        recalls={
            label: _over_seeds(
                [_known(score.recalls[at]) for score in scores], drawn.draws[f"recall {label}"]
            )
            for at, label in enumerate(labels)
            if scores[0].recalls[at] is not None
        },
        confusion=tuple(
            tuple(float(count) for count in row)
            for row in np.mean([score.confusion for score in scores], axis=0)
        ),
        speakers=_spread(seeds),
        reliability=metrics.reliability(
            np.concatenate([seed.targets for seed in seeds]),
            np.concatenate([seed.probabilities for seed in seeds]),
        ),
        certain=_certain(seeds),
        interval_over=drawn.over,
        interval_units=drawn.units,
        channels=_channels(seeds),
    )
    return result, drawn


def _joined(answers: Sequence[Answers], seed: int) -> _Seed:
    own = sorted((one for one in answers if one.seed == seed), key=lambda one: one.fold)
    return _Seed(
        targets=np.concatenate([one.targets for one in own]),
        probabilities=np.concatenate([one.probabilities for one in own]),
        uncalibrated=np.concatenate([one.uncalibrated for one in own]),
        sure=np.concatenate([one.confidence >= one.uncertain_below for one in own]),
        speakers=[clip.speaker for one in own for clip in one.clips],
        channels=[clip.channel for one in own for clip in one.clips],
    )


def _figure(scores: Sequence[Scores], name: str, drawn: Bootstrap | None = None) -> Figure:
    draws = drawn.draws.get(name) if drawn else None
    return _over_seeds([getattr(score, name) for score in scores], draws)


def _over_seeds(values: Sequence[float], draws: Floats | None = None) -> Figure:
    bounds = interval(draws) if draws is not None else None
    return Figure(
        mean=float(np.mean(values)),
        sd=float(np.std(values, ddof=1)) if len(values) > 1 else None,
        low=bounds.low if bounds else None,
        high=bounds.high if bounds else None,
    )


def _known(value: float | None) -> float:
    assert value is not None  # every seed has the same clips, so the same classes occur
    return value


def _spread(seeds: Sequence[_Seed]) -> Spread:
    each = [metrics.uar_by_speaker(s.targets, s.probabilities, s.speakers) for s in seeds]
    means = {speaker: float(np.mean([one[speaker] for one in each])) for speaker in each[0]}
    values = list(means.values())
    return Spread(min(values), max(values), float(np.std(values)), means)


def _certain(seeds: Sequence[_Seed]) -> Certain:
    sure = np.concatenate([seed.sure for seed in seeds])
    right = np.concatenate([s.probabilities.argmax(axis=1) == s.targets for s in seeds])
    return Certain(float(sure.mean()), float(right[sure].mean()) if sure.any() else None)


def _channels(seeds: Sequence[_Seed]) -> dict[str, Figure]:
    channels = np.array(seeds[0].channels)
    names = sorted(set(seeds[0].channels))
    if len(names) < 2:
        return {}
    return {
        name: _over_seeds(
            [metrics.score(seed.targets[at], seed.probabilities[at]).uar for seed in seeds]
        )
        for name in names
        for at in [channels == name]
    }
