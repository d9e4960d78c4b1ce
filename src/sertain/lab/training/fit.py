"""Train a recipe on training clips, choose by validation clips, resume after a kill."""

from __future__ import annotations

import json
import logging
import sys
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path

import lightning
import numpy as np
import torch
from lightning.pytorch.callbacks import (
    Callback,
    EarlyStopping,
    EMAWeightAveraging,
    ModelCheckpoint,
    RichProgressBar,
)
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger
from numpy.typing import NDArray
from torch.utils.data import DataLoader

from sertain.corpora.clip import Clip
from sertain.errors import RecipeError
from sertain.lab.recipes import Recipe
from sertain.lab.training import cache
from sertain.lab.training.data import (
    EpochSampler,
    Item,
    TrainingClips,
    WholeClips,
    by_length,
    collate,
    draw_weights,
    pad,
)
from sertain.lab.training.module import Learner
from sertain.lab.training.network import SpeechNetwork, parameter_count
from sertain.lab.training.reference import speaker_references
from sertain.labels import Emotion


@dataclass(frozen=True)
class Summary:
    """What a finished run says of itself."""

    recipe: str
    recipe_hash: str
    seed: int
    parameters: int
    epochs: int
    best_epoch: int
    validation_uar: float
    train_s: float
    train_clips: int
    validation_clips: int


