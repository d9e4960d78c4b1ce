"""Batches for training and validation, drawn so that a run can be repeated and resumed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import distributed
from torch.utils.data import Dataset, Sampler

from sertain.corpora.clip import Clip
from sertain.lab.augment import waveform
from sertain.lab.recipes import Recipe
from sertain.lab.recipes.parts import Augment
from sertain.lab.training.batches import pad
from sertain.lab.training.cache import SAMPLE_RATE, Waves
from sertain.lab.training.features import Features
from sertain.lab.training.standard import NOBODY
from sertain.labels import Emotion

Item = tuple[NDArray[np.float32], int, NDArray[np.bool_], NDArray[np.float32]]
"""A waveform or features, the label's index, the labels that count, a reference."""

_KNOWN_SPEAKERS = 0.5


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
    """Waveforms cut and augmented, each draw from a generator of its own."""

    def __init__(
        self,
        clips: Sequence[Clip],
        waves: Waves,
        recipe: Recipe,
        seed: int,
        references: NDArray[np.float32] | None = None,
    ) -> None:
        """``references`` (n, …) are the statistics of each clip's speaker, if they are used."""
        self.waves = waves
        self.references = references
        self.targets, self.masks = targets_and_masks(clips, recipe)
        self.augment = recipe.augment
        clip_s = recipe.training.clip_s
        self.length = None if clip_s is None else round(clip_s * SAMPLE_RATE)
        self.seed = seed

    def __len__(self) -> int:
        """Give the number of clips."""
        return len(self.waves)

    def __getitem__(self, draw: tuple[int, int]) -> Item:
        """Give the waveform (samples,), the label's index, the labels that count, a reference."""
        clip, number = draw
        generator = np.random.default_rng([self.seed, 1, number])
        samples = changed(self.waves[clip], self.augment, self.length, generator)
        reference = known_or_not(self.references, clip, generator)
        return samples, int(self.targets[clip]), self.masks[clip], reference


class TrainingFeatures(Dataset[Item]):
    """Features of whole clips as they are stored."""

    def __init__(
        self,
        clips: Sequence[Clip],
        features: Features,
        recipe: Recipe,
        seed: int,
        references: NDArray[np.float32] | None = None,
    ) -> None:
        """``references`` (n, …) are the statistics of each clip's speaker, if they are used."""
        self.features = features
        self.references = references
        self.targets, self.masks = targets_and_masks(clips, recipe)
        self.seed = seed

    def __len__(self) -> int:
        """Give the number of clips."""
        return len(self.features)

    def __getitem__(self, draw: tuple[int, int]) -> Item:
        """Give features (rows, frames), the label's index, the labels that count, a reference."""
        clip, number = draw
        generator = np.random.default_rng([self.seed, 1, number])
        reference = known_or_not(self.references, clip, generator)
        return self.features[clip], int(self.targets[clip]), self.masks[clip], reference


class WholeClips(Dataset[Item]):
    """Features of clips for validation, or the clips themselves, in their order."""

    def __init__(self, clips: Sequence[Clip], sounds: Features | Waves, recipe: Recipe) -> None:
        self.sounds = sounds
        self.targets, self.masks = targets_and_masks(clips, recipe)

    def __len__(self) -> int:
        """Give the number of clips."""
        return len(self.sounds)

    def __getitem__(self, index: int) -> Item:
        """Give features or a waveform, the label's index, the labels that count, nobody."""
        return self.sounds[index], int(self.targets[index]), self.masks[index], NOBODY


def targets_and_masks(
    clips: Sequence[Clip], recipe: Recipe
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Give each clip's label index (n,) and the labels among which it learns (n, labels)."""
    targets, masks = label_mask(clips, recipe.labels)
    return targets, masks if recipe.training.own_labels else np.ones_like(masks)


def changed(
    samples: NDArray[np.float32],
    augment: Augment,
    length: int | None,
    generator: np.random.Generator,
) -> NDArray[np.float32]:
    """Cut or repeat ``samples`` (n,) to ``length``, if one is given, and augment them."""
    a = augment
    factor = generator.uniform(a.speed.low, a.speed.high) if a.speed else 1.0
    rate = 1.0
    if a.stretch and generator.random() < a.stretch.probability:
        rate = generator.uniform(a.stretch.low, a.stretch.high)
    if length is not None:
        # Cut before resampling: what would be thrown away is not resampled.
        samples = waveform.cut(samples, int(length * factor * rate) + 8, generator)
    samples = waveform.speed(samples, factor)
    if rate != 1.0:
        samples = waveform.stretch(samples, rate)
    if length is not None:
        samples = samples[:length]
        samples = np.pad(samples, (0, length - len(samples)))
    if a.pitch and generator.random() < a.pitch.probability:
        samples = waveform.shift_pitch(samples, generator.uniform(a.pitch.low, a.pitch.high))
    if a.shift:
        most = a.shift.most_s * SAMPLE_RATE
        samples = waveform.shift(samples, round(generator.uniform(-most, most)))
    if a.band and generator.random() < a.band.probability:
        low_pass = a.band.low_pass_hz if generator.random() < 0.5 else None
        tilt = generator.uniform(-a.band.tilt_db, a.band.tilt_db)
        samples = waveform.shape_band(samples, SAMPLE_RATE, tilt, low_pass)
    if a.noise and generator.random() < a.noise.probability:
        snr = generator.uniform(a.noise.snr_low_db, a.noise.snr_high_db)
        samples = waveform.add_noise(samples, snr, generator.uniform(0.0, 6.0), generator)
    if a.peak_noise and generator.random() < a.peak_noise.probability:
        samples = waveform.add_peak_noise(samples, a.peak_noise.share, generator)
    if a.gain:
        samples = waveform.gain(samples, generator.uniform(-a.gain.most_db, a.gain.most_db))
    return samples


def known_or_not(
    references: NDArray[np.float32] | None, clip: int, generator: np.random.Generator
) -> NDArray[np.float32]:
    """Give the reference of a clip in half of the draws, so that the network works without."""
    if references is None or generator.random() >= _KNOWN_SPEAKERS:
        return NOBODY
    return np.asarray(references[clip])


Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]


def collate(items: Sequence[Item]) -> Batch:
    """Pad to waveforms (batch, samples) or features (batch, rows, frames), and all else.

    Behind them stand lengths, targets, masks and references (batch, …).
    """
    sounds, targets, masks, references = zip(*items, strict=True)
    return (
        *pad(sounds),
        torch.tensor(targets),
        torch.from_numpy(np.array(masks)),
        torch.from_numpy(np.array(references)),
    )
