"""From a protocol to the three nested sets of clips of one fold and seed.

Every draw orders keys by their SHA-256, so it depends on nothing but the words that go in: the
same speakers validate on every machine, with every version of numpy, and whatever else trains.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from sertain.corpora.clip import Clip
from sertain.errors import ProtocolError
from sertain.lab.evaluation import protocol as protocols
from sertain.lab.evaluation import validation as validating
from sertain.lab.evaluation.fold import folds_of, same_recordings
from sertain.lab.evaluation.protocol import Leak, Protocol, Transfer
from sertain.lab.evaluation.validation import heard
from sertain.labels import Emotion


@dataclass(frozen=True)
class Sets:
    """The three nested sets of one fold.

    Attributes
    ----------
    protocol, fold, name: the protocol, the fold's number and what it tests in words.
    train, validation, test: clips, sorted by key.
    leak: what stands on both sides, in words, or ``None``.
    shared_speakers: the pairs of sets on both sides of which speakers stand by design.
    shared_copies: the pairs on both sides of which copies of one recording stand by design.
    test_validates: whether the test set is the validation set by design.
    origins: by the key of a clip, the key of the clip that is the same recording: of copies made
        by augmentation, and of clips that the protocol names as one recording.
    """

    protocol: str
    fold: int
    name: str
    train: tuple[Clip, ...]
    validation: tuple[Clip, ...]
    test: tuple[Clip, ...]
    leak: str | None = None
    shared_speakers: frozenset[tuple[str, str]] = frozenset()
    shared_copies: frozenset[tuple[str, str]] = frozenset()
    test_validates: bool = False
    origins: Mapping[str, str] = field(default_factory=dict)


PAIRS = frozenset(combinations(("training", "validation", "test"), 2))
"""Every pair of sets."""

NO_COPIES = "no augmented copies were made: the clips themselves are divided"
"""Stands in a table in place of the leak of copies where there are none."""


def fold_names(name: str, clips: Sequence[Clip]) -> tuple[str, ...]:
    """Name the folds of a protocol on these clips by what they test, in order.

    Raises :class:`ProtocolError` if the clips cannot bear the protocol.
    """
    protocol = protocols.load(name)
    return tuple(test.name for test in folds_of(protocol, clips))


def sets(
    name: str,
    clips: Sequence[Clip],
    fold: int,
    seed: int,
    sources: Mapping[str, str] | None = None,
) -> Sets:
    """Divide ``clips`` into training, validation and test for one fold and seed.

    Parameters
    ----------
    name:
        A protocol's name, e.g. ``"luna5"``.
    clips:
        Everything that may train or test: the corpora of the protocol and those that train
        along.  A speaker of the test stands in no other set, in no corpus and no channel.
    fold:
        From 0 to ``len(fold_names(name, clips)) - 1``.
    seed:
        With the fold's number it draws the validation speakers; a protocol of one published
        split draws the same for every seed.
    sources:
        By the key of a clip made by augmentation, the key of the clip that it was made from.
        Recordings are divided, and a copy trains where its recording trains and is left out
        elsewhere; where copies on both sides are the protocol's design, they are divided too.

    Raises
    ------
    ProtocolError
        If the clips lack the corpus or speakers, or a class is absent from a set.
    """
    protocol = protocols.load(name)
    ordered = sorted(clips, key=lambda clip: clip.key)
    copies = [clip for clip in ordered if clip.key in (sources or {})]
    divided = Leak.COPIES in protocol.leaks and bool(copies)
    if copies and not divided:
        ordered = [clip for clip in ordered if clip.key not in (sources or {})]
    folds = folds_of(protocol, ordered, copies_divided=divided)
    if not 0 <= fold < len(folds):
        raise ProtocolError(f"{name} has no fold {fold}", f"its folds are 0 to {len(folds) - 1}")
    leak = protocol.leak
    if Leak.COPIES in protocol.leaks and not divided:
        leak = "; ".join([*(leak for leak in protocol.leaks if leak != Leak.COPIES), NO_COPIES])
    shared = PAIRS if protocol.leaks else frozenset()
    sides = folds[fold].sides
    if sides:
        train, validation, test = (
            [clip for clip in ordered if clip.key in side]
            for side in (sides.train, sides.validation or sides.test, sides.test)
        )
    else:
        test, rest = folds[fold].divide(ordered)
        draw = f"{fold}/{seed}"
        if protocol.leaks:
            train, validation = validating.by_clips(rest, protocol, draw)
        else:
            train, validation = validating.by_speakers(rest, protocol, draw)
            if not validation:
                train, validation = validating.by_clips(rest, protocol, draw)
                leak = "training and validation share their only speaker"
                shared = frozenset({("training", "validation")})
    if protocol.across_corpora:
        scored = shared_labels(test, train)
        test = [clip for clip in test if clip.emotion in scored]
    origins = {**same_recordings(protocol, ordered), **(sources or {})}
    if copies and not divided:
        trained = {clip.key for clip in train}
        train = sorted(
            [*train, *(copy for copy in copies if origin(copy.key, sources or {}) in trained)],
            key=lambda clip: clip.key,
        )
    result = Sets(
        protocol=name,
        fold=fold,
        name=folds[fold].name,
        train=tuple(train),
        validation=tuple(validation),
        test=tuple(test),
        leak=leak,
        shared_speakers=shared,
        shared_copies=PAIRS if divided else frozenset(),
        test_validates=Leak.VALIDATION in protocol.leaks,
        origins=origins,
    )
    _check_classes(protocol, result)
    return result


def admitted(protocol: Protocol, clips: Iterable[Clip]) -> list[Clip]:
    """Give the clips that may stand in a set: all, or those that a protocol names alone."""
    if isinstance(protocol.split, Transfer):
        named = {*protocol.split.train, *protocol.split.test}
        return [clip for clip in clips if clip.corpus in named]
    return [
        clip
        for clip in clips
        if not protocol.closed or (clip.corpus in protocol.corpora and heard(clip, protocol))
    ]


def origin(key: str, sources: Mapping[str, str]) -> str:
    """Follow a clip back to the recording that it was made from."""
    while key in sources:
        key = sources[key]
    return key


def training_sets(clips: Sequence[Clip], seed: int) -> tuple[tuple[Clip, ...], tuple[Clip, ...]]:
    """Divide clips into training and validation where nothing is tested, sorted by key.

    The validation speakers are drawn as within a fold.

    Raises
    ------
    ProtocolError
        If no corpus has a speaker to spare.
    """
    ordered = sorted(clips, key=lambda clip: clip.key)
    chosen = validating.speakers_of(ordered, f"train/{seed}")
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
