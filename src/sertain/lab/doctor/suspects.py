"""Clips whose label is probably wrong.

Confident learning (Northcutt, Jiang and Chuang 2021, arXiv 1911.00068), as cleanlab has it: how
sure the answers usually are of a label says from where on a clip counts as one of it, and from the
counts of what is labelled so and answered so follows how many labels are wrong.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import numpy as np

from sertain.corpora.clip import Clip
from sertain.lab.doctor.answers import Answers, Bools, over
from sertain.lab.doctor.hearing import Heard
from sertain.labels import Emotion

BELOW: Final = 0.05
"""A clip is listed only where the answer gives its label less than this.

Chosen on SAVEE, TESS, nEMO and CREMA-D with 5 % of the labels changed.
"""


@dataclass(frozen=True)
class Suspect:
    """A clip to listen to.

    Attributes
    ----------
    clip: which.
    probable: the most probable label that it does not have.
    probability: of that.
    own_probability: of the label that it has.
    twins: keys of clips that hold the same recording under another label.
    """

    clip: Clip
    probable: Emotion
    probability: float
    own_probability: float
    twins: tuple[str, ...] = ()


def suspects(heard: Heard, answers: Answers, decided: Collection[str] = ()) -> tuple[Suspect, ...]:
    """List the clips whose label is probably wrong, the surest first.

    One recording under two labels is listed in any case, before all others; somebody has to be
    wrong there.  Clips in ``decided``, by key, are not listed again.
    """
    twins = twins_of(heard)
    own = answers.probabilities[np.arange(len(heard.clips)), answers.targets]
    found = []
    for at in np.flatnonzero(doubtful(answers) | np.array([c.key in twins for c in heard.clips])):
        clip = heard.clips[at]
        if clip.key in decided:
            continue
        others = answers.probabilities[at].copy()
        others[answers.targets[at]] = -1.0
        best = int(others.argmax())
        found.append(
            Suspect(
                clip,
                answers.labels[best],
                float(others[best]),
                float(own[at]),
                twins.get(clip.key, ()),
            )
        )
    # Twins stand side by side: the first name of each group orders it.
    return tuple(
        sorted(
            found,
            key=lambda one: (
                not one.twins,
                min((one.clip.key, *one.twins)) if one.twins else "",
                one.own_probability,
                one.clip.key,
            ),
        )
    )


def doubtful(answers: Answers) -> Bools:
    """Say of each clip whether its label is probably wrong, by the answers alone: bool (n,).

    Both of cleanlab's prunings have to name it, by the noise rate of each pair of labels and by
    that of each label, and the answer gives its label less than :data:`BELOW`.
    """
    from cleanlab.filter import find_label_issues  # noqa: PLC0415

    found = np.zeros(len(answers.targets), dtype=bool)
    judged = np.flatnonzero(answers.judged)
    known, targets = np.unique(answers.targets[judged], return_inverse=True)
    if len(known) < 2:
        return found
    every = np.ones((len(judged), len(known)), dtype=bool)
    probabilities = over(answers.probabilities[np.ix_(judged, known)], every)
    named = find_label_issues(targets, probabilities, filter_by="both", n_jobs=1)
    found[judged] = named & (probabilities[np.arange(len(judged)), targets] < BELOW)
    return found


def twins_of(heard: Heard) -> dict[str, tuple[str, ...]]:
    """Give by key the clips of the same recording, where it stands under several labels."""
    groups: defaultdict[str, list[Clip]] = defaultdict(list)
    for clip, sound in zip(heard.clips, heard.prints, strict=True):
        if sound:
            groups[sound].append(clip)
    return {
        clip.key: others
        for group in groups.values()
        for clip in group
        if (others := tuple(o.key for o in group if o.emotion != clip.emotion))
    }
