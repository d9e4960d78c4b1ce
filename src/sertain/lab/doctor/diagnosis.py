"""All that is asked of the labels of a corpus, put together."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sertain.corpora.clip import Clip
from sertain.corpora.meter import Meter, Silence
from sertain.errors import CorpusError
from sertain.lab.doctor.answers import PENALTY, answered
from sertain.lab.doctor.hearing import Heard, hear
from sertain.lab.doctor.suspects import BELOW, Suspect, suspects
from sertain.lab.doctor.swaps import Pair, drawn, swaps

OF_OTHERS: Final = 100
"""Clips of each label and channel that are drawn of every other corpus."""


@dataclass(frozen=True)
class Diagnosis:
    """What was found.

    Attributes
    ----------
    name: of the corpus.
    clips: all of them, those dropped by a decision left out.
    data_hash: ten hexadecimal digits that change with any label, speaker or sound.
    by: where the features come from.
    apart, folds: what stays in one of how many folds, ``"speakers"`` or ``"clips"``.
    uar: of the out-of-fold answers, over the labels as they are.
    unjudged: clips whose label nothing in the other folds taught.
    suspects: clips to listen to, the surest first.
    pairs: pairs of labels as other corpora order them, the worst first.
    others: by corpus, the clips that the pairs were learnt from.
    decided: suspects that are not listed, since somebody decided about them before.
    """

    name: str
    clips: tuple[Clip, ...]
    data_hash: str
    by: str
    apart: str
    folds: int
    uar: float
    unjudged: int
    suspects: tuple[Suspect, ...]
    pairs: tuple[Pair, ...]
    others: dict[str, int]
    decided: int

    @property
    def swapped(self) -> tuple[Pair, ...]:
        """The pairs of labels that seem swapped."""
        return tuple(pair for pair in self.pairs if pair.swapped)

    @property
    def rule(self) -> str:
        """What was done, in words."""
        return (
            f"features: {self.by}, standardised within each speaker; answers: logistic regression"
            f" (penalty {PENALTY:g}), {self.folds} folds by {self.apart}; listed: cleanlab's"
            f" pruning by noise rate and by class, both, and a probability below {BELOW:g}"
        )


def diagnose(
    name: str,
    clips: Sequence[Clip],
    others: Sequence[Clip] = (),
    *,
    encoder: str,
    decided: Collection[str] = (),
    seed: int = 0,
    cache_folder: Path | None = None,
    meter: Meter | None = None,
) -> Diagnosis:
    """Ask whether the labels of a corpus are right.

    Parameters
    ----------
    name: what the corpus is called.
    clips: all of it.
    others: clips of other corpora, from which swapped labels are known; recordings of the corpus
        itself among them are left out.
    encoder: as for :func:`~sertain.lab.doctor.hearing.hear`.
    decided: keys of clips that were decided about before.
    seed: of the folds and draws.
    cache_folder: by default that of training.
    meter: is told of the steps.

    Raises
    ------
    CorpusError: there are too few clips or labels.
    AudioError: a clip cannot be decoded.
    """
    if not clips:
        raise CorpusError(f"{name} has no clips left", "name another corpus")
    told = meter or Silence()
    told.start(f"judging {name}", 3)
    heard = hear(clips, encoder, cache_folder)
    told.advance(1)
    answers = answered(heard, seed)
    listed = suspects(heard, answers)
    told.advance(1)
    known = _others(heard, others, encoder, seed, cache_folder)
    pairs = swaps(heard, known, seed)
    told.advance(1)
    return Diagnosis(
        name=name,
        clips=heard.clips,
        data_hash=_hash(heard),
        by=heard.by,
        apart=answers.apart,
        folds=answers.folds,
        uar=answers.uar,
        unjudged=int((~answers.judged).sum()),
        suspects=tuple(one for one in listed if one.clip.key not in decided),
        pairs=pairs,
        others={other.clips[0].corpus: len(other.clips) for other in known},
        decided=sum(one.clip.key in decided for one in listed),
    )


def _others(
    heard: Heard, others: Sequence[Clip], encoder: str, seed: int, folder: Path | None
) -> list[Heard]:
    """Hear some clips of each of the other corpora, none of which is a recording of this one."""
    labels = {(clip.emotion, clip.channel) for clip in heard.clips}
    own = set(heard.prints) - {""}
    found = []
    for corpus in sorted(Counter(clip.corpus for clip in others)):
        fitting = [c for c in others if c.corpus == corpus and (c.emotion, c.channel) in labels]
        if not fitting:
            continue
        each = hear(drawn(fitting, OF_OTHERS, seed), encoder, folder)
        kept = [at for at, sound in enumerate(each.prints) if sound not in own]
        if kept:
            found.append(each.part(kept))
    return found


def _hash(heard: Heard) -> str:
    digest = hashlib.sha256()
    for clip, sound in sorted(zip(heard.clips, heard.prints, strict=True), key=lambda x: x[0].key):
        digest.update(f"{clip.key}\t{clip.emotion}\t{clip.speaker}\t{sound}\n".encode())
    return digest.hexdigest()[:10]
