"""Pairs of labels that seem swapped, as a model hears it that learnt from other corpora.

Where a corpus' documentation has exchanged two labels, every clip agrees with every other: nothing
inside the corpus can show it.  So a model learns each pair of labels from the other corpora, and is
asked to order the clips of this one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sertain.corpora.clip import Clip
from sertain.lab.doctor.answers import Bools, Floats, labels_of, learnt, standardised
from sertain.lab.doctor.hearing import Heard
from sertain.labels import Emotion

FEW_SPEAKERS: Final = 5
LEAST_CLIPS: Final = 5
"""Of each label, in this corpus and in the others together; below this nothing is said."""

_DRAWS: Final = 2000
_ERROR: Final = 0.05
"""How often, over all pairs of a corpus that has none, a swap may be claimed."""


@dataclass(frozen=True)
class Pair:
    """How the model of other corpora orders the clips of two labels.

    Attributes
    ----------
    labels: the two.
    auc: how often a clip of the second is put nearer to the second than one of the first is, mean
        over speakers; 0.5 is chance, below it they lie the other way round.
    low, high: its interval over speakers, or over clips where there are few speakers; so wide that
        all pairs of the corpus hold together in 95 %.
    clips: of both.
    corpora: how many others have both labels.
    swapped: whether the whole interval lies below chance, more than one other corpus says so, and
        no worse pair has one of the labels.
    """

    labels: tuple[Emotion, Emotion]
    auc: float
    low: float
    high: float
    clips: int
    corpora: int
    swapped: bool = False

    @property
    def differs(self) -> bool:
        """Whether it lies the other way round in the one other corpus; either may be wrong."""
        return self.high < 0.5 and self.corpora == 1


def swaps(heard: Heard, others: Sequence[Heard], seed: int = 0) -> tuple[Pair, ...]:
    """Ask a model of ``others`` about every pair of labels; the pairs, the worst first.

    A label of which there are fewer than :data:`LEAST_CLIPS` clips is left out, as is speech where
    others only sing and the other way round.

    Parameters
    ----------
    heard: the corpus in question.
    others: each of the other corpora.
    seed: of the draws of the interval.
    """
    taught = [clip for other in others for clip in other.clips]
    if not taught:
        return ()
    features = np.concatenate([standardised(other) for other in others])
    own = standardised(heard)
    pairs = _pairs(heard.clips, taught)
    found = []
    for pair in pairs:
        ours, theirs = _of(heard.clips, pair), _of(taught, pair)
        targets = np.array([taught[at].emotion == pair[1] for at in theirs], dtype=np.int64)
        weights = _weights([taught[at] for at in theirs])
        answer = learnt(features[theirs], targets, weights)(own[ours])
        clips = [heard.clips[at] for at in ours]
        second = np.array([clip.emotion == pair[1] for clip in clips])
        each = _by_speaker(clips, np.asarray(answer[:, 1], dtype=np.float64), second)
        known = [{clip.corpus for clip in taught if clip.emotion == label} for label in pair]
        corpora = len(known[0] & known[1])
        found.append(Pair(pair, *_ordered(each, len(pairs), seed), len(clips), corpora))
    return _marked(sorted(found, key=lambda one: one.auc))


def drawn(clips: Sequence[Clip], most: int, seed: int = 0) -> list[Clip]:
    """Draw at most so many clips of each label and channel, from all speakers alike."""
    generator = np.random.default_rng(seed)
    groups: defaultdict[tuple[Emotion, str], list[Clip]] = defaultdict(list)
    for clip in clips:
        groups[clip.emotion, clip.channel].append(clip)
    chosen: list[Clip] = []
    for group in groups.values():
        turn: Counter[str] = Counter()
        ranked = []
        for at in generator.permutation(len(group)):
            ranked.append((turn[group[at].speaker], int(at)))
            turn[group[at].speaker] += 1
        chosen += [group[at] for _, at in sorted(ranked)[:most]]
    return sorted(chosen, key=lambda clip: clip.key)


def _pairs(ours: Sequence[Clip], theirs: Sequence[Clip]) -> list[tuple[Emotion, Emotion]]:
    counts = [Counter(clip.emotion for clip in clips) for clips in (ours, theirs)]
    enough = [
        label for label in labels_of(ours) if all(count[label] >= LEAST_CLIPS for count in counts)
    ]
    return list(combinations(enough, 2))


def _of(clips: Sequence[Clip], pair: tuple[Emotion, Emotion]) -> NDArray[np.intp]:
    return np.array([at for at, clip in enumerate(clips) if clip.emotion in pair], dtype=np.intp)


def _weights(clips: Sequence[Clip]) -> Floats:
    """Every corpus counts alike, and in it every label; their mean is 1."""
    groups = Counter((clip.corpus, clip.emotion) for clip in clips)
    weights = np.array([1 / groups[clip.corpus, clip.emotion] for clip in clips])
    return np.asarray(weights / weights.mean())


def _by_speaker(
    clips: Sequence[Clip], answers: Floats, second: Bools
) -> list[tuple[Floats, Floats]]:
    """Give of each speaker with both labels the answers to clips of the first, of the second."""
    voices = np.array([clip.speaker for clip in clips])
    found = []
    for voice in np.unique(voices):
        own = voices == voice
        if second[own].any() and not second[own].all():
            found.append((answers[own & ~second], answers[own & second]))
    return found or [(answers[~second], answers[second])]


def _ordered(
    each: Sequence[tuple[Floats, Floats]], pairs: int, seed: int
) -> tuple[float, float, float]:
    """Give the AUC, mean over speakers, and its interval."""
    generator = np.random.default_rng(seed)
    values = np.array([auc(*one) for one in each])
    if len(each) >= FEW_SPEAKERS:
        draws = generator.choice(values, (_DRAWS, len(values))).mean(1)
    else:
        draws = np.array(
            [
                np.mean([auc(*(generator.choice(part, len(part)) for part in one)) for one in each])
                for _ in range(_DRAWS)
            ]
        )
    edge = _ERROR / pairs / 2
    low, high = np.quantile(draws, [edge, 1 - edge])
    return float(values.mean()), float(low), float(high)


def auc(first: Floats, second: Floats) -> float:
    """Give the share of pairs of a first and a second in which the second is greater.

    >>> auc(np.array([0.1, 0.4]), np.array([0.4, 0.9]))
    0.875
    """
    places = np.sort(first)
    below = np.searchsorted(places, second, "left") + np.searchsorted(places, second, "right")
    return float(below.sum() / 2 / (len(first) * len(second)))


def _marked(pairs: Iterable[Pair]) -> tuple[Pair, ...]:
    """Say which are swapped: a label can have changed places with one other only."""
    taken: set[Emotion] = set()
    found = []
    for pair in pairs:
        swapped = pair.high < 0.5 and pair.corpora > 1 and not taken & {*pair.labels}
        taken |= {*pair.labels} if swapped else set()
        found.append(replace(pair, swapped=swapped))
    return tuple(found)
