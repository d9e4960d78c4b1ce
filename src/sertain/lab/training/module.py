"""The Lightning module: one training step, one validation figure, one schedule."""

from __future__ import annotations

from typing import Any

import lightning
import numpy as np
import torch
from torch import Tensor

from sertain.lab.augment.mixing import mixup
from sertain.lab.augment.spectrogram import spec_augment
from sertain.lab.recipes import Recipe
from sertain.lab.training.data import Batch
from sertain.lab.training.loss import masked_cross_entropy, masked_log_softmax
from sertain.lab.training.network import SpeechNetwork


class Learner(lightning.LightningModule):
    """Trains a :class:`SpeechNetwork` under the loss over partial labels.

    ``groups`` names the corpus of every validation clip, in the loader's order; the figure that
    chooses a checkpoint is the mean over the corpora of their UAR.
    """

    def __init__(self, recipe: Recipe, seed: int, steps: int, groups: list[str]) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.network = SpeechNetwork(recipe)
        # Twice as fast on a CPU; values and the saved weights are the same.
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.recipe = recipe
        self.seed = seed
        self.steps = steps
        self.groups = np.array(groups)
        self._heard: list[tuple[Tensor, Tensor, Tensor]] = []

    def on_train_epoch_start(self) -> None:
        """Seed the draws of an epoch by its number, so that a resumed run repeats them."""
        torch.manual_seed(self.seed * 100_003 + self.current_epoch)

    def training_step(self, batch: Batch, _: int) -> Tensor:
        """Give the loss of one batch of equally long clips."""
        waveform, lengths, targets, mask, reference = batch
        augment, smoothing = self.recipe.augment, self.recipe.training.label_smoothing
        with torch.no_grad(), torch.autocast(waveform.device.type, enabled=False):
            features, _mask = self.network.features(waveform, lengths, reference)
            if augment.spec_augment:
                features = spec_augment(features, augment.spec_augment)
        if augment.mixup is None:
            logits, _embedding = self.network.model(features, None)
            loss = masked_cross_entropy(logits, targets, mask, smoothing)
        else:
            mixed = mixup(features, augment.mixup)
            logits, _embedding = self.network.model(mixed.features, None)
            own = masked_cross_entropy(logits, targets, mask, smoothing)
            other = masked_cross_entropy(
                logits, targets[mixed.partner], mask[mixed.partner], smoothing
            )
            loss = mixed.share * own + (1 - mixed.share) * other
        mean = loss.mean()
        self.log("train/loss", mean, on_step=False, on_epoch=True, batch_size=len(targets))
        return mean

    def validation_step(self, batch: Batch, _: int) -> None:
        """Keep the log probabilities of one batch of whole clips."""
        waveform, lengths, targets, mask, reference = batch
        logits, _embedding = self.network(waveform, lengths, reference)
        self._heard.append((masked_log_softmax(logits, mask).cpu(), targets.cpu(), mask.cpu()))

    def on_validation_epoch_end(self) -> None:
        """Log UAR and cross entropy, each the mean over the corpora."""
        log = torch.cat([log for log, _, _ in self._heard])
        targets = torch.cat([targets for _, targets, _ in self._heard]).numpy()
        self._heard.clear()
        answers = log.argmax(1).numpy()
        nll = -log.numpy()[np.arange(len(targets)), targets]
        groups = self.groups[: len(targets)]
        uars, losses = [], []
        for group in np.unique(groups):
            inside = groups == group
            recalls = [
                np.mean(answers[inside & (targets == label)] == label)
                for label in np.unique(targets[inside])
            ]
            uars.append(np.mean(recalls))
            losses.append(np.mean(nll[inside]))
            self.log(f"val/uar_{group}", float(uars[-1]))
        self.log("val/uar", float(np.mean(uars)), prog_bar=True)
        self.log("val/loss", float(np.mean(losses)), prog_bar=True)

    def configure_optimizers(self) -> Any:
        """AdamW with a one-cycle learning rate; norms and biases do not decay."""
        training = self.recipe.training
        decays = [p for p in self.parameters() if p.dim() > 1]
        others = [p for p in self.parameters() if p.dim() <= 1]
        groups: list[dict[str, Any]] = [
            {"params": decays},
            {"params": others, "weight_decay": 0.0},
        ]
        optimizer = torch.optim.AdamW(
            groups, lr=training.learning_rate, weight_decay=training.weight_decay
        )
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, training.learning_rate, total_steps=self.steps, pct_start=0.2
        )
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }
