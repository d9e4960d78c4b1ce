"""From a protocol to its folds: what each one tests, by speakers, by keys or by a corpus."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sertain.corpora.clip import Clip
from sertain.errors import ProtocolError
from sertain.lab.evaluation.division import Sides, by_file_order, by_shares, deal
from sertain.lab.evaluation.protocol import (
    Each,
    FileOrder,
    Modulo,
    Named,
    OneCorpusOut,
    Pairs,
    Protocol,
    Random,
    Shares,
    Transfer,
    TwoCorporaOut,
)
from sertain.lab.evaluation.validation import heard


@dataclass(frozen=True)
class Fold:
    """How one fold divides clips: its test by speakers, by keys or by a corpus, or all sides."""

    words: tuple[str, ...]
    corpus: str
    channel: str | None
    speakers: frozenset[str] = frozenset()
    keys: frozenset[str] | None = None
    train_corpora: frozenset[str] | None = None
    sides: Sides | None = None

    @property
    def name(self) -> str:
        """What the fold tests, in words."""
        return " ".join(self.words)

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


def folds_of(
    protocol: Protocol, clips: Sequence[Clip], *, copies_divided: bool = False
) -> list[Fold]:
    """Find the folds of a protocol on these clips, refusing clips that cannot bear it."""
    if protocol.across_corpora:
        return _corpus_folds(protocol, clips)
    tested = [c for c in clips if c.corpus in protocol.corpora and heard(c, protocol)]
    for corpus, needed in protocol.corpora.items():
        had = {clip.speaker for clip in tested if clip.corpus == corpus}
        if len(had) < needed:
            raise ProtocolError(
                f"{protocol.name} needs the {needed} speakers of {corpus}, "
                f"but {len(had)} are at hand",
                f"get the whole corpus (sertain corpora show {corpus})",
            )
    absent = [str(label) for label in protocol.labels if label not in {c.emotion for c in tested}]
    if absent:
        names = " or ".join(protocol.corpora)
        raise ProtocolError(
            f"{protocol.name} scores '{absent[0]}', of which {names} has no clip",
            f"get the whole corpus (sertain corpora show {next(iter(protocol.corpora))})",
        )
    split = protocol.split
    if isinstance(split, Shares):
        twins = {} if copies_divided else same_recordings(protocol, tested)
        drawn = by_shares(tested, split, protocol.name, {*twins, *twins.values()})
        words = f"{split.train}/{split.validation}/{split.test}".replace("/0/", "/")
        return [Fold((f"random {words}",), "", protocol.channel, sides=drawn)]
    if isinstance(split, FileOrder):
        cut = by_file_order(tested, split, protocol.name)
        words = f"last {100 - split.train} % of the files"
        return [Fold((words,), "", protocol.channel, sides=cut)]
    (corpus,) = protocol.corpora
    return _folds_of_one(protocol, corpus, tested)


def _folds_of_one(protocol: Protocol, corpus: str, tested: Sequence[Clip]) -> list[Fold]:
    """Find the folds of a protocol that tests one corpus."""
    prefix = f"{corpus}/"
    speakers = sorted({clip.speaker for clip in tested})

    def by_speakers(members: Iterable[str]) -> Fold:
        chosen = sorted(members)
        words = tuple(speaker.removeprefix(prefix) for speaker in chosen)
        return Fold(words, corpus, protocol.channel, speakers=frozenset(chosen))

    split = protocol.split
    if isinstance(split, Named):
        folds = [by_speakers(prefix + speaker for speaker in fold) for fold in split.folds]
        lacking = sorted(set().union(*(fold.speakers for fold in folds)) - set(speakers))
        if lacking:
            raise ProtocolError(
                f"{protocol.name} needs the speaker {lacking[0]}, which is not at hand",
                f"get the whole corpus (sertain corpora show {corpus})",
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
    parts = deal(tested, split.parts, protocol.name, split.together)
    return [
        Fold((f"part {number + 1} of {split.parts}",), corpus, protocol.channel, keys=part)
        for number, part in enumerate(parts[: split.folds])
    ]


def _corpus_folds(protocol: Protocol, clips: Sequence[Clip]) -> list[Fold]:
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
            Fold((corpus,), corpus, protocol.channel, speakers=frozenset(speakers[corpus]))
            for corpus in corpora
        ]
    if isinstance(protocol.split, Transfer):
        return _transfer_folds(protocol, protocol.split, speakers)
    if isinstance(protocol.split, TwoCorporaOut):
        return _folds_without_two(protocol, protocol.split, speakers)
    assert isinstance(protocol.split, Pairs)
    return [
        Fold(
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


def _folds_without_two(
    protocol: Protocol, split: TwoCorporaOut, speakers: Mapping[str, set[str]]
) -> list[Fold]:
    pairs = [pair for pair in split.pairs if set(pair) < set(speakers)]
    if not pairs:
        raise ProtocolError(
            f"{protocol.name} needs three corpora, of which two are one of its pairs, but only "
            f"{', '.join(sorted(speakers))} are at hand",
            "name a recipe with more corpora",
        )
    return [
        Fold(
            (validation, "without", test),
            validation,
            protocol.channel,
            speakers=frozenset(speakers[validation]),
            train_corpora=frozenset(speakers) - {test, validation},
        )
        for test, validation in pairs
    ]


def _transfer_folds(
    protocol: Protocol, split: Transfer, speakers: Mapping[str, set[str]]
) -> list[Fold]:
    absent = [corpus for corpus in split.train if corpus not in speakers]
    if absent:
        raise ProtocolError(
            f"{protocol.name} trains {' and '.join(split.train)}, but {absent[0]} is not at hand",
            f"get it (sertain corpora show {absent[0]})",
        )
    tested = [corpus for corpus in split.test if corpus in speakers]
    if not tested:
        raise ProtocolError(
            f"{protocol.name} tests {', '.join(split.test)}, of which none is at hand",
            f"get one (sertain corpora show {split.test[0]})",
        )
    return [
        Fold(
            (corpus,),
            corpus,
            protocol.channel,
            speakers=frozenset(speakers[corpus]),
            train_corpora=frozenset(split.train),
        )
        for corpus in tested
    ]


def same_recordings(protocol: Protocol, clips: Iterable[Clip]) -> dict[str, str]:
    """Give, for clips that the protocol names as one recording, the key of the first of them."""
    keys = {clip.name: clip.key for clip in clips if clip.corpus in protocol.corpora}
    rows = [[keys[name] for name in row if name in keys] for row in protocol.together]
    return {key: row[0] for row in rows for key in row[1:]}
