"""From a protocol to the three nested sets of clips of one fold and seed.

Every draw orders keys by their SHA-256, so it depends on nothing but the words that go in: the
same speakers validate on every machine, with every version of numpy, and whatever else trains.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from sertain.corpora.clip import Clip
from sertain.errors import ProtocolError
from sertain.lab.evaluation import protocol as protocols
from sertain.lab.evaluation.protocol import (
    Each,
    Modulo,
    Named,
    OneCorpusOut,
    Pairs,
    Protocol,
    Random,
)
from sertain.labels import Emotion

VALIDATION_PER_SEX = {"ravdess": 2}
"""Corpora that give so many speakers of each sex to validation; others give a share."""

VALIDATION_SHARE = 0.1
"""The share of a corpus' speakers that validates, at least one."""


@dataclass(frozen=True)
class Sets:
    """The three nested sets of one fold.

    Attributes
    ----------
    protocol, fold, name: the protocol, the fold's number and what it tests in words.
    train, validation, test: clips, sorted by key.
    leak: what stands on both sides, in words, or ``None``.
    shared_speakers: the pairs of sets on both sides of which speakers stand by design.
    """

    protocol: str
    fold: int
    name: str
    train: tuple[Clip, ...]
    validation: tuple[Clip, ...]
    test: tuple[Clip, ...]
    leak: str | None = None
    shared_speakers: frozenset[tuple[str, str]] = frozenset()


def fold_names(name: str, clips: Sequence[Clip]) -> tuple[str, ...]:
    """Name the folds of a protocol on these clips by what they test, in order.

    Raises :class:`ProtocolError` if the clips cannot bear the protocol.
    """
    protocol = protocols.load(name)
    return tuple(_fold_name(test) for test in _folds(protocol, clips))


def sets(name: str, clips: Sequence[Clip], fold: int, seed: int) -> Sets:
    """Divide ``clips`` into training, validation and test for one fold and seed.

    Parameters
    ----------
    name:
        A protocol's name, e.g. ``"luna5"``.
    clips:
        Everything that may train or test: the corpus of the protocol and those that train
        along.  A speaker of the test stands in no other set, in no corpus and no channel.
    fold:
        From 0 to ``len(fold_names(name, clips)) - 1``.
    seed:
        With the fold's number it draws the validation speakers.

    Raises
    ------
    ProtocolError
        If the clips lack the corpus or speakers, or a class is absent from a set.
    """
    protocol = protocols.load(name)
    folds = _folds(protocol, clips)
    if not 0 <= fold < len(folds):
        raise ProtocolError(f"{name} has no fold {fold}", f"its folds are 0 to {len(folds) - 1}")
    ordered = sorted(clips, key=lambda clip: clip.key)
    test, rest = folds[fold].divide(ordered)
    draw = f"{fold}/{seed}"
    leak = protocol.leak
    shared = frozenset(combinations(("training", "validation", "test"), 2)) if leak else frozenset()
    if leak:
        train, validation = _clip_validation(rest, protocol, draw)
    else:
        train, validation = _speaker_validation(rest, protocol, draw)
        if not validation:
            train, validation = _clip_validation(rest, protocol, draw)
            leak = "training and validation share their only speaker"
            shared = frozenset({("training", "validation")})
    if protocol.across_corpora:
        scored = shared_labels(test, train)
        test = [clip for clip in test if clip.emotion in scored]
    result = Sets(
        protocol=name,
        fold=fold,
        name=_fold_name(folds[fold]),
        train=tuple(train),
        validation=tuple(validation),
        test=tuple(test),
        leak=leak,
        shared_speakers=shared,
    )
    _check_classes(protocol, result)
    return result


def training_sets(clips: Sequence[Clip], seed: int) -> tuple[tuple[Clip, ...], tuple[Clip, ...]]:
    """Divide clips into training and validation where nothing is tested, sorted by key.

    The validation speakers are drawn as within a fold.

    Raises
    ------
    ProtocolError
        If no corpus has a speaker to spare.
    """
    ordered = sorted(clips, key=lambda clip: clip.key)
    chosen = _validation_speakers(ordered, f"train/{seed}")
    if not chosen:
        raise ProtocolError(
            f"{len({clip.speaker for clip in ordered})} speaker is too few to train and validate",
            "name a corpus with two speakers or more",
        )
    train = tuple(clip for clip in ordered if clip.speaker not in chosen)
    return train, tuple(clip for clip in ordered if clip.speaker in chosen)


