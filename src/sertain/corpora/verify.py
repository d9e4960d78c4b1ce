"""Whether a corpus lies there as it was published, and what its sound says."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sertain.corpora.clip import Clip
from sertain.corpora.corpus import Corpus, Count, Published, Scan
from sertain.corpora.listening import Heard, listen_all
from sertain.corpora.meter import Meter, Silence
from sertain.labels import Emotion


@dataclass(frozen=True, slots=True)
class Difference:
    """A count that differs from the published one.

    Attributes
    ----------
    speaker, channel, emotion: what is counted; ``speaker`` is ``"all"`` where the publisher
        gives the sum over speakers only.
    found, published: numbers of clips.
    """

    speaker: str
    channel: str
    emotion: Emotion
    found: int
    published: int


@dataclass(frozen=True, slots=True)
class Same:
    """Clips that hold the same recording.

    Attributes
    ----------
    names: the clips, sorted.
    by: ``"file"``: byte for byte; ``"sound"``: the same samples in another coding.
    is_known: whether they are the same in the published corpus too.
    """

    names: tuple[str, ...]
    by: str
    is_known: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about one clip, and whether it is so in the published corpus too."""

    name: str
    what: str
    is_known: bool = False


@dataclass(frozen=True, slots=True)
class Verified:
    """What a corpus was found to be.

    Attributes
    ----------
    corpus, folder: which, and where.
    found, published: numbers of clips; ``published`` ``None`` for a user's own corpus.
    missing, surplus: counts below and above the published ones.
    missing_names: the missing clips, where the naming tells them.
    unreadable: clips that cannot be decoded, or not to their end.
    silent, clipped: clips without sound, and too loud for their scale.
    same: clips with the same recording.
    copies: names that lie there in several files; one of each is used.
    strangers: audio files whose name is none of the corpus'.
    notes: known oddities of the published corpus.
    listened: whether the sound was decoded.
    """

    corpus: str
    folder: Path
    found: int
    published: int | None
    missing: tuple[Difference, ...]
    surplus: tuple[Difference, ...]
    missing_names: tuple[str, ...]
    unreadable: tuple[Finding, ...]
    silent: tuple[Finding, ...]
    clipped: tuple[Finding, ...]
    same: tuple[Same, ...]
    copies: tuple[Finding, ...]
    strangers: tuple[Path, ...]
    notes: tuple[str, ...]
    listened: bool

    @property
    def is_whole(self) -> bool:
        """Whether everything published is there and can be read."""
        return not self.missing and not self.unreadable

    def to_dict(self) -> dict[str, Any]:
        """As values that JSON holds."""
        return {
            "corpus": self.corpus,
            "folder": str(self.folder),
            "whole": self.is_whole,
            "found": self.found,
            "published": self.published,
            "listened": self.listened,
            "missing": [_counted(difference) for difference in self.missing],
            "missing_names": list(self.missing_names),
            "surplus": [_counted(difference) for difference in self.surplus],
            "unreadable": [_told(finding) for finding in self.unreadable],
            "silent": [_told(finding) for finding in self.silent],
            "clipped": [_told(finding) for finding in self.clipped],
            "same": [
                {"names": list(same.names), "by": same.by, "known": same.is_known}
                for same in self.same
            ],
            "copies": [_told(finding) for finding in self.copies],
            "strangers": [str(path) for path in self.strangers],
            "notes": list(self.notes),
        }


def verify(
    corpus: Corpus, folder: Path, *, listen: bool = True, meter: Meter | None = None
) -> Verified:
    """Compare a corpus with what was published, and listen to every clip.

    Parameters
    ----------
    corpus, folder: which, and where it lies.
    listen: decode every clip; without it names and counts alone are compared.
    meter: is told of every clip that was decoded.
    """
    scan = corpus.scan(folder)
    return _verified(corpus.name, folder, scan, corpus.published, listen=listen, meter=meter)


def verify_own(
    name: str,
    folder: Path,
    clips: Sequence[Clip],
    *,
    listen: bool = True,
    meter: Meter | None = None,
) -> Verified:
    """Listen to every clip of a user's own corpus; there is nothing published to compare."""
    return _verified(name, folder, Scan(tuple(clips), {}, ()), None, listen=listen, meter=meter)