@dataclass(frozen=True)
class Fit:
    """A trained network and its run's summary."""

    recipe: Recipe
    network: SpeechNetwork
    summary: Summary
    cache_folder: Path | None = None

    @property
    def labels(self) -> tuple[Emotion, ...]:
        """The labels of the logits' columns."""
        return self.recipe.labels

    @property
    def parameters(self) -> int:
        """The number of trained numbers."""
        return self.summary.parameters

    @property
    def epochs(self) -> int:
        """The number of epochs trained."""
        return self.summary.epochs

    @property
    def train_s(self) -> float:
        """Seconds of training, over all its parts if it was interrupted."""
        return self.summary.train_s

    def logits(self, clips: Sequence[Clip]) -> NDArray[np.float32]:
        """Give the logits (n, labels) of whole clips, in their order."""
        return self._run(clips)[0]

    def embeddings(self, clips: Sequence[Clip]) -> NDArray[np.float32]:
        """Give the embeddings (n, d) of whole clips, in their order."""
        return self._run(clips)[1]

    def _run(self, clips: Sequence[Clip]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        waves = cache.prepare(clips, self.cache_folder)
        rows: list[tuple[NDArray[np.float32], NDArray[np.float32]]] = [
            (np.empty(0, np.float32), np.empty(0, np.float32))
        ] * len(waves)
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        network = self.network.to(device).eval()
        with torch.inference_mode():
            for batch in by_length(waves):
                waveform, lengths = pad([waves[n] for n in batch])
                logits, embedding = network(waveform.to(device), lengths.to(device))
                for n, one, other in zip(
                    batch, logits.cpu().numpy(), embedding.cpu().numpy(), strict=True
                ):
                    rows[n] = (one, other)
        return np.stack([row[0] for row in rows]), np.stack([row[1] for row in rows])


def fit(
    recipe: Recipe,
    train: Sequence[Clip],
    validation: Sequence[Clip],
    *,
    seed: int,
    folder: Path,
    cache_folder: Path | None = None,
    quiet: bool | None = None,
) -> Fit:
    """Train, or go on where a killed run stopped, or load a finished one.

    The folder holds ``last.ckpt`` and ``best.ckpt``, ``csv/metrics.csv``, TensorBoard logs and at
    the end ``summary.json``.  Training that was killed and resumed gives the same weights as
    training that was not, on the same hardware and number of threads.

    Parameters
    ----------
    recipe, train, validation:
        What is trained, on which clips; the validation clips choose the epoch.
    seed:
        Of the weights, the draws and the augmentation.
    folder:
        Where the run is kept; a folder that holds another run is refused.
    cache_folder:
        Where decoded clips are kept; by default :func:`sertain.lab.training.cache.default_folder`.
    quiet:
        Whether to show no progress; by default where the terminal is none.

    Raises
    ------
    RecipeError
        A clip's label is not in the recipe, there is nothing to train or validate on, or the
        folder holds a run of another recipe or other clips.
    """
    _check(recipe, train, validation)
    folder.mkdir(parents=True, exist_ok=True)
    identity = _identity(recipe, train, validation, seed)
    _claim(folder, identity)
    summary_path = folder / "summary.json"
    if not summary_path.is_file():
        silent = not sys.stderr.isatty() if quiet is None else quiet
        _train(recipe, train, validation, seed, folder, cache_folder, silent)
    return load_fit(folder, recipe, cache_folder)


def load_fit(folder: Path, recipe: Recipe, cache_folder: Path | None = None) -> Fit:
    """Load a finished run from its folder."""
    summary = Summary(**json.loads((folder / "summary.json").read_text("utf-8")))
    network = SpeechNetwork(recipe)
    state = torch.load(folder / "best.ckpt", map_location="cpu", weights_only=True)["state_dict"]
    network.load_state_dict(
        {k.removeprefix("network."): v for k, v in state.items() if k.startswith("network.")}
    )
    return Fit(recipe, network.eval(), summary, cache_folder)


def _check(recipe: Recipe, train: Sequence[Clip], validation: Sequence[Clip]) -> None:
    for name, clips in (("training", train), ("validation", validation)):
        if not clips:
            raise RecipeError(f"{recipe.name}: there are 0 {name} clips", "name more corpora")
        strange = next((c for c in clips if c.emotion not in recipe.labels), None)
        if strange:
            raise RecipeError(
                f"{recipe.name}: the {name} clip {strange.key} is labelled {strange.emotion},"
                f" which is not among the labels of the recipe",
                "leave such clips out or add the label",
            )
    missing = set(recipe.labels) - {clip.emotion for clip in train}
    if missing:
        raise RecipeError(
            f"{recipe.name}: no training clip is labelled {', '.join(sorted(missing))}",
            "name a corpus that has it or take it from the labels",
        )


def _identity(
    recipe: Recipe, train: Sequence[Clip], validation: Sequence[Clip], seed: int
) -> dict[str, object]:
    return {
        "recipe": recipe.model_dump(mode="json"),
        "hash": recipe.hash,
        "seed": seed,
        "train": sorted(clip.key for clip in train),
        "validation": sorted(clip.key for clip in validation),
    }


def _claim(folder: Path, identity: dict[str, object]) -> None:
    """Write what the run is, or refuse a folder that holds another one."""
    path = folder / "run.json"
    if path.is_file():
        held = json.loads(path.read_text("utf-8"))
        for key in ("hash", "seed", "train", "validation"):
            if held[key] != identity[key]:
                raise RecipeError(f"{folder} holds a run with another {key}", "name another folder")
        return
    path.write_text(json.dumps(identity), "utf-8")


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


def _train(
    recipe: Recipe,
    train: Sequence[Clip],
    validation: Sequence[Clip],
    seed: int,
    folder: Path,
    cache_folder: Path | None,
    quiet: bool,
) -> None:
    training = recipe.training
    heard = _subset(validation, training.validation_clips)
    waves = cache.prepare(train, cache_folder, quiet)
    heard_waves = cache.prepare(heard, cache_folder, quiet)
    batches = by_length(heard_waves)
    heard_loader: DataLoader[Item] = DataLoader(
        WholeClips(heard, heard_waves, recipe.labels),
        batch_sampler=batches,
        collate_fn=collate,
    )
    count = recipe.sampling.examples_per_epoch
    learner = Learner(
        recipe,
        seed,
        steps=training.epochs * max(1, count // training.batch_size),
        groups=[_group(heard[number]) for batch in batches for number in batch],
    )
    references = None
    if recipe.normalise == "speaker":
        references = speaker_references(learner.network, train, waves)
    train_loader: DataLoader[Item] = DataLoader(
        TrainingClips(train, waves, recipe, seed, references),
        batch_size=training.batch_size,
        sampler=EpochSampler(draw_weights(train, recipe), count, seed),
        collate_fn=collate,
        drop_last=count >= training.batch_size,
        num_workers=1,
        persistent_workers=True,
        multiprocessing_context="spawn" if torch.cuda.is_available() else "fork",
    )
    clock = _Clock()
    checkpoint = ModelCheckpoint(
        folder,
        "best",
        monitor="val/uar",
        mode="max",
        save_last=True,
        enable_version_counter=False,
    )
    stopping = EarlyStopping("val/uar", mode="max", patience=training.patience)
    callbacks: list[Callback] = [
        EMAWeightAveraging(decay=training.average_decay),
        stopping,
        clock,
        checkpoint,
    ]
    if not quiet:
        callbacks.append(RichProgressBar(leave=False, console_kwargs={"stderr": True}))
    with _hushed():
        trainer = lightning.Trainer(
            max_epochs=training.epochs,
            precision="bf16-mixed" if training.precision == "bf16" else "32-true",
            callbacks=callbacks,
            logger=[
                CSVLogger(folder, name="", version="csv"),
                TensorBoardLogger(folder, name="", version="tensorboard"),
            ],
            enable_progress_bar=not quiet,
            enable_model_summary=False,
            use_distributed_sampler=False,
            gradient_clip_val=5.0,
            num_sanity_val_steps=0,
            log_every_n_steps=1,
        )
        last = folder / "last.ckpt"
        trainer.fit(
            learner,
            train_loader,
            heard_loader,
            ckpt_path=last if last.is_file() else None,
            weights_only=False,
        )
    if not trainer.is_global_zero:
        return
    best = torch.load(folder / "best.ckpt", map_location="cpu", weights_only=False)
    summary = Summary(
        recipe.name,
        recipe.hash,
        seed,
        parameter_count(learner.network),
        trainer.current_epoch,
        int(best["epoch"]) + 1,
        float(checkpoint.best_model_score or 0.0),
        round(clock.seconds, 1),
        len(train),
        len(validation),
    )
    torch.save({"state_dict": best["state_dict"]}, folder / "best.ckpt")
    (folder / "summary.json").write_text(json.dumps(asdict(summary), indent=1), "utf-8")


def _group(clip: Clip) -> str:
    return clip.corpus if clip.channel == "speech" else f"{clip.corpus}_{clip.channel}"


def _subset(clips: Sequence[Clip], most: int) -> list[Clip]:
    """Take at most this many clips of each corpus, evenly spread over its sorted names."""
    kept: list[Clip] = []
    for _, group in groupby(sorted(clips, key=lambda c: (_group(c), c.key)), key=_group):
        own = list(group)
        step = max(1.0, len(own) / most)
        kept.extend(own[int(number * step)] for number in range(min(most, len(own))))
    return kept


@contextmanager
def _hushed() -> Iterator[None]:
    """Keep Lightning's hints (other loggers, more workers, its cloud) out of the terminal."""
    logger = logging.getLogger("lightning.pytorch")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"lightning\..*")
            warnings.filterwarnings("ignore", module=r"torch\.optim\.lr_scheduler")
            yield
    finally:
        logger.setLevel(level)