def shared_labels(one: Iterable[Clip], other: Iterable[Clip]) -> tuple[Emotion, ...]:
    """Give the labels that occur on both sides, in the order of :class:`Emotion`."""
    both = {clip.emotion for clip in one} & {clip.emotion for clip in other}
    return tuple(label for label in Emotion if label in both)


@dataclass(frozen=True)
class _Fold:
    """How one fold divides clips: its test, by speakers, by keys or by a corpus."""

    words: tuple[str, ...]
    corpus: str
    channel: str | None
    speakers: frozenset[str] = frozenset()
    keys: frozenset[str] | None = None
    train_corpora: frozenset[str] | None = None

    def divide(self, clips: list[Clip]) -> tuple[list[Clip], list[Clip]]:
        """Give the test and everything that may train or validate."""
        if self.keys is not None:
            test = [clip for clip in clips if clip.key in self.keys]
            return test, [clip for clip in clips if clip.key not in self.keys]
        test = [
            clip
            for clip in clips
            if clip.speaker in self.speakers
            and clip.corpus == self.corpus
            and self.channel in (None, clip.channel)
        ]
        rest = [
            clip
            for clip in clips
            if clip.speaker not in self.speakers
            and (self.train_corpora is None or clip.corpus in self.train_corpora)
        ]
        return test, rest


def _fold_name(fold: _Fold) -> str:
    return " ".join(fold.words)


def _folds(protocol: Protocol, clips: Sequence[Clip]) -> list[_Fold]:
    """Find the folds of a protocol on these clips, refusing clips that cannot bear it."""
    if protocol.corpus is None:
        return _corpus_folds(protocol, clips)
    tested = [c for c in clips if c.corpus == protocol.corpus and _heard(c, protocol)]
    prefix = f"{protocol.corpus}/"
    speakers = sorted({clip.speaker for clip in tested})
    if len(speakers) < protocol.speakers:
        raise ProtocolError(
            f"{protocol.name} needs the {protocol.speakers} speakers of {protocol.corpus}, "
            f"but {len(speakers)} are at hand",
            f"get the whole corpus (sertain corpora show {protocol.corpus})",
        )

    absent = [str(label) for label in protocol.labels if label not in {c.emotion for c in tested}]
    if absent:
        raise ProtocolError(
            f"{protocol.name} scores '{absent[0]}', of which {protocol.corpus} has no clip",
            f"get the whole corpus (sertain corpora show {protocol.corpus})",
        )

    def by_speakers(members: Iterable[str]) -> _Fold:
        chosen = sorted(members)
        words = tuple(speaker.removeprefix(prefix) for speaker in chosen)
        return _Fold(words, prefix[:-1], protocol.channel, speakers=frozenset(chosen))

    split = protocol.split
    if isinstance(split, Named):
        folds = [by_speakers(prefix + speaker for speaker in fold) for fold in split.folds]
        lacking = sorted(set().union(*(fold.speakers for fold in folds)) - set(speakers))
        if lacking:
            raise ProtocolError(
                f"{protocol.name} needs the speaker {lacking[0]}, which is not at hand",
                f"get the whole corpus (sertain corpora show {protocol.corpus})",
            )
        return folds
    if isinstance(split, Each):
        return [by_speakers([speaker]) for speaker in speakers]
    if isinstance(split, Modulo):
        return [
            by_speakers(s for s in speakers if int(s.removeprefix(prefix)) % split.divisor == rest)
            for rest in range(split.divisor)
        ]
    assert isinstance(split, Random)
    parts = _deal(tested, split.parts, protocol.name, split.together)
    return [
        _Fold((f"part {number + 1} of {split.parts}",), prefix[:-1], protocol.channel, keys=part)
        for number, part in enumerate(parts[: split.folds])
    ]