def _verified(
    name: str,
    folder: Path,
    scan: Scan,
    published: Published | None,
    *,
    listen: bool,
    meter: Meter | None,
) -> Verified:
    heard = _heard(name, scan.clips, meter or Silence()) if listen else {}
    missing, surplus = _differences(scan.clips, published)
    names = {clip.name for clip in scan.clips}
    known_silent = published.silent if published else frozenset()
    broken = {clip: each for clip, each in heard.items() if each.error or each.warnings}
    return Verified(
        corpus=name,
        folder=folder,
        found=len(scan.clips),
        published=published.clips if published else None,
        missing=missing,
        surplus=surplus,
        missing_names=tuple(sorted((published.names or frozenset()) - names) if published else ()),
        unreadable=tuple(
            Finding(clip, each.error or "; ".join(each.warnings)) for clip, each in broken.items()
        ),
        silent=tuple(
            Finding(clip, f"peak {each.peak:.1e} of full scale", clip in known_silent)
            for clip, each in heard.items()
            if each.is_silent
        ),
        clipped=tuple(
            Finding(clip, f"{each.clipped:.2%} of its samples at full scale")
            for clip, each in heard.items()
            if each.is_clipped
        ),
        same=_same(heard, published.same if published else ()),
        copies=tuple(
            Finding(clip, ", ".join(str(path.relative_to(folder)) for path in paths))
            for clip, paths in scan.copies.items()
        ),
        strangers=scan.strangers,
        notes=published.notes if published else (),
        listened=listen,
    )


def _heard(name: str, clips: Iterable[Clip], meter: Meter) -> dict[str, Heard]:
    # Parts of one file share its sound: it is decoded once, under its first part's name.
    first = {clip.path: clip.name for clip in reversed(list(clips))}
    paths = sorted(first)
    meter.start(f"listening to {name}", len(paths))
    heard: dict[str, Heard] = {}
    for each in listen_all(paths, workers=os.cpu_count() or 1):
        heard[first[each.path]] = each
        meter.advance(1)
    return dict(sorted(heard.items()))


def _differences(
    clips: Iterable[Clip], published: Published | None
) -> tuple[tuple[Difference, ...], tuple[Difference, ...]]:
    if published is None:
        return (), ()
    found: Counter[Count] = Counter((clip.speaker, clip.channel, clip.emotion) for clip in clips)
    expected = dict(published.counts)
    by_speaker: Counter[Emotion] = Counter()
    for (_, _, emotion), count in expected.items():
        by_speaker[emotion] += count
    for emotion, total in published.totals.items():
        if total != by_speaker[emotion]:
            # The publisher gives the sum alone: what was found is summed to compare with it.
            own = [count for count in found if count[2] is emotion]
            found["all", "speech", emotion] = sum(found.pop(count) for count in own)
            expected["all", "speech", emotion] = total
    differences = [
        Difference(*count, found=found[count], published=expected.get(count, 0))
        for count in sorted({*found, *expected})
        if found[count] != expected.get(count, 0)
    ]
    return (
        tuple(each for each in differences if each.found < each.published),
        tuple(each for each in differences if each.found > each.published),
    )


def _same(heard: dict[str, Heard], known: tuple[frozenset[str], ...]) -> tuple[Same, ...]:
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for name, each in heard.items():
        # Silence is like any other silence; it is told apart from the same recording.
        if each.sound_hash and not each.is_silent:
            groups[each.sound_hash].append(name)
    return tuple(
        Same(
            names=tuple(names),
            by="file" if len({heard[name].file_hash for name in names}) == 1 else "sound",
            is_known=any(set(names) <= group for group in known),
        )
        for names in groups.values()
        if len(names) > 1
    )


def _counted(difference: Difference) -> dict[str, Any]:
    return {
        "speaker": difference.speaker,
        "channel": difference.channel,
        "emotion": difference.emotion.value,
        "found": difference.found,
        "published": difference.published,
    }


def _told(finding: Finding) -> dict[str, Any]:
    return {"name": finding.name, "what": finding.what, "known": finding.is_known}
