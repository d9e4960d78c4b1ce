"""The Lightning module: one training step, the figures of an epoch, one schedule."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lightning
import numpy as np
import torch
from torch import Tensor

from sertain.lab.augment.mixing import mixup
from sertain.lab.augment.picture import resize, warp
from sertain.lab.augment.spectrogram import spec_augment
from sertain.lab.recipes import Recipe
from sertain.lab.recipes.parts import Plateau
from sertain.lab.training import schedule
from sertain.lab.training.data import Batch
from sertain.lab.training.figures import figures
from sertain.lab.training.loss import (
    divergence_from_teachers,
    masked_cross_entropy,
    masked_log_softmax,
)
from sertain.lab.training.network import SpeechNetwork
from sertain.lab.training.precision import half


class Learner(lightning.LightningModule):
    """Trains a :class:`SpeechNetwork` under the loss over partial labels.

    ``steps`` is the number of batches in all epochs.  With ``blank``, the folder of a run, the
    weights come from a checkpoint.
    """

    def __init__(self, recipe: Recipe, seed: int, steps: int, *, blank: Path | None = None) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.network = SpeechNetwork(recipe, blank=blank)
        # Twice as fast in half precision; values and the saved weights are the same. In float32 it
        # saves nothing, and oneDNN writes past the gradients of four channels in that order where
        # a processor has AVX2 and no AVX-512.
        if half(recipe):
            self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.recipe = recipe
        self.seed = seed
        self.steps = steps
        self.groups = np.array([])
        how = recipe.training.schedule
        self.waiting = schedule.Waiting(how) if isinstance(how, Plateau) else None
        self.figures: dict[str, float] = {}
        self._heard: list[tuple[Tensor, Tensor]] = []
        self._learnt: list[Tensor] = []

    def name_groups(self, groups: list[str]) -> None:
        """Take the corpus of every validation clip, in the loader's order."""
        self.groups = np.array(groups)

    def training_step(self, batch: Batch, number: int) -> Tensor:
        """Give the loss of one batch.

        The first of an epoch seeds the draws by the epoch's number, so that a resumed run repeats
        them.  Lightning leaves out the hook at the start of an epoch where a run goes on.
        """
        if number == 0:
            torch.manual_seed(self.seed * 100_003 + self.current_epoch)
            self.network.begin_epoch(self.current_epoch)
            self._learnt.clear()
        targets, labels = batch.targets, batch.labels
        augment = self.recipe.augment
        features, mask = self._augmented(batch)
        if augment.mixup is None:
            logits, _embedding = self.network.model(features, mask)
            loss = self._loss(logits, targets, labels, batch.lessons)
        else:
            knowing = self.recipe.normalise == "voice"
            mixed = mixup(features, augment.mixup, batch.reference_s > 0 if knowing else None)
            if mask is not None:
                mask = torch.maximum(mask, mask[mixed.partner])
            logits, _embedding = self.network.model(mixed.features, mask)
            own = self._loss(logits, targets, labels, batch.lessons)
            other = self._loss(
                logits, *(of[mixed.partner] for of in (targets, labels, batch.lessons))
            )
            loss = mixed.share * own + (1 - mixed.share) * other
        right = masked_log_softmax(logits.detach(), labels).argmax(1) == targets
        named = {"train/loss": loss.mean(), "train/accuracy": right.float().mean()}
        self.log_dict(named, on_step=False, on_epoch=True, batch_size=len(targets))
        self._learnt.append(torch.stack([loss.detach(), right.float()]))
        return named["train/loss"]

    def _loss(self, logits: Tensor, targets: Tensor, labels: Tensor, lessons: Tensor) -> Tensor:
        """Give the loss (batch,) by labels and, as far as the recipe has one, by its teacher."""
        told = masked_cross_entropy(logits, targets, labels, self.recipe.training.label_smoothing)
        teacher = self.recipe.teacher
        if teacher is None:
            return told
        taught = divergence_from_teachers(logits, lessons, teacher.temperature)
        return (1 - teacher.weight) * told + teacher.weight * taught

    def _augmented(self, batch: Batch) -> tuple[Tensor, Tensor | None]:
        """Give the features of a batch, changed, and their mask where clips are not alike long."""
        sound, lengths = batch.sound, batch.lengths
        augment, pictures = self.recipe.augment, self.network.pictures
        learning = self.network.trains
        with (
            torch.set_grad_enabled(learning),
            torch.autocast(sound.device.type, enabled=learning and _half(sound)),
        ):
            features, mask = self.network.features(
                sound, lengths, batch.reference, batch.reference_s
            )
            if augment.sizes:
                size = augment.sizes.size_at(self.current_epoch, self.recipe.training.epochs)
                features = resize(features, size, pictures)
            features = warp(features, augment.rotation, augment.zoom, augment.brightness, pictures)
            if augment.spec_augment:
                features = spec_augment(features, augment.spec_augment)
        alike = bool((lengths == lengths[0]).all())
        return features, None if alike else mask

    def validation_step(self, batch: Batch, _: int) -> None:
        """Keep the log probabilities of one batch of whole clips."""
        logits, _embedding = self.network(
            batch.sound, batch.lengths, batch.reference, batch.reference_s
        )
        log = masked_log_softmax(logits, batch.labels)
        self._heard.append((log.cpu(), batch.targets.cpu()))

    def on_validation_epoch_end(self) -> None:
        """Log the figures and, where the schedule waits for it, look at the training loss.

        Here and not after the epoch, since the checkpoint is written in between.
        """
        log = torch.cat([log for log, _ in self._heard]).numpy()
        targets = torch.cat([targets for _, targets in self._heard]).numpy()
        self._heard.clear()
        heard = figures(log, targets, self.groups[: len(targets)])
        for name, value in heard.items():
            self.log(name, value, prog_bar=name in ("val/uar", "val/loss"))
        own = torch.cat(self._learnt, dim=1).mean(1)
        loss, accuracy = self.trainer.strategy.reduce(own, reduce_op="mean").tolist()
        self.figures = {"train/loss": loss, "train/accuracy": accuracy, **heard}
        if self.waiting is not None:
            (optimizer,) = self.trainer.optimizers
            self.waiting.step(loss, optimizer)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep the figures of the epoch and how long the schedule has waited."""
        checkpoint["figures"] = self.figures
        if self.waiting is not None:
            checkpoint["waiting"] = self.waiting.state_dict()

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Go on waiting where the killed run was."""
        if self.waiting is not None:
            self.waiting.load_state_dict(checkpoint["waiting"])

    def configure_optimizers(self) -> Any:
        """Give the recipe's optimiser and schedule."""
        training = self.recipe.training
        own = self.network.parameter_groups(training.learning_rate)
        optimizer = schedule.optimiser(own or self.parameters(), training)
        moving = schedule.schedule(optimizer, training, self.steps)
        return optimizer if moving is None else {"optimizer": optimizer, "lr_scheduler": moving}


def _half(sound: Tensor) -> bool:
    """Say whether the trainer works in half precision."""
    return torch.is_autocast_enabled(sound.device.type)