def _corpus_folds(protocol: Protocol, clips: Sequence[Clip]) -> list[_Fold]:
    speakers: dict[str, set[str]] = defaultdict(set)
    for clip in clips:
        speakers[clip.corpus].add(clip.speaker)
    corpora = sorted(speakers)
    if len(corpora) < 2:
        raise ProtocolError(
            f"{protocol.name} needs two corpora, but only {corpora or 'none'} is at hand",
            "name a recipe with several corpora",
        )
    if isinstance(protocol.split, OneCorpusOut):
        return [
            _Fold((corpus,), corpus, protocol.channel, speakers=frozenset(speakers[corpus]))
            for corpus in corpora
        ]
    assert isinstance(protocol.split, Pairs)
    return [
        _Fold(
            (train, "to", test),
            test,
            protocol.channel,
            speakers=frozenset(speakers[test]),
            train_corpora=frozenset({train}),
        )
        for train in corpora
        for test in corpora
        if train != test
    ]


def _order(words: Iterable[str], draw: str) -> list[str]:
    """Shuffle words in a way that depends on the words and ``draw`` alone."""
    return sorted(words, key=lambda word: hashlib.sha256(f"{draw}/{word}".encode()).digest())


def _deal(
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
        for index, key in enumerate(_order(by_emotion[emotion], draw))
    }
    for group in together:
        keys = [names[name] for name in group if name in names]
        for key in keys[1:]:
            part_of[key] = part_of[keys[0]]
    return [frozenset(key for key, at in part_of.items() if at == part) for part in range(parts)]


def _speaker_validation(
    rest: list[Clip], protocol: Protocol, draw: str
) -> tuple[list[Clip], list[Clip]]:
    """Take validation speakers out of every corpus that has two."""
    chosen = _validation_speakers(rest, draw)
    return (
        [clip for clip in rest if clip.speaker not in chosen],
        [clip for clip in rest if clip.speaker in chosen and _heard(clip, protocol)],
    )


def _clip_validation(
    rest: list[Clip], protocol: Protocol, draw: str
) -> tuple[list[Clip], list[Clip]]:
    """Take a tenth of the tested corpus' clips, and speakers of the corpora that train along."""
    own = [clip for clip in rest if protocol.corpus in (None, clip.corpus)] or rest
    corpora = {clip.corpus for clip in own}
    speakers = _validation_speakers([clip for clip in rest if clip.corpus not in corpora], draw)
    together = protocol.split.together if isinstance(protocol.split, Random) else ()
    tenth = _deal(own, round(1 / VALIDATION_SHARE), draw, together)[0]
    held_out = [clip for clip in rest if clip.key in tenth or clip.speaker in speakers]
    keys = {clip.key for clip in held_out}
    return (
        [clip for clip in rest if clip.key not in keys],
        [clip for clip in held_out if _heard(clip, protocol)],
    )


def _heard(clip: Clip, protocol: Protocol) -> bool:
    """Whether a clip is of the channel that the protocol tests."""
    return protocol.channel in (None, clip.channel)


def _validation_speakers(clips: Iterable[Clip], draw: str) -> set[str]:
    """Draw the speakers of every corpus that validate; an only speaker stays in training."""
    corpora: dict[str, dict[str, str | None]] = defaultdict(dict)
    for clip in clips:
        corpora[clip.corpus][clip.speaker] = clip.sex
    chosen: set[str] = set()
    for corpus, sexes in corpora.items():
        each = VALIDATION_PER_SEX.get(corpus)
        if each is None:
            count = max(1, round(VALIDATION_SHARE * len(sexes))) if len(sexes) > 1 else 0
            chosen.update(_order(sexes, draw)[:count])
            continue
        for sex in ("female", "male"):
            group = _order((speaker for speaker in sexes if sexes[speaker] == sex), draw)
            if len(group) <= each:
                raise ProtocolError(
                    f"{corpus} has {len(group)} {sex} speakers left to train and validate, "
                    f"of whom {each} validate",
                    "get the whole corpus",
                )
            chosen.update(group[:each])
    return chosen


def _check_classes(protocol: Protocol, result: Sets) -> None:
    """Refuse a fold with an empty set, or one that tests a class which nothing trains."""
    place = f"fold {result.fold} ({result.name}) of {protocol.name}"
    for what, members in (
        ("training", result.train),
        ("validation", result.validation),
        ("test", result.test),
    ):
        if not members:
            raise ProtocolError(f"{place} has no clips for {what}", "add a corpus to the recipe")
    trained = {clip.emotion for clip in result.train}
    for label in protocol.labels:
        if label not in trained:
            raise ProtocolError(
                f"{place} has no '{label}' in training", "complete the corpus or add another"
            )
