"""Batches for training and validation, drawn so that a run can be repeated and resumed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import distributed
from torch.utils.data import Dataset, Sampler

from sertain.corpora.clip import Clip
from sertain.lab.augment.chain import changed
from sertain.lab.recipes import Recipe
from sertain.lab.recipes.parts import Augment
from sertain.lab.training.batches import pad
from sertain.lab.training.cache import SAMPLE_RATE, Waves
from sertain.lab.training.features import Features
from sertain.lab.training.voice import Voice, VoiceDraws, nobody
from sertain.labels import Emotion

_AS_IT_IS = Augment()
_UNTAUGHT = np.empty(0, np.float32)


class Item(NamedTuple):
    """A waveform (samples,) or features (rows, frames), and what is known of the clip.

    ``label`` is the index of its label, ``counting`` bool (labels,) those it learns among,
    ``voice`` what is known of its voice, ``lesson`` (labels,) what teachers answer, if there are
    any.
    """

    sound: NDArray[np.float32]
    label: int
    counting: NDArray[np.bool_]
    voice: Voice
    lesson: NDArray[np.float32] = _UNTAUGHT


class Batch(NamedTuple):
    """Padded waveforms (batch, samples) or features (batch, rows, frames), and all else.

    ``lengths`` (batch,), ``targets`` (batch,), ``labels`` bool (batch, labels), ``reference``
    (batch, 2, rows) and its seconds (batch,), ``lessons`` (batch, labels), or (batch, 0) where
    nobody teaches.
    """

    sound: torch.Tensor
    lengths: torch.Tensor
    targets: torch.Tensor
    labels: torch.Tensor
    reference: torch.Tensor
    reference_s: torch.Tensor
    lessons: torch.Tensor


def label_mask(
    clips: Sequence[Clip], labels: Sequence[Emotion]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Give each clip's label index (n,) and the labels its own corpus has (n, labels).

    Song and speech of a corpus count apart: RAVDESS sings six emotions and speaks eight.  The
    absence of a label in a corpus says nothing against it, so the loss must not see it.
    """
    had: dict[tuple[str, str], set[Emotion]] = {}
    for clip in clips:
        had.setdefault((clip.corpus, clip.channel), set()).add(clip.emotion)
    index = {label: number for number, label in enumerate(labels)}
    targets = np.array([index[clip.emotion] for clip in clips], dtype=np.int64)
    masks = {key: np.array([label in own for label in labels]) for key, own in had.items()}
    return targets, np.array([masks[clip.corpus, clip.channel] for clip in clips])


def draw_weights(clips: Sequence[Clip], recipe: Recipe) -> NDArray[np.float64]:
    """Give the probability (n,) with which each clip is drawn for an epoch."""
    corpora = Counter(clip.corpus for clip in clips)
    groups = Counter((clip.corpus, clip.emotion) for clip in clips)
    labels_of = Counter(corpus for corpus, _ in groups)
    given = recipe.sampling.weights
    weights = np.empty(len(clips))
    for number, clip in enumerate(clips):
        share = given.get(clip.corpus, 0.0) if given else corpora[clip.corpus]
        if recipe.sampling.balance_labels:
            inside = labels_of[clip.corpus] * groups[clip.corpus, clip.emotion]
        else:
            inside = corpora[clip.corpus]
        weights[number] = share / inside
    return np.asarray(weights / weights.sum())


class EpochSampler(Sampler[tuple[int, int]]):
    """Draws clips by weight, or each once; an epoch's draws depend on seed and number alone.

    It yields (clip, draw number), so that the augmentation of a draw can be repeated too.
    """

    def __init__(self, weights: NDArray[np.float64] | None, count: int, seed: int) -> None:
        """Without ``weights`` an epoch is all ``count`` clips, each once, in a random order."""
        self.weights = weights
        self.count = count
        self.seed = seed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Take the epoch's number; Lightning calls this before every epoch."""
        self.epoch = epoch

    def __len__(self) -> int:
        """Give the number of draws in an epoch that fall to this process."""
        return self.count // _place()[1]

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """Yield the draws of the epoch; of several processes each takes its share."""
        generator = np.random.default_rng([self.seed, self.epoch])
        if self.weights is None:
            drawn = generator.permutation(self.count)
        else:
            drawn = generator.choice(len(self.weights), size=self.count, p=self.weights)
        rank, processes = _place()
        first = self.epoch * self.count
        for turn in range(len(self)):
            number = turn * processes + rank
            yield int(drawn[number]), first + number


def sampler(clips: Sequence[Clip], recipe: Recipe, seed: int) -> EpochSampler:
    """Give the draws of an epoch as the recipe wants them."""
    count = recipe.sampling.examples_per_epoch
    if count is None:
        return EpochSampler(None, len(clips), seed)
    return EpochSampler(draw_weights(clips, recipe), count, seed)


def _place() -> tuple[int, int]:
    """Say which of how many training processes this is."""
    if distributed.is_available() and distributed.is_initialized():
        return distributed.get_rank(), distributed.get_world_size()
    return 0, 1


