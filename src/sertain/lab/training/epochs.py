"""Training by gradients, epoch by epoch; a killed run goes on."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import lightning
import torch
from lightning.pytorch.callbacks import (
    Callback,
    EarlyStopping,
    ModelCheckpoint,
    RichProgressBar,
    WeightAveraging,
)
from lightning.pytorch.loggers import TensorBoardLogger
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from sertain.corpora.clip import Clip
from sertain.errors import RecipeError
from sertain.lab.quiet import quiet
from sertain.lab.training import begin, features, heap, lessons
from sertain.lab.training.cache import SAMPLE_RATE
from sertain.lab.training.data import (
    Item,
    TrainingClips,
    TrainingFeatures,
    WholeClips,
    collate,
    draw_weights,
    sampler,
)
from sertain.lab.training.figures import WATCHED, group_of, subset
from sertain.lab.training.module import Learner
from sertain.lab.training.network import parameter_count
from sertain.lab.training.plan import Plan
from sertain.lab.training.precision import half
from sertain.lab.training.records import Records
from sertain.lab.training.summary import WEIGHTS, Summary, finish
from sertain.lab.training.voice import VoiceDraws

LAST = "last.ckpt"
"""What a killed run goes on from; a finished one has none."""


class _Clock(Callback):
    """Counts the seconds of training over all parts of an interrupted run."""

    def __init__(self) -> None:
        self.before = 0.0
        self.start = time.monotonic()

    @property
    def seconds(self) -> float:
        return self.before + time.monotonic() - self.start

    def state_dict(self) -> dict[str, float]:
        return {"seconds": self.seconds}

    def load_state_dict(self, state_dict: dict[str, float]) -> None:
        self.before = state_dict["seconds"]


class _Stopping(EarlyStopping):
    """Early stopping that also stops a run which was killed when it had waited long enough."""

    def on_train_start(
        self, trainer: lightning.Trainer, _module: lightning.LightningModule
    ) -> None:
        trainer.should_stop = trainer.should_stop or self.wait_count >= self.patience


def train(plan: Plan) -> None:
    """Train, or go on from ``last.ckpt``, and leave weights and summary in the plan's folder."""
    heap.keep()
    recipe, training, folder = plan.recipe, plan.recipe.training, plan.folder
    last = folder / LAST
    going_on = last.is_file()
    heard = subset(plan.validation, training.validation_clips)
    draws = sampler(plan.train, recipe, plan.seed)
    held = torch.load(last, map_location="cpu", weights_only=False) if going_on else None
    if held:  # Lightning draws the first epoch before it says which one it is
        draws.set_epoch(held["epoch"] + 1)
    # A batch of one clip has no deviation that batch normalisation could divide by.
    whole = recipe.sampling.examples_per_epoch is None
    drop = len(draws) % training.batch_size == 1 if whole else len(draws) >= training.batch_size
    batches = len(draws) // training.batch_size
    batches += 0 if drop else len(draws) % training.batch_size > 0
    steps = training.epochs * max(1, batches)
    taught = lessons.prepare(plan, recipe.teacher) if recipe.teacher else None
    learner = Learner(recipe, plan.seed, steps, blank=folder if going_on else None)
    if not going_on:
        begin.take(learner.network, recipe)
        learner.network.keep(folder)
    if held:  # before the trainer loads them: stored features are those of these weights
        learner.load_state_dict(held["state_dict"])
        del held
    train_set = _training_set(plan, learner, taught)
    heard_loader = _validation_loader(plan, learner, heard)
    drawn_now = isinstance(train_set, TrainingClips)
    train_loader: DataLoader[Item] = DataLoader(
        train_set,
        batch_size=training.batch_size,
        sampler=draws,
        collate_fn=collate,
        drop_last=drop,
        num_workers=int(drawn_now),
        persistent_workers=drawn_now,
        multiprocessing_context=_context() if drawn_now else None,
        # Else it draws from the generator of dropout and mixup, a resumed run at another time.
        generator=torch.Generator(),
    )
    clock = _Clock()
    callbacks: list[Callback] = []
    if training.average_decay:
        callbacks.append(WeightAveraging(avg_fn=partial(_mean, training.average_decay)))
    if training.patience is not None:
        monitor, mode = WATCHED[training.watch]
        callbacks.append(_Stopping(monitor, mode=mode, patience=training.patience))
    callbacks += [Records(folder), clock, *_checkpoints(plan)]
    if not plan.quiet:
        callbacks.append(RichProgressBar(leave=False, console_kwargs={"stderr": True}))
    with _hushed():
        trainer = lightning.Trainer(
            max_epochs=training.epochs,
            precision="bf16-mixed" if half(recipe) else "32-true",
            callbacks=callbacks,
            logger=TensorBoardLogger(folder, name="", version="tensorboard"),
            enable_progress_bar=not plan.quiet,
            enable_model_summary=False,
            use_distributed_sampler=False,
            gradient_clip_val=training.gradient_norm,
            num_sanity_val_steps=0,
            log_every_n_steps=1,
        )
        trainer.fit(
            learner,
            train_loader,
            heard_loader,
            ckpt_path=last if going_on else None,
            weights_only=False,
        )
    if not trainer.is_global_zero:
        return
    kept = folder / WEIGHTS if training.watch in WATCHED else last
    best = torch.load(kept, map_location="cpu", weights_only=False)
    summary = Summary(
        recipe.name,
        recipe.hash,
        plan.seed,
        parameter_count(learner.network),
        trainer.current_epoch,
        int(best["epoch"]) + 1,
        float(best["figures"]["val/uar"]),
        round(clock.seconds, 1),
        len(plan.train),
        len(plan.validation),
        tuple(teacher.record for teacher in plan.teachers),
    )
    finish(folder, best["state_dict"], summary)
    last.unlink()


