"""The same figures for parts of the clips: by sex, intensity, statement, speaker, length and more.

A mean hides who is heard worse.  Every part has its own UAR over the labels that occur in it, so
parts with other labels are compared with care; the page says how many labels each has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from sertain import audio
from sertain.corpora.clip import Clip
from sertain.errors import AudioError
from sertain.lab.evaluation.intervals import bootstrap
from sertain.lab.evaluation.metrics import Ints
from sertain.lab.evaluation.pages import figure, table

if TYPE_CHECKING:
    from sertain.lab.evaluation.answers import Answers

LENGTHS_S = (1.0, 2.0, 3.0, 5.0, 10.0)
"""Where one class of length ends and the next begins, in seconds."""

UNTOLD = "not told"
"""The value of clips whose corpus does not say."""

_FEWEST = 10
"""Fewer clips than this have no interval: draws of so few show little but themselves."""

_LISTED = 30
"""A page lists no more parts of a kind than this; more are summed up in a line."""


@dataclass(frozen=True)
class Slice:
    """The figures of the clips that have one thing in common.

    Attributes
    ----------
    kind, value: e.g. ``"sex"`` and ``"female"``.
    clips, speakers, labels: how many of each.
    uar, low, high: mean recall of the labels that occur (mean over seeds), its 95 % interval;
        ``None`` for fewer than ten clips.
    wa: share of right answers.
    interval_over: what the bootstrap draws.
    """

    kind: str
    value: str
    clips: int
    speakers: int
    labels: int
    uar: float
    low: float | None
    high: float | None
    wa: float
    interval_over: str


def slices(
    clips: Sequence[Clip],
    targets: Ints,
    predicted: Sequence[Ints],
    labels: Sequence[str],
    lengths_s: Sequence[float | None],
) -> tuple[Slice, ...]:
    """Give the figures of every part, kind by kind; a kind with a single value is left out.

    So is one whose parts have a single label each.

    Parameters
    ----------
    clips:
        n clips.
    targets:
        int (n,), the index of each clip's label.
    predicted:
        One int (n,) a seed: the answers.
    labels:
        The names of the indices.
    lengths_s:
        Seconds of each clip, ``None`` where not known.
    """
    found: list[Slice] = []
    several = len({clip.corpus for clip in clips}) > 1
    for kind, values in _values(clips, lengths_s, several).items():
        own = np.array(values)
        if set(values) <= {UNTOLD} or len(set(values)) < 2:
            continue
        parts = []
        for value in _ordered(kind, set(values)):
            at = own == value
            parts.append(
                _slice(
                    kind,
                    value,
                    [clip.speaker for clip, inside in zip(clips, at, strict=True) if inside],
                    targets[at],
                    [answers[at] for answers in predicted],
                    labels,
                )
            )
        # Where every sentence is said in one emotion its part is a recall under another name.
        if any(part.labels > 1 for part in parts):
            found += parts
    return tuple(found)


def of_answers(answers: Sequence[Answers]) -> tuple[Slice, ...]:
    """Give the parts of all folds of an evaluation together, seeds averaged.

    None where a clip is tested in several folds, by models that trained on other corpora.
    """
    seeds = [
        sorted((one for one in answers if one.seed == seed), key=lambda one: one.fold)
        for seed in sorted({one.seed for one in answers})
    ]
    clips = [clip for one in seeds[0] for clip in one.clips]
    if len({clip.key for clip in clips}) < len(clips):
        return ()
    labels = list(dict.fromkeys(str(label) for one in answers for label in one.labels))
    place = [
        [np.array([labels.index(str(label)) for label in one.labels]) for one in own]
        for own in seeds
    ]
    return slices(
        clips,
        np.concatenate([at[one.targets] for one, at in zip(seeds[0], place[0], strict=True)]),
        [
            np.concatenate([at[one.predicted] for one, at in zip(own, places, strict=True)])
            for own, places in zip(seeds, place, strict=True)
        ],
        labels,
        [length_s(clip) for clip in clips],
    )


def length_s(clip: Clip) -> float | None:
    """Give the seconds of a clip as its file says them; ``None`` where it does not."""
    if clip.end_s is not None:
        return clip.end_s - clip.start_s
    try:
        whole = audio.probe(clip.path).duration_s
    except AudioError:
        return None
    return None if whole is None else whole - clip.start_s


def length_class(seconds: float | None) -> str:
    """Give the class of a length in words.

    >>> length_class(0.4), length_class(1.0), length_class(12.5), length_class(None)
    ('under 1 s', '1 to 2 s', '10 s and more', 'not told')
    """
    if seconds is None:
        return UNTOLD
    place = int(np.searchsorted(LENGTHS_S, seconds, side="right"))
    return _LENGTH_CLASSES[place]


def markdown(parts: Sequence[Slice]) -> str:
    """Give tables for people, one a kind, each with the spread between its parts."""
    kinds: dict[str, list[Slice]] = {}
    for part in parts:
        kinds.setdefault(part.kind, []).append(part)
    pages = []
    for kind, own in kinds.items():
        told = [part for part in own if part.value != UNTOLD]
        values = [part.uar for part in told]
        spread = (
            f"**By {kind}**: {len(told)} values, UAR from {min(values):.3f} to {max(values):.3f}, "
            f"standard deviation {np.std(values):.3f}."
        )
        pages.append(spread)
        if len(own) <= _LISTED:
            pages.append(table([_head(kind), *map(_row, own)]))
        else:
            ranked = sorted(told, key=lambda part: part.uar)
            pages.append("The five lowest and the five highest:")
            pages.append(table([_head(kind), *map(_row, [*ranked[:5], *ranked[-5:]])]))
    return "\n\n".join(pages)


_LENGTH_CLASSES = (
    f"under {LENGTHS_S[0]:g} s",
    *(f"{low:g} to {high:g} s" for low, high in pairwise(LENGTHS_S)),
    f"{LENGTHS_S[-1]:g} s and more",
)


def _values(
    clips: Sequence[Clip], lengths_s: Sequence[float | None], several: bool
) -> Mapping[str, list[str]]:
    def of(give: Callable[[Clip], str | None], own_words: bool = False) -> list[str]:
        # Codes of statements and words of intensity mean something in their corpus alone.
        before = several and own_words
        return [
            UNTOLD if value is None else f"{clip.corpus} {value}" if before else value
            for clip in clips
            for value in [give(clip)]
        ]

    return {
        "corpus": of(lambda clip: clip.corpus),
        "language": of(lambda clip: clip.language),
        "channel": of(lambda clip: clip.channel),
        "sex": of(lambda clip: clip.sex),
        "intensity": of(lambda clip: clip.intensity, own_words=True),
        "length": [length_class(seconds) for seconds in lengths_s],
        "statement": of(lambda clip: clip.statement, own_words=True),
        "speaker": of(lambda clip: clip.speaker),
    }


def _ordered(kind: str, values: set[str]) -> list[str]:
    if kind == "length":
        return [value for value in (*_LENGTH_CLASSES, UNTOLD) if value in values]
    return sorted(values, key=lambda value: (value == UNTOLD, value))


def _slice(
    kind: str,
    value: str,
    speakers: Sequence[str],
    targets: Ints,
    predicted: Sequence[Ints],
    labels: Sequence[str],
) -> Slice:
    drawn = bootstrap(targets, predicted, speakers, labels)
    bounds = drawn.interval("uar") if len(targets) >= _FEWEST else None
    present = np.unique(targets)
    recalls = [
        [(answers[targets == label] == label).mean() for label in present] for answers in predicted
    ]
    return Slice(
        kind=kind,
        value=value,
        clips=len(targets),
        speakers=len(set(speakers)),
        labels=len(present),
        uar=float(np.mean(recalls)),
        low=bounds.low if bounds else None,
        high=bounds.high if bounds else None,
        wa=float(np.mean([(answers == targets).mean() for answers in predicted])),
        interval_over=drawn.over,
    )


def _head(kind: str) -> list[str]:
    return [kind, "clips", "speakers", "labels", "UAR", "WA", "interval over"]


def _row(part: Slice) -> list[object]:
    return [
        part.value,
        part.clips,
        part.speakers,
        part.labels,
        figure(part.uar, part.low, part.high),
        f"{part.wa:.3f}",
        part.interval_over,
    ]
