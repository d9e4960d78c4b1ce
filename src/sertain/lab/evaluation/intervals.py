"""How sure a figure is: 95 % intervals by the bootstrap over speakers.

Clips of a speaker are alike, so whole speakers are drawn with replacement (Efron and Tibshirani
1993, chapter 8; for speech: Bisani and Ney 2004).  In every draw the seeds are averaged first, so
the interval speaks of other speakers and not of other seeds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from sertain.lab.evaluation import metrics
from sertain.lab.evaluation.metrics import Floats, Ints

DRAWS = 2000
LEVEL = 0.95
FEWEST_SPEAKERS = 5


@dataclass(frozen=True)
class Interval:
    """The bounds within which 95 % of the draws lie."""

    low: float
    high: float


@dataclass(frozen=True)
class Bootstrap:
    """The draws of every measure and what was drawn.

    Attributes
    ----------
    over: ``"speakers"``, or ``"clips within speaker"`` where speakers are fewer than five.
    units: how many speakers or clips were drawn from.
    draws: by measure, float (2000,).
    """

    over: str
    units: int
    draws: Mapping[str, Floats]

    def interval(self, measure: str) -> Interval:
        """Give the interval of one measure."""
        return interval(self.draws[measure])


def interval(draws: Floats) -> Interval:
    """Give the central 95 % of the draws; draws without a value are left out."""
    low, high = np.nanquantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(low), float(high))


def bootstrap(
    targets: Ints,
    predicted: Sequence[Ints],
    speakers: Sequence[str],
    labels: Sequence[str],
    *,
    means: Mapping[str, Sequence[Floats]] = MappingProxyType({}),
    draw: int = 0,
) -> Bootstrap:
    """Draw speakers (or clips within a speaker) and measure every draw.

    Parameters
    ----------
    targets:
        int (n,), the index of each clip's label.
    predicted:
        One int (n,) a seed: the answers for the same clips.
    speakers:
        n names.
    labels:
        Names of the labels; their recalls are measured as ``"recall <label>"``.
    means:
        Further measures that are a mean over clips: one float (n,) a seed.
    draw:
        Another number gives other draws, so that intervals of separate sets can be combined.
    """
    names, owner = np.unique(np.asarray(speakers), return_inverse=True)
    size = len(labels)
    if len(names) >= FEWEST_SPEAKERS:
        over, unit = "speakers", owner
        groups = [np.arange(len(names))]
    else:
        over, unit = "clips within speaker", np.arange(len(targets))
        groups = [np.flatnonzero(owner == number) for number in range(len(names))]
    weights = _weights(groups, draw)
    sums: dict[str, Floats] = {}
    for answers in predicted:
        cells = np.zeros((weights.shape[1], size * size))
        np.add.at(cells, (unit, targets * size + answers), 1.0)
        for name, values in _measures((weights @ cells).reshape(-1, size, size), labels).items():
            sums[name] = sums.get(name, 0.0) + values
    drawn = weights @ np.bincount(unit, minlength=weights.shape[1])
    for name, seeds in means.items():
        sums[name] = sum(
            (weights @ np.bincount(unit, each, weights.shape[1]) / drawn for each in seeds),
            start=np.zeros(DRAWS),
        )
    return Bootstrap(
        over, weights.shape[1], {name: total / len(predicted) for name, total in sums.items()}
    )


def _weights(groups: Sequence[Ints], draw: int) -> Floats:
    """How often each unit is drawn: (draws, units); every group is drawn for itself."""
    rng = np.random.default_rng(draw)
    weights = np.zeros((DRAWS, sum(len(group) for group in groups)))
    for group in groups:
        share = np.full(len(group), 1 / len(group))
        weights[:, group] = rng.multinomial(len(group), share, size=DRAWS)
    return weights


def _measures(confusions: Floats, labels: Sequence[str]) -> dict[str, Floats]:
    macro, weighted = metrics.f1(confusions)
    recalls = metrics.recall(confusions)
    return {
        "uar": metrics.uar(confusions),
        "wa": metrics.accuracy(confusions),
        "macro_f1": macro,
        "weighted_f1": weighted,
        **{f"recall {label}": recalls[:, at] for at, label in enumerate(labels)},
    }