def _mean(decay: float, mean: Tensor, now: Tensor, _number: Tensor) -> Tensor:
    """Move a running mean of weights by one step.

    Written so that what is frozen stays as it is to the last bit: its features are found by that.
    """
    return mean + (1 - decay) * (now - mean)


def _training_set(plan: Plan, learner: Learner, taught: lessons.Answers | None) -> Dataset[Item]:
    """Give the training clips, and let the network look at what it standardises by."""
    recipe, network = plan.recipe, learner.network
    beforehand = recipe.stored and not network.trains
    if network.trains and (recipe.augment.variants is not None or recipe.normalise == "voice"):
        raise RecipeError(
            f"{recipe.name} trains its front end, so nothing that it gives can be stored, as "
            "augment.variants and normalise: voice need it",
            "leave frontend.parameters.tuning away, or these",
        )
    if not beforehand and recipe.normalise not in ("columns", "voice"):
        return TrainingClips(plan.train, plan.waves(plan.train), recipe, plan.seed, None, taught)
    versions = plan.versions(network, plan.train)
    voices = None
    if recipe.normalise in ("columns", "voice"):
        moments = versions[0].moments()
        drawn = recipe.normalise == "voice" and recipe.sampling.examples_per_epoch is not None
        network.standard.learn(moments, draw_weights(plan.train, recipe) if drawn else None)
        if network.strangeness is not None:
            network.strangeness.learn(moments.means, [clip.corpus for clip in plan.train])
    if recipe.normalise == "voice":
        voices = VoiceDraws(plan.train, moments, plan.waves(plan.train).seconds, recipe.reference)
    if not beforehand:
        return TrainingClips(plan.train, plan.waves(plan.train), recipe, plan.seed, voices, taught)
    frames = None
    if recipe.training.clip_s is not None:
        samples = torch.tensor([round(recipe.training.clip_s * SAMPLE_RATE)])
        frames = int(network.frontend.frames_of(samples))
    return TrainingFeatures(plan.train, versions, recipe, plan.seed, voices, frames, taught)


def _validation_loader(plan: Plan, learner: Learner, heard: Sequence[Clip]) -> DataLoader[Item]:
    """Give batches of clips of like length, and tell the learner whose they are."""
    sounds = plan.sounds(learner.network, heard)
    batches = features.batches(sounds)
    learner.name_groups([group_of(heard[number]) for batch in batches for number in batch])
    return DataLoader(
        WholeClips(heard, sounds, plan.recipe), batch_sampler=batches, collate_fn=collate
    )


def _checkpoints(plan: Plan) -> list[Callback]:
    """Keep every epoch until the next one, to go on from, and the best that is watched for."""
    kept = [ModelCheckpoint(plan.folder, Path(LAST).stem, enable_version_counter=False)]
    if plan.recipe.training.watch in WATCHED:
        monitor, mode = WATCHED[plan.recipe.training.watch]
        name = Path(WEIGHTS).stem
        best = ModelCheckpoint(
            plan.folder, name, monitor=monitor, mode=mode, enable_version_counter=False
        )
        kept.insert(0, best)
    return list(kept)


def _context() -> str:
    return "spawn" if torch.cuda.is_available() else "fork"


@contextmanager
def _hushed() -> Iterator[None]:
    """Keep Lightning's hints (other loggers, more workers, its cloud) out of the terminal."""
    with quiet("lightning.pytorch"), warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"lightning\..*")
        warnings.filterwarnings("ignore", module=r"torch\.optim\.lr_scheduler")
        yield
