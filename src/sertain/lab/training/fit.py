"""Train a recipe on training clips, choose by validation clips, resume after a kill."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from sertain.corpora.clip import Clip
from sertain.errors import RecipeError
from sertain.lab.recipes import Recipe
from sertain.lab.training import cache, epochs, features, lessons, once, summary, teachers
from sertain.lab.training.batches import pad
from sertain.lab.training.moments import Moments
from sertain.lab.training.network import SpeechNetwork, load
from sertain.lab.training.plan import Plan
from sertain.lab.training.summary import SUMMARY, Summary
from sertain.lab.training.teachers import Teacher
from sertain.lab.training.voice import Voice, known
from sertain.labels import Emotion


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

    @property
    def knows_voices(self) -> bool:
        """Whether it may be told of the voices that it hears."""
        return self.recipe.normalise == "voice"

    def logits(
        self, clips: Sequence[Clip], references: Sequence[Voice] | None = None
    ) -> NDArray[np.float32]:
        """Give the logits (n, labels) of whole clips, in their order.

        ``references`` say of each clip what is known of its voice.
        """
        return self._run(clips, references)[0]

    def embeddings(self, clips: Sequence[Clip]) -> NDArray[np.float32]:
        """Give the embeddings (n, d) of whole clips, in their order."""
        return self._run(clips)[1]

    def strangeness(self, clips: Sequence[Clip]) -> NDArray[np.float64] | None:
        """Give by what the logits of whole clips are divided, (n,), where the recipe says so."""
        learnt = self.network.strangeness
        if learnt is None:
            return None
        means = self._moments(clips)[0].means
        with torch.inference_mode():
            found = learnt.cpu().of_means(torch.from_numpy(means.astype(np.float32)))
        return found.numpy().astype(np.float64)

    def voices(self, clips: Sequence[Clip], members: Sequence[Sequence[int]]) -> list[Voice]:
        """Give what groups of clips, by their numbers, tell of their voices.

        Raises
        ------
        RecipeError
            The network was not trained to know voices.
        """
        if not self.knows_voices:
            raise RecipeError(
                f"{self.recipe.name} knows no voices (normalise: {self.recipe.normalise})",
                "train a recipe of normalise: voice",
            )
        moments, seconds = self._moments(clips)
        groups = [np.array(own, dtype=np.int64) for own in members]
        return [known(moments.some(own), seconds[own]) for own in groups]

    def _moments(self, clips: Sequence[Clip]) -> tuple[Moments, NDArray[np.float64]]:
        """Give mean and variance of the features of whole clips, and their seconds (n,)."""
        waves = cache.prepare(clips, self.cache_folder, how=self.recipe.clip)
        return features.prepare(self.network, waves, self.cache_folder).moments(), waves.seconds

    def _run(
        self, clips: Sequence[Clip], references: Sequence[Voice] | None = None
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        network = self.network.to(device).eval()
        waves = cache.prepare(clips, self.cache_folder, how=self.recipe.clip)
        heard = features.sounds(network, waves, self.cache_folder)
        rows: list[tuple[NDArray[np.float32], NDArray[np.float32]]] = [
            (np.empty(0, np.float32), np.empty(0, np.float32))
        ] * len(heard)
        with torch.inference_mode():
            for batch in features.batches(heard):
                padded, lengths = pad([heard[number] for number in batch])
                told = []
                if references is not None:
                    own = [references[number] for number in batch]
                    told = [
                        torch.from_numpy(np.array([voice.statistics for voice in own])),
                        torch.tensor([voice.seconds for voice in own], dtype=torch.float32),
                    ]
                logits, embedding = network(*(part.to(device) for part in (padded, lengths, *told)))
                for number, one, other in zip(
                    batch, logits.cpu().numpy(), embedding.cpu().numpy(), strict=True
                ):
                    rows[number] = (one, other)
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
    decisions: Mapping[str, object] | None = None,
    taught_by: Sequence[Teacher] = (),
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
    decisions:
        What a table of decisions did to the clips; it is kept in ``run.json``.
    taught_by:
        The teachers of a recipe that has one; who they are and whom they heard is kept there, too.
        That they heard nobody on whom this network is tested, and learnt from nobody who validates
        it, is for the caller to check, who knows all clips
        (:mod:`sertain.lab.training.teachers`).

    Raises
    ------
    RecipeError
        A clip's label is not in the recipe, there is nothing to train or validate on, teachers
        are missing or not asked for, or the folder holds a run of another recipe or other clips.
    """
    _check(recipe, train, validation)
    lessons.check(recipe, taught_by)
    folder.mkdir(parents=True, exist_ok=True)
    identity = _identity(recipe, train, validation, seed)
    if decisions is not None:
        identity["decisions"] = dict(decisions)
    if taught_by:
        identity |= teachers.papers(taught_by)
    _claim(folder, identity)
    if not (folder / SUMMARY).is_file():
        silent = not sys.stderr.isatty() if quiet is None else quiet
        plan = Plan(recipe, train, validation, seed, folder, cache_folder, silent, tuple(taught_by))
        (once if recipe.fitted else epochs).train(plan)
    return load_fit(folder, recipe, cache_folder)


def load_fit(folder: Path, recipe: Recipe, cache_folder: Path | None = None) -> Fit:
    """Load a finished run from its folder, as :func:`sertain.lab.training.network.load` does."""
    return Fit(recipe, load(folder, recipe), summary.read(folder), cache_folder)


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
        "labels": _labels_hash((*train, *validation)),
    }


def _labels_hash(clips: Sequence[Clip]) -> str:
    """Give ten hexadecimal digits that change with the label of any clip."""
    rows = sorted(f"{clip.key}\t{clip.emotion}\n" for clip in clips)
    return hashlib.sha256("".join(rows).encode()).hexdigest()[:10]


def _claim(folder: Path, identity: dict[str, object]) -> None:
    """Write what the run is, or refuse a folder that holds another one."""
    path = folder / "run.json"
    if path.is_file():
        held = json.loads(path.read_text("utf-8"))
        for key in ("hash", "seed", "train", "validation", "labels"):
            # Runs that were begun before labels were kept hold none.
            if held.get(key, identity[key]) != identity[key]:
                raise RecipeError(f"{folder} holds a run with another {key}", "name another folder")
        taught = json.loads(json.dumps(identity.get("teachers")))  # tuples become lists
        if held.get("teachers") != taught:
            raise RecipeError(f"{folder} holds a run with other teachers", "name another folder")
        return
    part = folder / f"run-{os.getpid()}.part"
    part.write_text(json.dumps(identity), "utf-8")
    part.replace(path)
