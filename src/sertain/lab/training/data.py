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
from sertain.lab.training.cache import SAMPLE_RATE, Waves
from sertain.labels import Emotion

Item = tuple[NDArray[np.float32], int, NDArray[np.bool_], NDArray[np.float32]]

_KNOWN_SPEAKERS = 0.5
_NOBODY = np.zeros(2, dtype=np.float32)


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
    """Draws clips by weight; what an epoch draws depends on the seed and its number alone.

    It yields (clip, draw number), so that the augmentation of a draw can be repeated too.
    """

    def __init__(self, weights: NDArray[np.float64], count: int, seed: int) -> None:
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
        drawn = generator.choice(len(self.weights), size=self.count, p=self.weights)
        rank, processes = _place()
        first = self.epoch * self.count
        for turn in range(len(self)):
            number = turn * processes + rank
            yield int(drawn[number]), first + number


def _place() -> tuple[int, int]:
    """Say which of how many training processes this is."""
    if distributed.is_available() and distributed.is_initialized():
        return distributed.get_rank(), distributed.get_world_size()
    return 0, 1


class TrainingClips(Dataset[Item]):
    """Clips cut to one length and augmented, each draw from a generator of its own."""

    def __init__(
        self,
        clips: Sequence[Clip],
        waves: Waves,
        recipe: Recipe,
        seed: int,
        references: NDArray[np.float32] | None = None,
    ) -> None:
        """``references`` (n, 2) are the statistics of each clip's speaker, if they are used."""
        self.waves = waves
        self.references = references
        self.targets, self.masks = label_mask(clips, recipe.labels)
        self.augment = recipe.augment
        self.length = round(recipe.training.clip_s * SAMPLE_RATE)
        self.seed = seed

    def __len__(self) -> int:
        """Give the number of clips."""
        return len(self.waves)

    def __getitem__(self, draw: tuple[int, int]) -> Item:
        """Give the waveform (samples,), the label's index, the labels that count, a reference."""
        clip, number = draw
        generator = np.random.default_rng([self.seed, 1, number])
        samples = self.waves[clip]
        a = self.augment
        factor = generator.uniform(a.speed.low, a.speed.high) if a.speed else 1.0
        # Cut before resampling: what would be thrown away is not resampled.
        samples = waveform.cut(samples, int(self.length * factor) + 8, generator)
        samples = waveform.speed(samples, factor)[: self.length]
        samples = np.pad(samples, (0, self.length - len(samples)))
        if a.band and generator.random() < a.band.probability:
            low_pass = a.band.low_pass_hz if generator.random() < 0.5 else None
            tilt = generator.uniform(-a.band.tilt_db, a.band.tilt_db)
            samples = waveform.shape_band(samples, SAMPLE_RATE, tilt, low_pass)
        if a.noise and generator.random() < a.noise.probability:
            snr = generator.uniform(a.noise.snr_low_db, a.noise.snr_high_db)
            samples = waveform.add_noise(samples, snr, generator.uniform(0.0, 6.0), generator)
        reference = _NOBODY
        if self.references is not None and generator.random() < _KNOWN_SPEAKERS:
            reference = self.references[clip]
        return samples, int(self.targets[clip]), self.masks[clip], reference


class WholeClips(Dataset[Item]):
    """Clips as they are, for validation and test."""

    def __init__(self, clips: Sequence[Clip], waves: Waves, labels: Sequence[Emotion]) -> None:
        self.waves = waves
        self.targets, self.masks = label_mask(clips, labels)

    def __len__(self) -> int:
        """Give the number of clips."""
        return len(self.waves)

    def __getitem__(self, index: int) -> Item:
        """Give the waveform (samples,), the label's index and the labels that count."""
        return self.waves[index], int(self.targets[index]), self.masks[index], _NOBODY


Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]


def collate(items: Sequence[Item]) -> Batch:
    """Pad to (waveforms (batch, samples), lengths, targets, masks, references (batch, 2))."""
    sounds, targets, masks, references = zip(*items, strict=True)
    return (
        *pad(sounds),
        torch.tensor(targets),
        torch.from_numpy(np.array(masks)),
        torch.from_numpy(np.array(references)),
    )


def pad(sounds: Sequence[NDArray[np.float32]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Give waveforms (batch, longest), zeros at the right, and their lengths (batch,)."""
    lengths = [len(samples) for samples in sounds]
    waves = np.zeros((len(sounds), max(lengths)), dtype=np.float32)
    for row, samples in enumerate(sounds):
        waves[row, : len(samples)] = samples
    return torch.from_numpy(waves), torch.tensor(lengths)


def by_length(waves: Waves, seconds: float = 120.0) -> list[list[int]]:
    """Group clips of similar length into batches of at most ``seconds`` with their padding."""
    order = sorted(range(len(waves)), key=lambda number: waves.entries[number].samples)
    batches: list[list[int]] = []
    for number in order:
        longest = waves.entries[number].samples
        if not batches or (len(batches[-1]) + 1) * longest > seconds * SAMPLE_RATE:
            batches.append([])
        batches[-1].append(number)
    return batches
