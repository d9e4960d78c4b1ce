"""Decoded clips, once on disk, read through memory mapping.

A clip is decoded, mixed to one channel at 16 kHz, cut to what the recipe hears of it, brought
to full scale and stored as 16 bit integers.  The key is a hash of the file's bytes, of the part
of the file, of the cut and of the version of this procedure, so a moved file is found again and a
changed one is decoded anew.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from sertain import audio
from sertain.corpora.clip import Clip
from sertain.errors import AudioError
from sertain.lab.recipes.parts import Cut
from sertain.lab.training import store
from sertain.lab.training.cutting import cut

SAMPLE_RATE = 16000
# To be raised when decoding, speech detection or the cut changes, so that old entries are left.
VERSION = 3
_PLAIN = Cut()


def default_folder() -> Path:
    """Give ``SERTAIN_CACHE``, or ``sertain`` in the user's cache folder."""
    named = os.environ.get("SERTAIN_CACHE")
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "sertain"


@dataclass(frozen=True)
class Entry(store.Placed):
    """Where a clip lies in the data file: first sample, count, factor, seconds of speech.

    Where the cut is not by speech nobody has looked for it, and the seconds are 0.
    """

    samples: int
    scale: float
    speech_s: float


class Waves:
    """The stored clips, in the order in which they were asked for."""

    def __init__(self, data: Path, entries: Sequence[Entry]) -> None:
        self._data = data
        self.entries = tuple(entries)
        self.sizes = [entry.samples for entry in entries]
        self._map: NDArray[np.int16] | None = None

    def __len__(self) -> int:
        """Give the number of clips."""
        return len(self.entries)

    @property
    def seconds(self) -> NDArray[np.float64]:
        """How long each clip is, float (n,)."""
        return np.array(self.sizes) / SAMPLE_RATE

    def some(self, numbers: Sequence[int]) -> Waves:
        """Give some of the clips."""
        return Waves(self._data, [self.entries[number] for number in numbers])

    def __getitem__(self, index: int) -> NDArray[np.float32]:
        """Read clip ``index``: float32 (n,) in −1…1 at 16 kHz."""
        if self._map is None:  # opened late, so that a worker process opens its own
            self._map = np.memmap(self._data, dtype=np.int16, mode="r")
        entry = self.entries[index]
        stored = self._map[entry.offset : entry.offset + entry.samples]
        return stored.astype(np.float32) * np.float32(entry.scale)

    def __getstate__(self) -> dict[str, object]:
        """Leave the open map behind when sent to another process."""
        return {**self.__dict__, "_map": None}


def prepare(
    clips: Sequence[Clip],
    folder: Path | None = None,
    quiet: bool = False,
    how: Cut = _PLAIN,
) -> Waves:
    """Store what is not yet stored of ``clips`` and give them all, cut as ``how`` says.

    Raises
    ------
    AudioError
        A clip cannot be decoded or is too short for the cut; the message names the file.
    """
    folder = folder or default_folder()
    folder.mkdir(parents=True, exist_ok=True)
    data, index = folder / "clips.i16", folder / "clips.jsonl"
    keys = [_key(clip, how) for clip in clips]
    with store.locked(folder / "lock"):
        known = store.read(index, Entry)
        missing = {key: clip for key, clip in zip(keys, clips, strict=True) if key not in known}
        if missing:
            known |= store.append(data, index, _decoded(missing, how, quiet), bytes_each=2)
    return Waves(data, [known[key] for key in keys])


def _key(clip: Clip, how: Cut) -> str:
    try:
        content = clip.path.read_bytes()
    except OSError as error:
        raise AudioError(f"cannot read {clip.path}: {error.strerror}", "check the file") from None
    part = f"|{VERSION}|{clip.start_s}|{clip.end_s}"
    if how != _PLAIN:
        part += f"|{how.cut}|{how.offset_s}|{how.duration_s}"
    if how.cut == "trim":
        part += f"|{how.trim_db}"
    return hashlib.sha256(content + part.encode()).hexdigest()[:32]


def _decoded(
    missing: Mapping[str, Clip], how: Cut, quiet: bool
) -> Iterator[tuple[NDArray[np.int16], Callable[[int], Entry]]]:
    """Decode clips on all cores: samples, and what names them at their place."""
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        decoded = pool.map(partial(decode, how=how), missing.values(), chunksize=8)
        shown = Console(stderr=True)
        bar = track(
            decoded,
            "decoding clips",
            total=len(missing),
            console=shown,
            disable=quiet or not shown.is_terminal,
            transient=True,
        )
        for key, (samples, scale, speech_s) in zip(missing, bar, strict=True):
            yield (
                samples,
                partial(Entry, key, samples=len(samples), scale=scale, speech_s=speech_s),
            )


def decode(clip: Clip, how: Cut = _PLAIN) -> tuple[NDArray[np.int16], float, float]:
    """Decode and cut one clip: samples, the factor back to full scale, seconds of speech."""
    samples = audio.load(clip.path, sample_rate=SAMPLE_RATE).samples[0]
    end = len(samples) if clip.end_s is None else round(clip.end_s * SAMPLE_RATE)
    samples = samples[round(clip.start_s * SAMPLE_RATE) : end]
    if clip.end_s is not None:  # offset and duration are of files: this part was cut already
        how = how.model_copy(update={"offset_s": 0.0, "duration_s": None})
    samples, speech_s = cut(samples, SAMPLE_RATE, how, str(clip.path))
    peak = max(float(np.abs(samples).max(initial=0.0)), 1e-5)
    stored = np.round(samples * (32767 / peak)).astype(np.int16)
    return stored, peak / 32767, speech_s
