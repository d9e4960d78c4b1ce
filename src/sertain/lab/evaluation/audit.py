"""The leakage audit: speakers, files and copies of audio, compared across the three sets.

A report is refused where anything stands on two sides.  A protocol that leaks by design says on
which sides speakers may stand; a file or a copy on both sides is refused there too.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import inf
from pathlib import Path

from sertain.corpora.clip import Clip
from sertain.errors import LeakageError
from sertain.lab.evaluation.folds import Sets
from sertain.lab.training import cache


@dataclass(frozen=True)
class Audit:
    """What was compared and found clean.

    Attributes
    ----------
    speakers, clips: how many stand in ``"training"``, ``"validation"`` and ``"test"``.
    leak: what stands on both sides by design, or ``None``.
    """

    speakers: Mapping[str, int]
    clips: Mapping[str, int]
    leak: str | None


def fingerprints(clips: Sequence[Clip], cache_folder: Path | None = None) -> dict[str, str]:
    """Give by clip key the hash of the decoded, trimmed samples that training would hear.

    Two codings of the same samples agree; silence has the fingerprint ``""`` and is no copy of
    anything.  Decodes what the cache does not hold yet.
    """
    waves = cache.prepare(clips, cache_folder)
    found = {}
    for number, clip in enumerate(clips):
        samples = waves[number]
        found[clip.key] = (
            hashlib.blake2b(samples.tobytes(), digest_size=16).hexdigest() if samples.any() else ""
        )
    return found


def audit(
    sets: Sets,
    prints: Mapping[str, str],
    sources: Mapping[str, str] | None = None,
) -> Audit:
    """Compare the three sets with one another.

    Parameters
    ----------
    sets:
        The sets of one fold.
    prints:
        By clip key, its :func:`fingerprints`.
    sources:
        By the key of a clip made by augmentation, the key of the clip that it was made from.

    Raises
    ------
    LeakageError
        Names the first speaker, file, copy or augmented copy that stands on two sides.
    """
    sides = {"training": sets.train, "validation": sets.validation, "test": sets.test}
    place = f"fold {sets.fold} ({sets.name}) of {sets.protocol}"
    for one, other in combinations(sides, 2):
        found = _overlap(
            sides[one], sides[other], prints, sources or {}, (one, other) in sets.shared_speakers
        )
        if found:
            raise LeakageError(
                f"{place}: {found} stands in {one} and in {other}",
                "take it from one of them; nothing is reported until then",
            )
    return Audit(
        speakers={name: len({clip.speaker for clip in side}) for name, side in sides.items()},
        clips={name: len(side) for name, side in sides.items()},
        leak=sets.leak,
    )


def _overlap(
    one: Sequence[Clip],
    other: Sequence[Clip],
    prints: Mapping[str, str],
    sources: Mapping[str, str],
    shared_speakers: bool,
) -> str | None:
    """Name the first thing that stands in both, or ``None``."""
    if not shared_speakers:
        common = {clip.speaker for clip in one} & {clip.speaker for clip in other}
        if common:
            return f"the speaker {min(common)}"
    files: dict[Path, list[Clip]] = defaultdict(list)
    for clip in one:
        files[clip.path].append(clip)
    for clip in other:
        if any(_same_part(clip, twin) for twin in files.get(clip.path, ())):
            return f"the file {clip.path.name}"
    origins = {_origin(clip.key, sources): clip.key for clip in one}
    for clip in other:
        twin_key = origins.get(_origin(clip.key, sources))
        if twin_key is not None:
            return f"{clip.key}, made from the same recording as {twin_key},"
    heard = {prints[clip.key]: clip.key for clip in one if prints[clip.key]}
    for clip in other:
        twin_key = heard.get(prints[clip.key])
        if twin_key is not None:
            return f"{clip.key}, an exact copy of {twin_key},"
    return None


def _same_part(one: Clip, other: Clip) -> bool:
    """Whether two clips of one file overlap in time."""
    one_end = inf if one.end_s is None else one.end_s
    other_end = inf if other.end_s is None else other.end_s
    return one.start_s < other_end and other.start_s < one_end


def _origin(key: str, sources: Mapping[str, str]) -> str:
    """Follow a clip back to the recording that it was made from."""
    while key in sources:
        key = sources[key]
    return key
