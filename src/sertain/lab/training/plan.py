"""What is trained on what: the words in which the parts of training are told of a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sertain.corpora.clip import Clip
from sertain.lab.recipes import Recipe
from sertain.lab.training import cache, features
from sertain.lab.training.extraction import Version
from sertain.lab.training.features import Features
from sertain.lab.training.network import SpeechNetwork
from sertain.lab.training.precision import half
from sertain.lab.training.teachers import Teacher


@dataclass(frozen=True)
class Plan:
    """A run: a recipe, its clips, its seed, where it and the cache are kept, and who teaches."""

    recipe: Recipe
    train: Sequence[Clip]
    validation: Sequence[Clip]
    seed: int
    folder: Path
    cache_folder: Path | None
    quiet: bool
    teachers: tuple[Teacher, ...] = ()

    def features(self, network: SpeechNetwork, clips: Sequence[Clip]) -> Features:
        """Give what the front end makes of whole clips."""
        return features.prepare(network, self.waves(clips), self.cache_folder, self.quiet)

    def versions(self, network: SpeechNetwork, clips: Sequence[Clip]) -> list[Features]:
        """Give what the front end makes of whole clips, first as they are, then changed."""
        waves, augment = self.waves(clips), self.recipe.augment
        short = half(self.recipe) and network.coarse
        changed = [
            features.prepare(
                network, waves, self.cache_folder, self.quiet, Version(augment, number, short)
            )
            for number in range(1, (augment.variants or 0) + 1)
        ]
        return [self.features(network, clips), *changed]

    def sounds(self, network: SpeechNetwork, clips: Sequence[Clip]) -> Features | cache.Waves:
        """Give what a network is to hear of whole clips."""
        return features.sounds(network, self.waves(clips), self.cache_folder, self.quiet)

    def waves(self, clips: Sequence[Clip]) -> cache.Waves:
        """Give the clips as the recipe hears them."""
        return cache.prepare(clips, self.cache_folder, self.quiet, self.recipe.clip)
