"""A small spoken-like corpus of tones, and a real classifier of them that trains in a moment."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from sertain.corpora.clip import Clip
from sertain.lab import recipes
from sertain.lab.recipes import Recipe
from sertain.labels import Emotion
from tests.lab.evaluation.conftest import SEVEN

RATE = 8000


def tones(
    folder: Path,
    corpus: str,
    speakers: Sequence[str],
    labels: Sequence[str] = SEVEN,
    each: int = 3,
    rotated: Sequence[str] = (),
) -> list[Clip]:
    """Write tones whose pitch tells the label; ``rotated`` speakers say the next label's pitch."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(list(corpus.encode()))
    clips = []
    for speaker in speakers:
        for place, label in enumerate(labels):
            for number in range(each):
                at = (place + (speaker in rotated)) % len(labels)
                pitch = 200 + 150 * at + rng.normal(0, 40)
                time_s = np.arange(RATE // 4) / RATE
                samples = 0.3 * np.sin(2 * np.pi * pitch * time_s) + rng.normal(
                    0, 0.05, len(time_s)
                )
                path = folder / f"{corpus}-{speaker}-{label}-{number}.wav"
                soundfile.write(path, samples, RATE)
                clips.append(
                    Clip(corpus, path.stem, path, Emotion(label), f"{corpus}/{speaker}", "male")
                )
    return clips


def recipe_of(corpora: tuple[str, ...], labels: Sequence[str] = SEVEN) -> Recipe:
    """The shipped recipe over other corpora and labels."""
    return (
        recipes.load("residual_asp")
        .with_corpora(corpora)
        .model_copy(update={"labels": tuple(Emotion(label) for label in labels)})
    )


@dataclass(frozen=True)
class Linear:
    """Logistic regression on the spectrum."""

    labels: tuple[Emotion, ...]
    model: Pipeline
    parameters: int
    epochs: int
    train_s: float

    def logits(self, clips: Sequence[Clip]) -> NDArray[np.float32]:
        scores = self.model.decision_function(_spectra(clips))
        columns = [self.labels.index(label) for label in self.model.classes_]
        found = np.full((len(clips), len(self.labels)), -20.0, np.float32)
        found[:, columns] = scores
        return found


def fit_linear(
    recipe: Recipe,
    train: Sequence[Clip],
    validation: Sequence[Clip],  # noqa: ARG001
    *,
    seed: int,
    folder: Path,
) -> Linear:
    """Train on a seed's random nine tenths of the clips."""
    folder.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()
    kept = np.random.default_rng(seed).random(len(train)) < 0.9
    chosen = [clip for clip, keep in zip(train, kept, strict=True) if keep]
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500, C=0.01))
    model.fit(_spectra(chosen), [clip.emotion for clip in chosen])
    count = model[-1].coef_.size + model[-1].intercept_.size
    return Linear(recipe.labels, model, count, 1, time.monotonic() - start)


def _spectra(clips: Sequence[Clip]) -> NDArray[np.float64]:
    heard = [soundfile.read(clip.path)[0] for clip in clips]
    return np.array([np.log(np.abs(np.fft.rfft(samples, 512))[:100] + 1) for samples in heard])
