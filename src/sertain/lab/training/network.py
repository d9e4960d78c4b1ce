"""The whole network of a recipe: waveform in, logits and embedding out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from sertain.lab import frontends, models
from sertain.lab.frontends.normalise import frame_mask, level
from sertain.lab.recipes import Recipe
from sertain.lab.recipes.recipe import part_module
from sertain.lab.training.standard import Standard
from sertain.lab.training.strangeness import Strangeness
from sertain.lab.training.summary import WEIGHTS


class SpeechNetwork(nn.Module):
    """Level, front end, standardisation and the architecture of a recipe."""

    def __init__(self, recipe: Recipe, *, blank: Path | None = None) -> None:
        """``blank`` leaves out weights from elsewhere, where others are loaded afterwards.

        It is the folder of the run in which :meth:`keep` wrote what else is needed for that.
        """
        super().__init__()
        self.level_rms = recipe.level_rms
        self.frontend_name = recipe.frontend.name
        self.frontend_config = recipe.frontend_config()
        kind = part_module(frontends, recipe.frontend, "FrontEnd").FrontEnd
        if blank is not None and hasattr(kind, "blank"):
            self.frontend = kind.blank(self.frontend_config, blank)
        else:
            self.frontend = kind(self.frontend_config)
        config = recipe.network_config()
        if blank is not None and getattr(config, "weights", None) is not None:
            config = config.model_copy(update={"weights": None})
        self.model = part_module(models, recipe.model, "Network").Network(
            config, self.frontend.rows, len(recipe.labels)
        )
        self.standard = Standard(recipe.normalise, self.frontend.rows, recipe.reference.prior_s)
        self.strangeness = None
        if recipe.strangeness is not None:
            self.strangeness = Strangeness(
                len(recipe.corpora), self.frontend.rows, recipe.strangeness
            )

    @property
    def trains(self) -> bool:
        """Whether the front end is trained too, and so gives other features every time."""
        return bool(getattr(self.frontend, "trains", False))

    @property
    def coarse(self) -> bool:
        """Whether the front end gives so many numbers that 8 bits have to do for storing them.

        bfloat16 may then make those of changed clips.
        """
        return bool(getattr(self.frontend, "coarse", False))

    def keep(self, folder: Path) -> None:
        """Write into the folder of a run what beside its weights a blank network is made of."""
        if hasattr(self.frontend, "keep"):
            self.frontend.keep(folder)

    def parameter_groups(self, rate: float) -> list[dict[str, Any]]:
        """Give an optimiser's groups where parts learn at rates of their own, else none."""
        if not self.trains:
            return []
        groups: list[dict[str, Any]] = self.frontend.parameter_groups(self, rate)
        return groups

    def begin_epoch(self, epoch: int) -> None:
        """Tell a front end that is trained which epoch begins, the first of which is 0."""
        if self.trains:
            self.frontend.begin_epoch(epoch)

    @property
    def pictures(self) -> int:
        """How many pictures lie below each other in the rows of the features."""
        return int(getattr(self.model, "pictures", 1))

    def heard(self, waveform: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Give features (batch, rows, frames) as they are, and each clip's frames (batch,)."""
        if self.level_rms is not None:
            waveform = level(waveform, lengths, self.level_rms)
        return self.frontend(waveform, lengths), self.frontend.frames_of(lengths)

    def features(
        self,
        sound: Tensor,
        lengths: Tensor,
        reference: Tensor | None = None,
        reference_s: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Give standardised features (batch, rows, frames) and their mask (batch, frames).

        ``sound`` is a 16 kHz waveform (batch, samples), or features (batch, rows, frames) that
        :meth:`heard` gave before, and ``lengths`` (batch,) counts samples or frames.  References
        are as :class:`Standard` takes them.
        """
        features, mask = self._own(sound, lengths)
        return self.standard(features, mask, reference, reference_s), mask

    def _own(self, sound: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Give features as they are and their mask, of waveforms or of features."""
        features, frames = self.heard(sound, lengths) if sound.dim() == 2 else (sound, lengths)
        return features, frame_mask(frames, features.shape[2])

    def forward(
        self,
        sound: Tensor,
        lengths: Tensor,
        reference: Tensor | None = None,
        reference_s: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Map 16 kHz waveforms (batch, samples), zero-padded, to logits and embedding.

        In their place stored features may stand, as in :meth:`features`.  ``reference`` (batch or
        1, 2, rows) holds mean and deviation of each clip's voice, ``reference_s`` (batch or 1,)
        the seconds that they come from, 0 for a voice that is not known.  Logits of strange clips
        are smaller where the recipe has ``strangeness``; the answer stays.
        """
        heard, mask = self._own(sound, lengths)
        features = self.standard(heard, mask, reference, reference_s)
        logits, embedding = self.model(features, mask)
        logits = logits.float()
        if self.strangeness is not None:
            logits = logits / self.strangeness(heard, mask)[:, None]
        return logits, embedding.float()


def load(folder: Path, recipe: Recipe) -> SpeechNetwork:
    """Load the network of a finished run from its folder; nothing is fetched from elsewhere.

    Only of a run of an encoder that does not hold the encoder's shape, as earlier ones do not, the
    encoder itself has to be at hand.
    """
    network = SpeechNetwork(recipe, blank=folder)
    state = torch.load(folder / WEIGHTS, map_location="cpu", weights_only=True)["state_dict"]
    network.load_state_dict(
        {k.removeprefix("network."): v for k, v in state.items() if k.startswith("network.")}
    )
    return network.eval()


def parameter_count(network: nn.Module) -> int:
    """Give the number of trained numbers."""
    return sum(p.numel() for p in network.parameters() if p.requires_grad)
