"""What each condition costs: UAR against that of the clean clips, speaker for speaker."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np

from sertain.corpora.clip import Clip
from sertain.errors import CorpusError, SertainError
from sertain.lab.evaluation.intervals import Bootstrap, bootstrap, interval
from sertain.lab.evaluation.metrics import Ints
from sertain.lab.outside import scoring
from sertain.lab.outside.hearing import SAMPLE_RATE, Heard, read
from sertain.lab.robustness.conditions import Condition, Voices, conditions
from sertain.predict import Failure, Model
from sertain.predict.cores import cores

CLEAN = "clean"
FEWEST_VOICES = 3
"""With fewer speakers besides the clip's own there is no babble."""


@dataclass(frozen=True)
class Part:
    """A model, the clips that it is heard on, and the clips of which a babble is made.

    ``seed`` tells models of the same clips apart.
    """

    model: Model
    clips: tuple[Clip, ...]
    voices: tuple[Clip, ...]
    seed: int = 0


@dataclass(frozen=True)
class Row:
    """One condition.

    Attributes
    ----------
    condition, family: its name and kind; ``"clean"`` is the first.
    uar, low, high: with its 95 % interval; a clip that is not answered counts as wrong.
    lost, lost_low, lost_high: UAR of the clean clips less this, drawn together.
    wa: share of right answers.
    unanswered: share of clips without an answer, as no speech was found.
    """

    condition: str
    family: str
    uar: float
    low: float
    high: float
    lost: float
    lost_low: float
    lost_high: float
    wa: float
    unanswered: float


@dataclass(frozen=True)
class Robustness:
    """All conditions of one model or recipe.

    Attributes
    ----------
    rows: the clean clips first.
    labels: scored; clips: how many, each once.
    seeds: how many models of the same clips; figures are averaged over them.
    interval_over, interval_units: what the bootstrap draws.
    babble_of: whose voices babble, in words; ``None``: nobody's, there are too few.
    """

    rows: tuple[Row, ...]
    labels: tuple[str, ...]
    clips: int
    seeds: int
    interval_over: str
    interval_units: int
    babble_of: str | None


@dataclass(frozen=True)
class _Answered:
    """Answers to some clips under one condition: index of the label, or that of no answer."""

    targets: Ints
    predicted: Ints
    speakers: tuple[str, ...]


def measure(
    parts: Sequence[Part],
    babble_of: str,
    tell: Callable[[], None] | None = None,
) -> Robustness:
    """Hear every clip under every condition.

    Parameters
    ----------
    parts: models with their clips; several folds are pooled, several seeds are averaged.
    babble_of: whose clips ``voices`` are, in words.
    tell: is called after each clip of each part.

    Raises
    ------
    LabelError, CorpusError: as :func:`sertain.lab.outside.scoring.choose`.
    """
    enough = all(_can_babble(part) for part in parts)
    labels = _labels(parts)
    found: dict[str, dict[int, list[_Answered]]] = {}
    families: dict[str, str] = {CLEAN: CLEAN}
    for part in parts:
        chosen = conditions(Voices(part.voices, read) if enough else None)
        families |= {each.name: each.family for each in chosen}
        heard: dict[str, list[Heard]] = {name: [] for name in families}
        for of_clip in _hear(part, chosen):
            for name, one in of_clip.items():
                heard[name].append(one)
            if tell is not None:
                tell()
        for name, own in heard.items():
            answered = _answers(part, labels, own, heard[CLEAN])
            found.setdefault(name, {}).setdefault(part.seed, []).append(answered)
    clean = _drawn(found[CLEAN], labels)
    clean_uar = _mean_uar(found[CLEAN])
    first = _joined(next(iter(found[CLEAN].values())))
    return Robustness(
        rows=tuple(
            _row(name, family, found[name], labels, clean, clean_uar)
            for name, family in families.items()
        ),
        labels=labels,
        clips=len(first.targets),
        seeds=len(found[CLEAN]),
        interval_over=clean.over,
        interval_units=clean.units,
        babble_of=babble_of if enough else None,
    )


def _can_babble(part: Part) -> bool:
    voices = {clip.speaker for clip in part.voices}
    return all(len(voices - {clip.speaker}) >= FEWEST_VOICES for clip in part.clips)


