"""Which clips validate: speakers drawn by a hash, or clips where a protocol leaks speakers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from sertain.corpora.clip import Clip
from sertain.errors import ProtocolError
from sertain.lab.evaluation.division import deal, order
from sertain.lab.evaluation.protocol import Protocol

VALIDATION_PER_SEX = {"ravdess": 2}
"""Corpora that give so many speakers of each sex to validation; others give a share."""

VALIDATION_SHARE = 0.1
"""The share of a corpus' speakers that validates, at least one."""


def by_speakers(rest: list[Clip], protocol: Protocol, draw: str) -> tuple[list[Clip], list[Clip]]:
    """Take validation speakers out of every corpus that has two."""
    chosen = speakers_of(rest, draw)
    return (
        [clip for clip in rest if clip.speaker not in chosen],
        [clip for clip in rest if clip.speaker in chosen and heard(clip, protocol)],
    )


def by_clips(rest: list[Clip], protocol: Protocol, draw: str) -> tuple[list[Clip], list[Clip]]:
    """Take a tenth of the tested corpus' clips, and speakers of the corpora that train along."""
    own = [clip for clip in rest if clip.corpus in protocol.corpora] or rest
    corpora = {clip.corpus for clip in own}
    speakers = speakers_of([clip for clip in rest if clip.corpus not in corpora], draw)
    tenth = deal(own, round(1 / VALIDATION_SHARE), draw, protocol.together)[0]
    held_out = [clip for clip in rest if clip.key in tenth or clip.speaker in speakers]
    keys = {clip.key for clip in held_out}
    return (
        [clip for clip in rest if clip.key not in keys],
        [clip for clip in held_out if heard(clip, protocol)],
    )


def heard(clip: Clip, protocol: Protocol) -> bool:
    """Whether a clip is of the channel that the protocol tests."""
    return protocol.channel in (None, clip.channel)


def speakers_of(clips: Iterable[Clip], draw: str) -> set[str]:
    """Draw the speakers of every corpus that validate; an only speaker stays in training."""
    corpora: dict[str, dict[str, str | None]] = defaultdict(dict)
    for clip in clips:
        corpora[clip.corpus][clip.speaker] = clip.sex
    chosen: set[str] = set()
    for corpus, sexes in corpora.items():
        each = VALIDATION_PER_SEX.get(corpus)
        if each is None:
            count = max(1, round(VALIDATION_SHARE * len(sexes))) if len(sexes) > 1 else 0
            chosen.update(order(sexes, draw)[:count])
            continue
        for sex in ("female", "male"):
            group = order((speaker for speaker in sexes if sexes[speaker] == sex), draw)
            if len(group) <= each:
                raise ProtocolError(
                    f"{corpus} has {len(group)} {sex} speakers left to train and validate, "
                    f"of whom {each} validate",
                    "get the whole corpus",
                )
            chosen.update(group[:each])
    return chosen
