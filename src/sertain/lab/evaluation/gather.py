"""What an evaluation hears: the clips of its corpora, checked against its terms, and copies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from sertain import corpora
from sertain.corpora.clip import Clip
from sertain.errors import CorpusError, ProtocolError
from sertain.lab.augment import copies
from sertain.lab.evaluation import folds, protocol
from sertain.lab.evaluation.protocol import FileOrder, Protocol, Transfer
from sertain.lab.recipes import Recipe
from sertain.lab.recipes.parts import Cut
from sertain.lab.training import cache

LONGEST_S = 3600.0
"""Where a part of a file ends that has an offset and no duration: behind any clip's end."""


def clips_for(
    recipe: Recipe,
    name: str,
    root: Path | None = None,
    named: Mapping[str, Path] | None = None,
) -> list[Clip]:
    """Load the clips that a recipe under a protocol needs, sorted by key.

    These are the corpora of the recipe, of a report's own protocol that protocol's alone; those
    that pretrain; and those that only test, where they are at hand.

    Raises
    ------
    CorpusError
        A corpus that trains is not at hand, or no such corpus is known.
    """
    terms = protocol.load(name)
    wanted = list(recipe.corpora)
    if terms.closed:
        wanted = [corpus for corpus in wanted if corpus in terms.corpora]
    if isinstance(terms.split, Transfer):
        wanted = [corpus for corpus in wanted if corpus in terms.split.train]
        wanted += [corpus for corpus in terms.split.test if _at_hand(corpus, root, named or {})]
    if recipe.pretraining:
        wanted += [corpus for corpus in recipe.pretraining.corpora if corpus not in wanted]
    return corpora.load(wanted, root, named)


def _at_hand(corpus: str, root: Path | None, named: Mapping[str, Path]) -> bool:
    if corpus in named:
        return True  # a place that was named and is not there is a fault, not an absence
    try:
        corpora.locate(corpus, root=root)
    except CorpusError:
        return False
    return True


def absent(terms: Protocol, clips: Sequence[Clip]) -> list[str]:
    """Name the corpora that the protocol would test and of which there is no clip."""
    if not isinstance(terms.split, Transfer):
        return []
    had = {clip.corpus for clip in clips}
    return [corpus for corpus in terms.split.test if corpus not in had]


def shortfalls(clips: Sequence[Clip], channels: Collection[str] = ("speech", "song")) -> list[str]:
    """Say of each published corpus that is incomplete how much of it there is, and what to do.

    What is neither spoken nor sung in ``channels`` does not count.
    """
    found = []
    heard = Counter(clip.corpus for clip in clips if clip.channel in channels)
    for corpus in sorted(heard.keys() & set(corpora.names())):
        published = corpora.get(corpus).published
        others = sum(
            count for (_, channel, _), count in published.counts.items() if channel not in channels
        )
        if heard[corpus] < published.clips - others:
            found.append(
                f"{corpus} is incomplete: {heard[corpus]:,} of its {published.clips - others:,} "
                f"clips are at hand; see what is missing: sertain corpora verify {corpus}"
            )
    return found


def fitting(terms: Protocol, recipe: Recipe, clips: Sequence[Clip]) -> list[Clip]:
    """Keep the clips that the recipe can learn or be asked about under the protocol.

    Raises
    ------
    ProtocolError
        The recipe does not name a corpus, channel or label of the protocol, or names a label
        that no clip has.
    """
    needed = terms.split.train if isinstance(terms.split, Transfer) else tuple(terms.corpora)
    does = "trains" if isinstance(terms.split, Transfer) else "tests"
    for corpus in needed:
        if corpus not in recipe.corpora:
            raise ProtocolError(
                f"{terms.name} {does} {corpus}, which the recipe {recipe.name} does not name",
                f"add {corpus} to its corpora",
            )
    for channel in _channels(terms):
        if channel not in recipe.channels:
            raise ProtocolError(
                f"{terms.name} tests {channel}, which the recipe {recipe.name} does not hear",
                f"add {channel} to its channels",
            )
    for label in terms.labels:
        if label not in recipe.labels:
            raise ProtocolError(
                f"{terms.name} scores '{label}', which the recipe {recipe.name} does not name",
                f"add {label} to its labels",
            )
    heard = {*recipe.corpora, *(terms.split.test if isinstance(terms.split, Transfer) else ())}
    known = [clip for clip in recipe.usable(clips) if clip.corpus in heard]
    had = {clip.emotion for clip in known}
    for label in recipe.labels:
        if label not in had:
            raise ProtocolError(
                f"the recipe {recipe.name} names '{label}', of which no corpus has a clip",
                "take it from its labels or add a corpus",
            )
    return folds.admitted(terms, known)


def _channels(terms: Protocol) -> tuple[str, ...]:
    """Name the channels without which the protocol cannot be run."""
    if terms.channel:
        return (terms.channel,)
    if isinstance(terms.split, FileOrder):
        return terms.split.channels
    return ("speech", "song") if terms.closed else ()


def with_copies(
    recipe: Recipe, clips: Sequence[Clip], folder: Path | None = None, seed: int = 0
) -> tuple[list[Clip], dict[str, str]]:
    """Make the copies that the recipe asks for, of the clips of its own corpora.

    A copy is made of what the recipe's offset and duration leave of its clip, as the reports do.
    They are kept in ``folder``, by default one in the cache.  Gives clips and copies, sorted by
    key, and by the key of a copy the key of the clip that it was made from.
    """
    if recipe.copies is None:
        return list(clips), {}
    own = [_part(clip, recipe.clip) for clip in clips if clip.corpus in recipe.corpora]
    place = folder or cache.default_folder() / "copies"
    made = copies.make(own, recipe.copies, place, seed)
    return sorted([*clips, *made.clips], key=lambda clip: clip.key), dict(made.sources)


def _part(clip: Clip, how: Cut) -> Clip:
    """Give the part of a whole file that offset and duration leave."""
    if clip.end_s is not None or (how.offset_s == 0 and how.duration_s is None):
        return clip
    start_s = clip.start_s + how.offset_s
    return replace(clip, start_s=start_s, end_s=start_s + (how.duration_s or LONGEST_S))
