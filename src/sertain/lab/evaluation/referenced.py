"""The figures of a model that is told of voices, one column a kind of reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from sertain.corpora.clip import Clip
from sertain.lab.evaluation import answers, results
from sertain.lab.evaluation.folds import Sets
from sertain.lab.evaluation.knowing import ONE_SIDED, WORDS
from sertain.lab.evaluation.outcome import Outcome
from sertain.lab.evaluation.protocol import Protocol
from sertain.lab.evaluation.results import Figure, Referenced


def figures(
    protocol: Protocol,
    sets: Sequence[Sets],
    clips: Sequence[Clip],
    outcomes: Sequence[Outcome],
    names: Mapping[int, str],
) -> dict[str, Referenced]:
    """Give the figures by the kind of reference, of kinds that every fold allowed.

    ``sets`` and ``outcomes`` are those of the folds and seeds, side by side.
    """
    found = {}
    for kind in outcomes[0].told:
        if not all(kind in one.told for one in outcomes):
            continue
        told = [one.told[kind] for one in outcomes]
        answered = [
            answers.answer(protocol, own, clips, one.with_reference(kind))
            for own, one in zip(sets, outcomes, strict=True)
        ]
        across = protocol.across_corpora
        pools, means = results.pool_folds(answered, names, independent=across)
        seconds = np.concatenate([one.seconds for one in told])
        found[kind] = Referenced(
            reference=words(kind),
            seconds=(float(seconds.min()), float(seconds.mean()), float(seconds.max())),
            among=float(np.mean(np.concatenate([one.among for one in told]))),
            pooled=None if across else results.pool(answered),
            mean_of_folds=means,
            pools=pools,
            validation=results.validation(answered),
        )
    return found


def words(kind: str) -> str:
    """Say what a reference of this kind is made of.

    >>> words("60 s one emotion: angry")
    'random test clips of the speaker in one emotion, up to 60 s: angry'
    """
    name, _, side = kind.partition(": ")
    return f"{WORDS[name]}: {side}" if side else WORDS[name]


def figure(one: Referenced, measure: str) -> Figure:
    """Give the figure that stands for all folds."""
    return one.pooled.figures[measure] if one.pooled else one.mean_of_folds[measure]


def shown(found: Mapping[str, Referenced]) -> dict[str, Referenced]:
    """Give the columns to be shown: of references in one emotion only the worst."""
    sides = {kind: one for kind, one in found.items() if kind.startswith(ONE_SIDED)}
    kept = {kind: one for kind, one in found.items() if kind not in sides}
    if sides:
        worst = min(sides, key=lambda kind: figure(sides[kind], "uar").mean)
        kept[f"{worst}, the worst of {len(sides)}"] = sides[worst]
    return kept
