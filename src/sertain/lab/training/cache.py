"""Decoded clips, once on disk, read through memory mapping.

A clip is decoded, mixed to one channel at 16 kHz, cut to the part where somebody speaks, brought
to full scale and stored as 16 bit integers.  The key is a hash of the file's bytes, of the part
of the file and of the version of this procedure, so a moved file is found again and a changed one
is decoded anew.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from sertain import audio, speech
from sertain.corpora.clip import Clip
from sertain.errors import AudioError

SAMPLE_RATE = 16000
# To be raised when decoding, speech detection or the cut changes, so that old entries are left.
VERSION = 3
_CHUNK = 256


def default_folder() -> Path:
    """Give ``SERTAIN_CACHE``, or ``sertain`` in the user's cache folder."""
    named = os.environ.get("SERTAIN_CACHE")
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "sertain"


@dataclass(frozen=True)
class Entry:
    """Where a clip lies in the data file: first sample, count, factor, seconds of speech."""

    key: str
    offset: int
    samples: int
    scale: float
    speech_s: float


class Waves:
    """The stored clips, in the order in which they were asked for."""

    def __init__(self, data: Path, entries: Sequence[Entry]) -> None:
        self._data = data
        self.entries = tuple(entries)
        self._map: NDArray[np.int16] | None = None

    def __len__(self) -> int:
        """Give the number of clips."""
        return len(self.entries)

    def __getitem__(self, index: int) -> NDArray[np.float32]:
        """Read clip ``index``: float32 (n,) in −1…1 at 16 kHz."""
        if self._map is None:  # opened late, so that a worker process opens its own
            self._map = np.memmap(self._data, dtype=np.int16, mode="r")
        entry = self.entries[index]
        stored = self._map[entry.offset : entry.offset + entry.samples]
        return stored.astype(np.float32) * np.float32(entry.scale)

    def __getstate__(self) -> dict[str, object]:
        """Leave the open map behind when sent to another process."""
        return {"_data": self._data, "entries": self.entries, "_map": None}


def prepare(clips: Sequence[Clip], folder: Path | None = None, quiet: bool = False) -> Waves:
    """Store what is not yet stored of ``clips`` and give them all.

    Raises
    ------
    AudioError
        A clip cannot be decoded; the message names the file.
    """
    folder = folder or default_folder()
    folder.mkdir(parents=True, exist_ok=True)
    data, index = folder / "clips.i16", folder / "clips.jsonl"
    with _locked(folder / "lock"):
        known = _read_index(index)
        keys = [_key(clip) for clip in clips]
        missing = {key: clip for key, clip in zip(keys, clips, strict=True) if key not in known}
        if missing:
            _append(data, index, missing, known, quiet)
    return Waves(data, [known[key] for key in keys])


def _key(clip: Clip) -> str:
    try:
        content = clip.path.read_bytes()
    except OSError as error:
        raise AudioError(f"cannot read {clip.path}: {error.strerror}", "check the file") from None
    part = f"|{VERSION}|{clip.start_s}|{clip.end_s}"
    return hashlib.sha256(content + part.encode()).hexdigest()[:32]


def _read_index(index: Path) -> dict[str, Entry]:
    known: dict[str, Entry] = {}
    if index.is_file():
        for line in index.read_text("utf-8").splitlines():
            try:
                entry = Entry(**json.loads(line))
            except (ValueError, TypeError):
                continue  # the torn last line of a process that was killed
            known[entry.key] = entry
    return known


def _append(
    data: Path, index: Path, missing: dict[str, Clip], known: dict[str, Entry], quiet: bool
) -> None:
    items = list(missing.items())
    with (
        ProcessPoolExecutor(os.cpu_count()) as pool,
        data.open("ab") as waves,
        index.open("a", encoding="utf-8") as lines,
    ):
        # A killed process may leave half a sample and half a line.
        waves.write(b"\0" * (waves.tell() % 2))
        lines.write("\n" if lines.tell() else "")
        decoded = pool.map(decode, [clip for _, clip in items], chunksize=8)
        shown = Console(stderr=True)
        bar = track(
            decoded,
            "decoding clips",
            total=len(items),
            console=shown,
            disable=quiet or not shown.is_terminal,
            transient=True,
        )
        pending: list[Entry] = []
        for (key, _), (samples, scale, speech_s) in zip(items, bar, strict=True):
            entry = Entry(key, waves.tell() // 2, len(samples), scale, speech_s)
            waves.write(samples.tobytes())
            pending.append(entry)
            if len(pending) >= _CHUNK:
                _flush(waves, lines, pending, known)
        _flush(waves, lines, pending, known)


def _flush(waves, lines, pending: list[Entry], known: dict[str, Entry]) -> None:  # type: ignore[no-untyped-def]
    waves.flush()  # first the samples, then the lines that speak of them
    lines.writelines(json.dumps(asdict(entry)) + "\n" for entry in pending)
    lines.flush()
    known.update({entry.key: entry for entry in pending})
    pending.clear()


def decode(clip: Clip) -> tuple[NDArray[np.int16], float, float]:
    """Decode and cut one clip: samples, the factor back to full scale, seconds of speech."""
    samples = audio.load(clip.path, sample_rate=SAMPLE_RATE).samples[0]
    end = len(samples) if clip.end_s is None else round(clip.end_s * SAMPLE_RATE)
    samples = samples[round(clip.start_s * SAMPLE_RATE) : end]
    segments = speech.detect(samples)
    if segments:
        first, last = segments[0].start_s, segments[-1].end_s
        samples = samples[int(first * SAMPLE_RATE) : int(np.ceil(last * SAMPLE_RATE))]
    peak = max(float(np.abs(samples).max(initial=0.0)), 1e-5)
    stored = np.round(samples * (32767 / peak)).astype(np.int16)
    return stored, peak / 32767, speech.speech_s(segments)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Let one process at a time add to the cache; a killed one leaves no lock behind."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
