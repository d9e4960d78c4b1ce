"""What the front end gives of whole clips, computed once and kept beside the decoded clips.

The key is that of the clip and, as the file's name, a hash of the front end: its parameters, every
number that it holds, the level that it hears and the source files of the room (and of the encoders,
where it is one), so that folds and seeds and recipes that hear alike share it, and nothing that was
changed is met again.  Changed
versions of the clips lie in files of their own, named by what changes them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from sertain.lab import encoders, frontends
from sertain.lab.training import extraction, store
from sertain.lab.training.batches import by_length
from sertain.lab.training.cache import SAMPLE_RATE, Waves, default_folder
from sertain.lab.training.coding import Coarse, Coding, Exact, Words
from sertain.lab.training.extraction import Version
from sertain.lab.training.moments import Moments
from sertain.lab.training.network import SpeechNetwork

IN_MEMORY = 1_000_000_000
"""Bytes up to which the features of a set are read into memory; beyond they stay in the file."""
_BATCH_S, _CELLS = 120.0, 2_000_000
"""Seconds of sound, or cells of features, that are heard at once with their padding."""


@dataclass(frozen=True)
class Entry(store.Placed):
    """Where the features of a clip lie: first word and shape."""

    rows: int
    frames: int


class Features:
    """Features of clips, float32 (rows, frames) each, in the order in which they were asked for."""

    def __init__(self, data: Path, entries: Sequence[Entry], coding: Coding) -> None:
        self.coding = coding
        self.sizes = [entry.frames for entry in entries]
        self.rows = entries[0].rows if entries else 0
        numbers = np.asarray(np.memmap(data, dtype=np.float32, mode="r"))
        counts = [coding.count(self.rows, frames) for frames in self.sizes]
        own = [numbers[e.offset : e.offset + n] for e, n in zip(entries, counts, strict=True)]
        small = sum(counts) * numbers.itemsize <= IN_MEMORY
        self._words: list[Words] = [np.array(one) for one in own] if small else own

    def __len__(self) -> int:
        """Give the number of clips."""
        return len(self._words)

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        """Give the features of one clip after the other."""
        return (self[index] for index in range(len(self)))

    def __getitem__(self, index: int) -> NDArray[np.float32]:
        """Give the features (rows, frames) of clip ``index``, as the front end made them."""
        return self.part(index, 0, self.sizes[index])

    def part(self, index: int, first: int, frames: int) -> NDArray[np.float32]:
        """Give so many frames of clip ``index``, from ``first`` on: (rows, frames)."""
        return self.coding.read(self._words[index], self.rows, first, frames)

    def moments(self) -> Moments:
        """Give mean and variance of every row in every clip."""
        # In 8 bits there are thousands of rows, whose moments are written in float32, too.
        kind = np.float32 if isinstance(self.coding, Coarse) else np.float64
        means = np.empty((len(self), self.rows), kind)
        variances = np.empty_like(means)
        for number, (words, frames) in enumerate(zip(self._words, self.sizes, strict=True)):
            means[number], variances[number] = self.coding.moments(words, self.rows, frames)
        return Moments(np.array(self.sizes, dtype=np.float64), means, variances)


def sounds(
    network: SpeechNetwork, waves: Waves, folder: Path | None = None, quiet: bool = False
) -> Features | Waves:
    """Give what a network is to hear of whole clips: their features, or, where its front end is
    trained and so gives others every time, the clips themselves.
    """
    return waves if network.trains else prepare(network, waves, folder, quiet)


def batches(heard: Features | Waves) -> list[list[int]]:
    """Group clips of like length, as many as are heard at once."""
    if isinstance(heard, Waves):
        return by_length(heard.sizes, round(_BATCH_S * SAMPLE_RATE))
    return by_length(heard.sizes, max(1, _CELLS // heard.rows))


def prepare(
    network: SpeechNetwork,
    waves: Waves,
    folder: Path | None = None,
    quiet: bool = False,
    version: Version | None = None,
) -> Features:
    """Compute what is not yet stored of the features of ``waves`` and give them all.

    A killed computation goes on where it stopped.  With ``version`` they are those of changed
    clips.
    """
    coding: Coding = Coarse() if network.coarse else Exact()
    place = (folder or default_folder()) / "features"
    place.mkdir(parents=True, exist_ok=True)
    name = identity(network) if version is None else f"{identity(network)}-{version.identity}"
    data, index = place / f"{name}.{coding.suffix}", place / f"{name}.jsonl"
    with store.locked(place / f"{name}.lock"):
        known = store.read(index, Entry)
        missing = {e.key: n for n, e in enumerate(waves.entries) if e.key not in known}
        if missing:
            heard = extraction.extract(
                network, waves, list(missing.values()), coding, version, quiet
            )
            made = (
                (one.words, lambda at, one=one: Entry(one.key, at, one.rows, one.frames))
                for one in heard
            )
            known |= store.append(data, index, made, bytes_each=4)
    return Features(data, [known[entry.key] for entry in waves.entries], coding)


def identity(network: SpeechNetwork) -> str:
    """Give a hash of all that shapes the features of a clip."""
    known = hashlib.sha256(repr((network.level_rms, network.frontend_name)).encode())
    known.update(network.frontend_config.model_dump_json().encode())
    rooms = [frontends, encoders] if hasattr(network.frontend, "encoder") else [frontends]
    for room in rooms:
        for source in sorted(Path(room.__path__[0]).glob("*.py")):
            known.update(source.read_bytes())
    known.update(_numbers(network.frontend))
    return known.hexdigest()[:16]


def _numbers(module: nn.Module) -> bytes:
    """Give a hash of every parameter and buffer, also of those that are saved in no checkpoint."""
    known = hashlib.sha256()
    for name, values in [*module.named_parameters(), *module.named_buffers()]:
        known.update(name.encode())
        same = values.detach().cpu().contiguous().flatten()
        if same.is_floating_point():
            same = same + 0.0  # a running mean of weights makes 0 of -0, the same in other bits
        numbers = same.view(torch.uint8).numpy()
        known.update(numbers.data)
    return known.digest()
