"""The whole network of a recipe: waveform in, logits and embedding out."""

from __future__ import annotations

from torch import Tensor, nn

from sertain.lab import frontends, models
from sertain.lab.frontends.normalise import frame_mask, level, standardise
from sertain.lab.recipes import Recipe
from sertain.lab.recipes.recipe import part_module


class SpeechNetwork(nn.Module):
    """Level, front end, standardisation and the architecture of a recipe."""

    def __init__(self, recipe: Recipe) -> None:
        super().__init__()
        self.level_rms = recipe.level_rms
        self.frontend = part_module(frontends, recipe.frontend, "FrontEnd").FrontEnd(
            recipe.frontend_config()
        )
        self.model = part_module(models, recipe.model, "Network").Network(
            recipe.network_config(), self.frontend.rows, len(recipe.labels)
        )

    def heard(self, waveform: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Give features (batch, rows, frames) as they are, and their mask (batch, frames)."""
        features = self.frontend(level(waveform, lengths, self.level_rms), lengths)
        return features, frame_mask(self.frontend.frames_of(lengths), features.shape[2])

    def features(
        self, waveform: Tensor, lengths: Tensor, reference: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Give standardised features (batch, rows, frames) and their mask (batch, frames)."""
        features, mask = self.heard(waveform, lengths)
        return standardise(features, mask, reference), mask

    def forward(
        self, waveform: Tensor, lengths: Tensor, reference: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Map 16 kHz ``waveform`` (batch, samples), zero-padded, to logits and embedding.

        ``reference`` (batch, 2) holds the mean and deviation of each clip's speaker, or zeros
        where the speaker is not known.
        """
        features, mask = self.features(waveform, lengths, reference)
        logits, embedding = self.model(features, mask)
        return logits.float(), embedding.float()


def parameter_count(network: nn.Module) -> int:
    """Give the number of trained numbers."""
    return sum(p.numel() for p in network.parameters() if p.requires_grad)
