"""What one evaluation of the table runs on: its recipe, its clips and what trains it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from sertain.corpora.clip import Clip
from sertain.lab import recipes, training
from sertain.lab.evaluation import gather
from sertain.lab.evaluation import protocol as protocols
from sertain.lab.evaluation.protocol import FileOrder, Protocol
from sertain.lab.evaluation.runner import Trainer
from sertain.lab.recipes import Recipe
from sertain.lab.reproduce.amount import planned, shortened
from sertain.lab.reproduce.rows import Budget, Quick
from sertain.lab.training import Fit, cache, store

MOST_SPEAKERS = 24
FEWEST_CLIPS = 12
"""``--quick`` keeps so many speakers of a corpus, and of each emotion so many clips."""


@dataclass(frozen=True)
class Places:
    """Where corpora lie: as ``--corpora`` and ``--corpus`` say."""

    root: Path | None = None
    named: Mapping[str, Path] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """Give it in the words of JSON."""
        return {
            "root": None if self.root is None else str(self.root.absolute()),
            "named": {name: str(path.absolute()) for name, path in self.named.items()},
        }

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Places:
        """Read what :meth:`plain` gave."""
        root = plain["root"]
        named = {name: Path(path) for name, path in plain["named"].items()}
        return cls(None if root is None else Path(root), named)


@dataclass(frozen=True)
class Setting:
    """A recipe under a protocol, ready to be evaluated.

    Attributes
    ----------
    recipe, terms, clips, sources: as :func:`sertain.lab.evaluation.runner.evaluate` takes them.
    fit: what trains.
    """

    recipe: Recipe
    terms: Protocol
    clips: tuple[Clip, ...]
    fit: Trainer
    sources: Mapping[str, str] | None = None


def setting(
    recipe: str,
    protocol: str,
    places: Places,
    quick: Quick | None = None,
    budget: Budget | None = None,
) -> Setting:
    """Read the recipe, the protocol and the clips.

    With a ``budget`` the recipe is trained as far as that goes.  With ``quick`` it has few epochs,
    and of each corpus few clips are left: of every speaker and emotion one, or more where speakers
    are few.  A protocol that cuts the files in their order needs all of them; there, few are
    trained on.
    """
    plan, terms = recipes.load(recipe), protocols.load(protocol)
    clips = gather.clips_for(plan, protocol, places.root, places.named)
    if quick is None:
        return Setting(planned(plan, budget), terms, tuple(clips), training.fit)
    plan = shortened(plan, quick)
    if isinstance(terms.split, FileOrder):
        return Setting(plan, terms, tuple(clips), partial(_fit_few, few))
    return Setting(plan, terms, tuple(few(clips)), training.fit)


def with_copies(ready: Setting) -> Setting:
    """Make the copies that the recipe asks for, one process at a time, so that none is half."""
    if ready.recipe.copies is None:
        return ready
    known = gather.fitting(ready.terms, ready.recipe, ready.clips)
    folder = cache.default_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with store.locked(folder / "copies.lock"):
        both, sources = gather.with_copies(ready.recipe, known)
    copies = (clip for clip in both if clip.key in sources)
    return replace(ready, clips=(*ready.clips, *copies), sources=sources)


def few(clips: Sequence[Clip]) -> list[Clip]:
    """Keep the first clips of each speaker, channel and emotion, in the order given."""
    speakers: dict[str, list[str]] = defaultdict(list)
    for clip in clips:
        if clip.speaker not in speakers[clip.corpus]:
            speakers[clip.corpus].append(clip.speaker)
    heard = {corpus: set(sorted(own)[:MOST_SPEAKERS]) for corpus, own in speakers.items()}
    count: dict[tuple[str, str, str], int] = defaultdict(int)
    kept = []
    for clip in clips:
        own = heard[clip.corpus]
        group = (clip.speaker, clip.channel, clip.emotion)
        if clip.speaker in own and count[group] < -(-FEWEST_CLIPS // len(own)):
            count[group] += 1
            kept.append(clip)
    return kept


def _fit_few(
    chosen: Any,
    recipe: Recipe,
    train: Sequence[Clip],
    validation: Sequence[Clip],
    *,
    seed: int,
    folder: Path,
) -> Fit:
    return training.fit(recipe, chosen(train), chosen(validation), seed=seed, folder=folder)
