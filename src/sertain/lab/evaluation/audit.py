"""The leakage audit: speakers, files and copies of audio, compared across the three sets.

A report is refused where anything stands on two sides.  What a protocol declares as its leak may
stand there: speakers, copies of one recording, or the test set as validation set.  Everything
else is refused there too: a file or an undeclared copy, and any clip in training and in test.
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
from sertain.lab.evaluation.folds import Sets, origin
from sertain.lab.recipes.parts import Cut
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


def fingerprints(
    clips: Sequence[Clip], cache_folder: Path | None = None, how: Cut | None = None
) -> dict[str, str]:
    """Give by clip key the hash of the decoded samples that training would hear, cut as ``how``.

    Two codings of the same samples agree; silence has the fingerprint ``""`` and is no copy of
    anything.  Decodes what the cache does not hold yet.
    """
    waves = cache.prepare(clips, cache_folder, how=how or Cut())
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
        By the key of a clip made by augmentation, the key of the clip that it was made from;
        what the sets know of origins is known without it.

    Raises
    ------
    LeakageError
        Names the first speaker, file, copy or augmented copy that stands on two sides.
    """
    sides = {"training": sets.train, "validation": sets.validation, "test": sets.test}
    place = f"fold {sets.fold} ({sets.name}) of {sets.protocol}"
    origins = {**sets.origins, **(sources or {})}
    for one, other in combinations(sides, 2):
        pair = (one, other)
        if pair == ("validation", "test") and sets.test_validates and sides[one] == sides[other]:
            continue
        found = _overlap(
            sides[one],
            sides[other],
            prints,
            origins,
            shared_speakers=pair in sets.shared_speakers,
            shared_copies=pair in sets.shared_copies,
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
    origins: Mapping[str, str],
    *,
    shared_speakers: bool,
    shared_copies: bool,
) -> str | None:
    """Name the first thing that stands in both, or ``None``."""
    if not shared_speakers:
        common = {clip.speaker for clip in one} & {clip.speaker for clip in other}
        if common:
            return f"the speaker {min(common)}"
    traced = {clip.key: origin(clip.key, origins) for clip in (*one, *other)}
    if not shared_copies:
        found = _common_file(one, other, {}) or _common_recording(one, other, traced)
        return found or _common_sound(one, other, prints, {})
    return _common_file(one, other, traced) or _common_sound(one, other, prints, traced)


def _common_file(
    one: Sequence[Clip], other: Sequence[Clip], declared: Mapping[str, str]
) -> str | None:
    """Name the first file in both; two clips of one ``declared`` recording may share theirs."""
    files: dict[Path, list[Clip]] = defaultdict(list)
    for clip in one:
        files[clip.path].append(clip)
    for clip in other:
        for twin in files.get(clip.path, ()):
            if _same_part(clip, twin) and not _declared(clip, twin, declared):
                return f"the file {clip.path.name}"
    return None


def _common_recording(
    one: Sequence[Clip], other: Sequence[Clip], traced: Mapping[str, str]
) -> str | None:
    """Name the first recording of which both have a copy."""
    recordings = {traced[clip.key]: clip.key for clip in one}
    for clip in other:
        twin_key = recordings.get(traced[clip.key])
        if twin_key is not None:
            return f"{clip.key}, made from the same recording as {twin_key},"
    return None


def _common_sound(
    one: Sequence[Clip],
    other: Sequence[Clip],
    prints: Mapping[str, str],
    declared: Mapping[str, str],
) -> str | None:
    """Name the first sound in both but of one ``declared`` recording; silence is no copy."""
    sounds: dict[str, list[Clip]] = defaultdict(list)
    for clip in one:
        if prints[clip.key]:
            sounds[prints[clip.key]].append(clip)
    for clip in other:
        for twin in sounds.get(prints[clip.key], ()):
            if not _declared(clip, twin, declared):
                return f"{clip.key}, an exact copy of {twin.key},"
    return None


def _declared(clip: Clip, twin: Clip, declared: Mapping[str, str]) -> bool:
    """Whether two clips are different copies of one recording that may stand on both sides."""
    if clip.key == twin.key or clip.key not in declared:
        return False
    return declared[clip.key] == declared[twin.key]


def _same_part(one: Clip, other: Clip) -> bool:
    """Whether two clips of one file overlap in time."""
    one_end = inf if one.end_s is None else one.end_s
    other_end = inf if other.end_s is None else other.end_s
    return one.start_s < other_end and other.start_s < one_end