def _labels(parts: Sequence[Part]) -> tuple[str, ...]:
    """All labels that some part scores, those of the first part first."""
    each = [scoring.shared(part.model.bundle.spec, part.clips) for part in parts]
    return tuple(dict.fromkeys(str(label) for own in each for label in own))


def _hear(part: Part, chosen: Sequence[Condition]) -> Iterator[Mapping[str, Heard]]:
    """Yield, clip by clip, what the model says to it under every condition."""
    with ThreadPoolExecutor(cores(), thread_name_prefix="sertain-clip") as pool:
        yield from pool.map(partial(_hear_one, part.model, chosen), part.clips)


def _hear_one(model: Model, chosen: Sequence[Condition], clip: Clip) -> Mapping[str, Heard]:
    def answer(make: Callable[[], np.ndarray[tuple[int, ...], np.dtype[np.float32]]]) -> Heard:
        try:
            said = model.predict(make(), sample_rate=SAMPLE_RATE, name=clip.key)
        except SertainError as error:
            return Heard(clip, Failure(clip.key, str(error)))
        return Heard(clip, said)

    try:
        samples = read(clip)
    except SertainError as error:
        broken = Heard(clip, Failure(clip.key, str(error)))
        return {CLEAN: broken} | {each.name: broken for each in chosen}
    return {CLEAN: answer(lambda: samples)} | {
        each.name: answer(partial(each.change, clip, samples)) for each in chosen
    }


def _answers(
    part: Part, labels: Sequence[str], heard: Sequence[Heard], clean: Sequence[Heard]
) -> _Answered:
    """Take the clips that can be scored when clean; what is not answered now is wrong."""
    kept = scoring.choose(part.model.bundle.spec, clean)
    own = {clip.key for clip in kept.clips}
    try:
        now = scoring.choose(part.model.bundle.spec, heard)
        said = {
            clip.key: str(now.labels[answer])
            for clip, answer in zip(now.clips, now.predicted, strict=True)
        }
    except CorpusError:  # not a single clip was answered
        said = {}
    rows = [each.clip for each in heard if each.clip.key in own]
    place = {label: number for number, label in enumerate(labels)}
    return _Answered(
        targets=np.array([place[str(clip.emotion)] for clip in rows]),
        predicted=np.array(
            [place[said[clip.key]] if clip.key in said else len(labels) for clip in rows]
        ),
        speakers=tuple(clip.speaker for clip in rows),
    )


def _joined(parts: Sequence[_Answered]) -> _Answered:
    return _Answered(
        targets=np.concatenate([part.targets for part in parts]),
        predicted=np.concatenate([part.predicted for part in parts]),
        speakers=tuple(speaker for part in parts for speaker in part.speakers),
    )


def _drawn(seeds: Mapping[int, Sequence[_Answered]], labels: Sequence[str]) -> Bootstrap:
    """The same speakers are drawn for every condition, so that draws can be compared."""
    joined = [_joined(parts) for parts in seeds.values()]
    first = joined[0]
    # No answer is a column of its own, which no clip has as its truth.
    columns = [*labels, "no answer"]
    return bootstrap(first.targets, [each.predicted for each in joined], first.speakers, columns)


def _row(
    name: str,
    family: str,
    seeds: Mapping[int, Sequence[_Answered]],
    labels: Sequence[str],
    clean: Bootstrap,
    clean_uar: float,
) -> Row:
    joined = [_joined(parts) for parts in seeds.values()]
    drawn = _drawn(seeds, labels)
    bounds = drawn.interval("uar")
    lost = interval(clean.draws["uar"] - drawn.draws["uar"])
    uar = _mean_uar(seeds)
    return Row(
        condition=name,
        family=family,
        uar=uar,
        low=bounds.low,
        high=bounds.high,
        lost=clean_uar - uar,
        lost_low=lost.low,
        lost_high=lost.high,
        wa=float(np.mean([(each.predicted == each.targets).mean() for each in joined])),
        unanswered=float(np.mean([(each.predicted == len(labels)).mean() for each in joined])),
    )


def _mean_uar(seeds: Mapping[int, Sequence[_Answered]]) -> float:
    return float(np.mean([_uar(_joined(parts)) for parts in seeds.values()]))


def _uar(answered: _Answered) -> float:
    right = answered.predicted == answered.targets
    return float(np.mean([right[answered.targets == n].mean() for n in set(answered.targets)]))
