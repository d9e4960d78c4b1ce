"""What the front end gives of whole clips, computed once and kept beside the decoded clips.

The key is that of the clip and, as the file's name, a hash of the front end: its parameters, every
number that it holds, the level that it hears and the source files of the room, so that folds and
seeds and recipes that hear alike share it, and nothing that was changed is met again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress
from torch import nn

from sertain.lab import frontends
from sertain.lab.training import store
from sertain.lab.training.batches import by_length, pad
from sertain.lab.training.cache import SAMPLE_RATE, Waves, default_folder
from sertain.lab.training.network import SpeechNetwork

IN_MEMORY = 1_000_000_000
"""Bytes up to which the features of a set are read into memory; beyond they stay in the file."""
_BATCH_S, _CELLS = 120.0, 2_000_000
"""Seconds of sound, or cells of features, that are heard at once with their padding."""


@dataclass(frozen=True)
class Entry(store.Placed):
    """Where the features of a clip lie: first number and shape."""

    rows: int
    frames: int


class Features:
    """Features of clips, float32 (rows, frames) each, in the order in which they were asked for."""

    def __init__(self, data: Path, entries: Sequence[Entry]) -> None:
        self.sizes = [entry.frames for entry in entries]
        self.rows = entries[0].rows if entries else 0
        numbers = np.memmap(data, dtype=np.float32, mode="r")
        own = [
            numbers[e.offset : e.offset + e.rows * e.frames].reshape(e.rows, e.frames)
            for e in entries
        ]
        small = self.rows * sum(self.sizes) * 4 <= IN_MEMORY
        self._own: list[NDArray[np.float32]] = [np.array(one) for one in own] if small else own

    def __len__(self) -> int:
        """Give the number of clips."""
        return len(self._own)

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        """Give the features of one clip after the other."""
        return iter(self._own)

    def __getitem__(self, index: int) -> NDArray[np.float32]:
        """Give the features (rows, frames) of clip ``index``, as the front end made them."""
        return self._own[index]


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
    network: SpeechNetwork, waves: Waves, folder: Path | None = None, quiet: bool = False
) -> Features:
    """Compute what is not yet stored of the features of ``waves`` and give them all."""
    place = (folder or default_folder()) / "features"
    place.mkdir(parents=True, exist_ok=True)
    name = identity(network)
    data, index = place / f"{name}.f32", place / f"{name}.jsonl"
    with store.locked(place / f"{name}.lock"):
        known = store.read(index, Entry)
        missing = {e.key: n for n, e in enumerate(waves.entries) if e.key not in known}
        if missing:
            made = _computed(network, waves, list(missing.values()), quiet)
            known |= store.append(data, index, made, bytes_each=4)
    return Features(data, [known[entry.key] for entry in waves.entries])


def identity(network: SpeechNetwork) -> str:
    """Give a hash of all that shapes the features of a clip."""
    known = hashlib.sha256(repr((network.level_rms, network.frontend_name)).encode())
    known.update(network.frontend_config.model_dump_json().encode())
    for source in sorted(Path(frontends.__path__[0]).glob("*.py")):
        known.update(source.read_bytes())
    known.update(_numbers(network.frontend))
    return known.hexdigest()[:16]


def _numbers(module: nn.Module) -> bytes:
    """Give a hash of every parameter and buffer, also of those that are saved in no checkpoint."""
    known = hashlib.sha256()
    for name, values in [*module.named_parameters(), *module.named_buffers()]:
        known.update(name.encode())
        numbers = values.detach().cpu().contiguous().flatten().view(torch.uint8).numpy()
        known.update(numbers.data)
    return known.digest()


def _computed(
    network: SpeechNetwork, waves: Waves, numbers: Sequence[int], quiet: bool
) -> Iterator[tuple[NDArray[np.float32], Callable[[int], Entry]]]:
    """Run the front end in batches of clips of like length, on a GPU where there is one."""
    home = next((p.device for p in network.model.parameters()), torch.device("cpu"))
    device = torch.device("cuda") if torch.cuda.is_available() else home
    network.frontend.to(device)
    shown = Console(stderr=True)
    off = quiet or not shown.is_terminal
    sizes = [waves.sizes[number] for number in numbers]
    with Progress(console=shown, disable=off, transient=True) as progress:
        task = progress.add_task("computing features", total=len(numbers))
        for batch in by_length(sizes, round(_BATCH_S * SAMPLE_RATE)):
            chosen = [numbers[at] for at in batch]
            waveform, lengths = pad([waves[number] for number in chosen])
            with torch.inference_mode():
                features, frames = network.heard(waveform.to(device), lengths.to(device))
            for number, own, count in zip(
                chosen, features.cpu().numpy(), frames.tolist(), strict=True
            ):
                array = np.ascontiguousarray(own[:, :count], dtype=np.float32)
                rows, columns = array.shape
                yield (
                    array,
                    partial(Entry, waves.entries[number].key, rows=rows, frames=columns),
                )
            progress.advance(task, len(chosen))
    network.frontend.to(home)