class TrainingClips(Dataset[Item]):
    """Waveforms cut and augmented, each draw from a generator of its own.

    A draw that knows its voice is not augmented: a reference is of the recordings as they are.
    """

    def __init__(
        self,
        clips: Sequence[Clip],
        waves: Waves,
        recipe: Recipe,
        seed: int,
        voices: VoiceDraws | None = None,
        lessons: NDArray[np.float32] | None = None,
    ) -> None:
        """``lessons`` (1, clips, labels) are what teachers answer to the clips as they are."""
        self.waves = waves
        self.lessons = _lessons(lessons, 1, len(waves))
        self.voices = voices
        self.targets, self.masks = targets_and_masks(clips, recipe)
        self.augment = recipe.augment
        clip_s = recipe.training.clip_s
        self.length = None if clip_s is None else round(clip_s * SAMPLE_RATE)
        self.seed = seed

    def __len__(self) -> int:
        """Give the number of clips."""
        return len(self.waves)

    def __getitem__(self, draw: tuple[int, int]) -> Item:
        """Give what a draw, (clip, number), hears."""
        clip, number = draw
        generator = np.random.default_rng([self.seed, 1, number])
        voice = self.voices.draw(clip, generator) if self.voices else nobody(0)
        augment = _AS_IT_IS if voice.seconds else self.augment
        samples = changed(self.waves[clip], augment, self.length, generator)
        lesson = self.lessons[0, clip]
        return Item(samples, int(self.targets[clip]), self.masks[clip], voice, lesson)


class TrainingFeatures(Dataset[Item]):
    """Features of clips as they are stored: as they were, or of one of their changed versions.

    A draw that knows its voice hears the clip as it was.
    """

    def __init__(
        self,
        clips: Sequence[Clip],
        versions: Sequence[Features],
        recipe: Recipe,
        seed: int,
        voices: VoiceDraws | None = None,
        frames: int | None = None,
        lessons: NDArray[np.float32] | None = None,
    ) -> None:
        """``versions`` begin with the clips as they were; ``frames`` is the most of a clip.

        ``lessons`` (versions, clips, labels) are what teachers answer to each of them.
        """
        self.versions = versions
        self.lessons = _lessons(lessons, len(versions), len(versions[0]))
        self.voices = voices
        self.frames = frames
        self.targets, self.masks = targets_and_masks(clips, recipe)
        self.seed = seed

    def __len__(self) -> int:
        """Give the number of clips."""
        return len(self.versions[0])

    def __getitem__(self, draw: tuple[int, int]) -> Item:
        """Give what a draw, (clip, number), hears."""
        clip, number = draw
        generator = np.random.default_rng([self.seed, 1, number])
        voice = self.voices.draw(clip, generator) if self.voices else nobody(0)
        version = 0
        if len(self.versions) > 1 and not voice.seconds:
            version = int(generator.integers(len(self.versions)))
        heard, lesson = self.versions[version], self.lessons[version, clip]
        first, frames = 0, heard.sizes[clip]
        if self.frames is not None and frames > self.frames:
            first = int(generator.integers(frames - self.frames + 1))
            frames = self.frames
        features = heard.part(clip, first, frames)
        away = self.voices.elsewhere(clip, generator) if self.voices and not voice.seconds else None
        if away is not None:
            features = features + away[:, None]
        return Item(features, int(self.targets[clip]), self.masks[clip], voice, lesson)


class WholeClips(Dataset[Item]):
    """Features of clips for validation, or the clips themselves, in their order."""

    def __init__(self, clips: Sequence[Clip], sounds: Features | Waves, recipe: Recipe) -> None:
        self.sounds = sounds
        self.nobody = nobody(0 if isinstance(sounds, Waves) else sounds.rows)
        self.targets, self.masks = targets_and_masks(clips, recipe)

    def __len__(self) -> int:
        """Give the number of clips."""
        return len(self.sounds)

    def __getitem__(self, index: int) -> Item:
        """Give a clip of whose voice nothing is known."""
        return Item(self.sounds[index], int(self.targets[index]), self.masks[index], self.nobody)


def _lessons(given: NDArray[np.float32] | None, versions: int, clips: int) -> NDArray[np.float32]:
    """Give lessons, which are over no label where nobody teaches."""
    return np.empty((versions, clips, 0), np.float32) if given is None else given


def targets_and_masks(
    clips: Sequence[Clip], recipe: Recipe
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Give each clip's label index (n,) and the labels among which it learns (n, labels)."""
    targets, masks = label_mask(clips, recipe.labels)
    return targets, masks if recipe.training.own_labels else np.ones_like(masks)


def collate(items: Sequence[Item]) -> Batch:
    """Make items a batch."""
    return Batch(
        *pad([item.sound for item in items]),
        torch.tensor([item.label for item in items]),
        torch.from_numpy(np.array([item.counting for item in items])),
        torch.from_numpy(np.array([item.voice.statistics for item in items])),
        torch.tensor([item.voice.seconds for item in items], dtype=torch.float32),
        torch.from_numpy(np.array([item.lesson for item in items])),
    )
