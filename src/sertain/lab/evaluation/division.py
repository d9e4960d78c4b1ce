"""How clips are dealt: at random by a hash, into shares, or in the order of their files."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sertain.corpora.clip import Clip
from sertain.errors import ProtocolError
from sertain.lab.evaluation.protocol import FileOrder, Shares
from sertain.labels import Emotion

_WHOLE = "get the whole corpus (sertain corpora verify says what is missing)"


@dataclass(frozen=True)
class Sides:
    """The keys of the clips on each side; no ``validation`` means that the test validates."""

    train: frozenset[str]
    validation: frozenset[str]
    test: frozenset[str]


def order(words: Iterable[str], draw: str) -> list[str]:
    """Shuffle words in a way that depends on the words and ``draw`` alone."""
    return sorted(words, key=lambda word: hashlib.sha256(f"{draw}/{word}".encode()).digest())


def deal(
    clips: Iterable[Clip], parts: int, draw: str, together: Sequence[Sequence[str]] = ()
) -> list[frozenset[str]]:
    """Deal each emotion's clips into equal parts; the keys of every part."""
    by_emotion: dict[Emotion, list[str]] = defaultdict(list)
    names = {}
    for clip in clips:
        by_emotion[clip.emotion].append(clip.key)
        names[clip.name] = clip.key
    part_of = {
        key: index % parts
        for emotion in Emotion
        for index, key in enumerate(order(by_emotion[emotion], draw))
    }
    for group in together:
        keys = [names[name] for name in group if name in names]
        for key in keys[1:]:
            part_of[key] = part_of[keys[0]]
    return [frozenset(key for key, at in part_of.items() if at == part) for part in range(parts)]


def by_shares(clips: Sequence[Clip], split: Shares, draw: str, held: Collection[str]) -> Sides:
    """Draw clips into the shares of ``split``; those whose key is in ``held`` train."""
    groups: dict[Emotion | None, list[str]] = defaultdict(list)
    for clip in clips:
        groups[clip.emotion if split.stratified else None].append(clip.key)
    sizes = {group: len(keys) for group, keys in groups.items()}
    test = _quotas(sizes, split.test)
    validation = _quotas(sizes, split.validation)
    whole = split.train + split.validation + split.test == 100
    sides: tuple[set[str], set[str], set[str]] = (set(), set(), set())
    for group, keys in groups.items():
        # Tested first, trained last: those that are held stand at the end.
        drawn = sorted(order(keys, draw), key=lambda key: key in held)
        first, second = test[group], test[group] + validation[group]
        left_out = 0 if whole else len(keys) - second - len(keys) * split.train // 100
        sides[2].update(drawn[:first])
        sides[1].update(drawn[first:second])
        sides[0].update(drawn[second + left_out :])
    train, validated, tested = map(frozenset, sides)
    return Sides(train, validated, tested)


def by_file_order(clips: Sequence[Clip], split: FileOrder, place: str) -> Sides:
    """Cut the clips in the order of their files; ``place`` names the protocol in errors.

    Raises
    ------
    ProtocolError
        If the clips at hand cannot give the published support.
    """
    rank: dict[str, int] = {channel: number for number, channel in enumerate(split.channels)}
    ordered = sorted(
        (clip for clip in clips if clip.channel in rank),
        key=lambda clip: (rank[clip.channel], clip.speaker, clip.name),
    )
    cut = len(ordered) * split.train // 100
    tested = ordered[cut:]
    if split.support:
        wanted = sum(split.support.values())
        if len(tested) != wanted:
            raise ProtocolError(
                f"{place} tests {wanted} clips, but the last {100 - split.train} % of the "
                f"{len(ordered)} at hand are {len(tested)}",
                _WHOLE,
            )
        tested = _to_support(ordered, cut, split.support)
        found = Counter(clip.emotion for clip in tested)
        for label, count in split.support.items():
            if found[label] != count:
                raise ProtocolError(
                    f"{place} tests {count} clips '{label}', but finds {found[label]}", _WHOLE
                )
    test = frozenset(clip.key for clip in tested)
    train = frozenset(clip.key for clip in ordered) - test
    return Sides(train, frozenset(), test)


def _to_support(ordered: Sequence[Clip], cut: int, support: Mapping[Emotion, int]) -> list[Clip]:
    """Test all after the speaker at the cut, and of that one the last clips of each emotion."""
    at_cut = (ordered[cut].channel, ordered[cut].speaker)
    own = [clip for clip in ordered if (clip.channel, clip.speaker) == at_cut]
    later = [clip for clip in ordered[cut:] if (clip.channel, clip.speaker) != at_cut]
    had = Counter(clip.emotion for clip in later)
    found: list[Clip] = []
    for label, count in support.items():
        same = [clip for clip in own if clip.emotion is label]
        found += same[max(0, len(same) - max(0, count - had[label])) :]
    return found + later


def _quotas(sizes: Mapping[Emotion | None, int], percent: int) -> dict[Emotion | None, int]:
    """Share out ``percent`` of all, rounded up once: the largest remainders get one more."""
    found = {group: size * percent // 100 for group, size in sizes.items()}
    short = -(-sum(sizes.values()) * percent // 100) - sum(found.values())
    by_remainder = sorted(sizes, key=lambda group: (-(sizes[group] * percent % 100), str(group)))
    for group in by_remainder[:short]:
        found[group] += 1
    return found
