"""Runs a frozen front end over clips: in processes of one thread each, or on a GPU."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress

from sertain.lab.augment import chain, waveform
from sertain.lab.recipes.parts import Augment
from sertain.lab.training.batches import by_length, pad
from sertain.lab.training.cache import SAMPLE_RATE, Waves
from sertain.lab.training.coding import Coding, Words
from sertain.lab.training.network import SpeechNetwork

_BATCH_S = 60.0
"""Seconds of sound that are heard at once with their padding."""
_WORTH_S = 600.0
"""Seconds of sound from which on starting processes takes less than it saves."""


@dataclass(frozen=True)
class Version:
    """How clips are changed: ``number``, from 1, is part of every draw.

    ``half`` lets the front end work in bfloat16.
    """

    augment: Augment
    number: int
    half: bool

    @property
    def identity(self) -> str:
        """Give a hash of all that shapes this version of a clip, and its number."""
        changes = json.dumps([self.augment.waveforms(), self.half], sort_keys=True)
        known = hashlib.sha256(changes.encode())
        for module in (chain, waveform):
            assert module.__file__ is not None
            known.update(Path(module.__file__).read_bytes())
        return f"{known.hexdigest()[:12]}-{self.number}"

    def of(self, samples: NDArray[np.float32], key: str) -> NDArray[np.float32]:
        """Change the clip of this key; the same version of the same clip is always the same."""
        generator = np.random.default_rng([int(key, 16), self.number])
        return chain.changed(samples, self.augment, None, generator)


@dataclass(frozen=True)
class Heard:
    """The features of a clip, as they are written."""

    key: str
    words: Words
    rows: int
    frames: int


@dataclass(frozen=True)
class Hearing:
    """Which front end hears which clips, changed how, where, and how that is written."""

    network: SpeechNetwork
    waves: Waves
    coding: Coding
    version: Version | None
    device: torch.device

    def __call__(self, numbers: Sequence[int]) -> list[Heard]:
        """Hear a batch of clips."""
        keys = [self.waves.entries[number].key for number in numbers]
        clips = [self.waves[number] for number in numbers]
        if self.version is not None:
            clips = [self.version.of(clip, key) for clip, key in zip(clips, keys, strict=True)]
        sound, lengths = pad(clips)
        half = self.version is not None and self.version.half
        with torch.inference_mode(), torch.autocast(self.device.type, torch.bfloat16, enabled=half):
            features, counts = self.network.heard(sound.to(self.device), lengths.to(self.device))
        found = []
        for key, own, frames in zip(
            keys, features.float().cpu().numpy(), counts.tolist(), strict=True
        ):
            words = self.coding.words(own[:, :frames])
            found.append(Heard(key, words, own.shape[0], frames))
        return found


def extract(
    network: SpeechNetwork,
    waves: Waves,
    numbers: Sequence[int],
    coding: Coding,
    version: Version | None = None,
    quiet: bool = False,
) -> Iterator[Heard]:
    """Hear the clips of these numbers, in batches of like length."""
    home = next((p.device for p in network.model.parameters()), torch.device("cpu"))
    device = torch.device("cuda") if torch.cuda.is_available() else home
    network.frontend.to(device)
    hearing = Hearing(network, waves, coding, version, device)
    sizes = [waves.sizes[number] for number in numbers]
    groups = by_length(sizes, round(_BATCH_S * SAMPLE_RATE))
    jobs = [[numbers[at] for at in group] for group in groups]
    shown = Console(stderr=True)
    off = quiet or not shown.is_terminal
    words = "computing features"
    if version is not None:
        words += f" of version {version.number}"
    with Progress(console=shown, disable=off, transient=True) as progress:
        task = progress.add_task(words, total=len(numbers))
        for found in _each(hearing, jobs, sum(sizes) / SAMPLE_RATE):
            yield from found
            progress.advance(task, len(found))
    network.frontend.to(home)


def _each(hearing: Hearing, jobs: list[list[int]], seconds: float) -> Iterator[list[Heard]]:
    """Do the jobs in their order, side by side where that is worth it."""
    processes = min(len(os.sched_getaffinity(0)), len(jobs))
    if processes < 2 or seconds < _WORTH_S or hearing.device.type != "cpu":
        yield from map(hearing, jobs)
        return
    with ProcessPoolExecutor(processes, initializer=_begin, initargs=(hearing,)) as pool:
        yield from pool.map(_hear, jobs)


# A process is told once what it hears, and not again with every batch: an encoder has megabytes.
_hearing: list[Hearing] = []


def _begin(hearing: Hearing) -> None:
    torch.set_num_threads(1)
    _hearing[:] = [hearing]


def _hear(numbers: list[int]) -> list[Heard]:
    return _hearing[0](numbers)
