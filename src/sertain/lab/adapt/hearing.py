"""What a bundle's graph gives of each clip, heard once and kept on disk.

A clip is a file of its own in the cache, named by a hash of its sound, its part, the bundle's graph
and how it is cut.  So a second run takes seconds, a killed one goes on where it was, and a moved
recording is found again.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sertain import audio
from sertain.bundle import Bundle, Graph
from sertain.corpora.meter import Meter
from sertain.errors import AudioError, CorpusError, LeakageError, SertainError
from sertain.lab.adapt.clips import Labelled
from sertain.predict.cores import cores
from sertain.predict.foreground import foreground
from sertain.predict.windows import Windows

SAMPLE_RATE = 16_000
# To be raised when decoding, the cutting of windows or this layout changes.
VERSION = 2

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Rows:
    """What the graph gives of n windows of m clips.

    Attributes
    ----------
    answers: float64 (n, labels), the graph's probabilities.
    embedding: float64 (n, d).
    statistics: float64 (n, 2 rows), mean and deviation of the features of each window; of width
        0 where the graph gives none.
    clip: int (n,), which clip a window is of, 0…m-1, ascending.
    share: float64 (n,), the window's share of its clip's time; sums to 1 a clip.
    """

    answers: Floats
    embedding: Floats
    statistics: Floats
    clip: Ints
    share: Floats

    @property
    def clips(self) -> int:
        """How many clips there are."""
        return int(self.clip[-1]) + 1 if len(self.clip) else 0

    def of(self, chosen: Ints) -> Rows:
        """The rows of some clips, numbered anew in the order of ``chosen``."""
        counts = np.bincount(self.clip, minlength=self.clips)
        first = np.cumsum(counts) - counts
        at = np.concatenate([np.arange(first[clip], first[clip] + counts[clip]) for clip in chosen])
        return Rows(
            self.answers[at],
            self.embedding[at],
            self.statistics[at],
            np.repeat(np.arange(len(chosen)), counts[chosen]),
            self.share[at],
        )

    def mean(self, values: Floats) -> Floats:
        """Of each clip the mean over its windows, as `predict` takes it: (m, columns)."""
        sums = np.zeros((self.clips, values.shape[1]))
        np.add.at(sums, self.clip, values * self.share[:, None])
        return sums


@dataclass(frozen=True, eq=False)
class Heard:
    """The clips that can be learnt from, and what became of the others.

    Attributes
    ----------
    clips: in the order of ``rows``.
    rows: what the graph gives of them.
    broken: by clip why it cannot be read.
    silent: names of clips without speech, or with too little.
    twice: names of clips whose sound is another's too; only the first is used.
    hash: of sounds, labels and speakers.
    """

    clips: tuple[Labelled, ...]
    rows: Rows
    broken: Mapping[str, str]
    silent: tuple[str, ...]
    twice: tuple[str, ...]
    hash: str


def default_folder() -> Path:
    """``adapt`` in ``SERTAIN_CACHE``, or in ``sertain`` in the user's cache folder."""
    named = os.environ.get("SERTAIN_CACHE")
    root = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "sertain"
    return (Path(named) if named else root) / "adapt"


def hear(
    bundle: Bundle,
    graph: Graph,
    clips: Sequence[Labelled],
    *,
    meter: Meter,
    folder: Path | None = None,
) -> Heard:
    """Hear every clip once, as `predict` does; what was heard before is read from the cache.

    Raises
    ------
    LeakageError: the same sound stands there under two speakers.
    CorpusError: the same sound has two labels.
    """
    cache = (folder or default_folder()) / bundle.spec.sha256["model.onnx"][:16]
    cache.mkdir(parents=True, exist_ok=True)
    meter.start("hearing", len(clips))
    found: list[tuple[Labelled, str, NDArray[np.float32]]] = []
    broken: dict[str, str] = {}
    first: dict[str, Labelled] = {}
    silent, twice = [], []
    for clip, outcome in _abreast(partial(_heard, bundle, graph, cache), clips):
        meter.advance(1)
        if isinstance(outcome, SertainError):
            broken[clip.name] = str(outcome)
            continue
        key, values = outcome
        if key in first:
            _compare(first[key], clip)
            twice.append(clip.name)
        elif not len(values):
            silent.append(clip.name)
        else:
            found.append((clip, key, values))
        first.setdefault(key, clip)
    told = "\n".join(f"{key} {clip.word} {clip.speaker}" for clip, key, _ in found)
    return Heard(
        clips=tuple(clip for clip, _, _ in found),
        rows=rows_of([values for _, _, values in found], bundle),
        broken=broken,
        silent=tuple(silent),
        twice=tuple(twice),
        hash=hashlib.sha256(told.encode()).hexdigest()[:16],
    )


def _abreast(
    work: Any, clips: Sequence[Labelled]
) -> Iterator[tuple[Labelled, tuple[str, NDArray[np.float32]] | SertainError]]:
    pool = ThreadPoolExecutor(cores(), thread_name_prefix="sertain-clip")
    try:
        yield from zip(clips, pool.map(work, clips), strict=True)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _compare(one: Labelled, other: Labelled) -> None:
    if one.word != other.word:
        raise CorpusError(
            f"{one.name} and {other.name} are the same sound, labelled {one.word} and {other.word}",
            "keep the right one",
        )
    if one.speaker != other.speaker:
        raise LeakageError(
            f"{one.name} and {other.name} are the same sound of two speakers, {one.speaker} and "
            f"{other.speaker}",
            "keep the right one",
        )


def _heard(
    bundle: Bundle, graph: Graph, cache: Path, clip: Labelled
) -> tuple[str, NDArray[np.float32]] | SertainError:
    try:
        content = clip.path.read_bytes()
    except OSError as error:
        return AudioError(f"cannot read {clip.path}: {error.strerror}", "check the file")
    spec = bundle.spec
    part = f"|{VERSION}|{clip.start_s}|{clip.end_s}|{spec.window_s}|{spec.min_speech_s}"
    key = hashlib.sha256(content + part.encode()).hexdigest()[:32]
    kept = cache / f"{key}.npy"
    try:
        return key, np.load(kept)
    except (OSError, ValueError, EOFError):
        pass  # not heard yet, or a damaged file: it is heard again
    try:
        values = _values(bundle, graph, clip)
    except SertainError as error:
        return error
    _keep(kept, values)
    return key, values


def _keep(path: Path, values: NDArray[np.float32]) -> None:
    """Write whole or not at all, also beside another run."""
    handle, scratch = tempfile.mkstemp(suffix=".part", dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        np.save(file, values)
    Path(scratch).replace(path)


def _values(bundle: Bundle, graph: Graph, clip: Labelled) -> NDArray[np.float32]:
    """A row a window; no row where there is too little speech."""
    spec = bundle.spec
    least = max(1, spec.min_speech_s * SAMPLE_RATE)
    heard = [run(bundle, graph, w) for w in windows(clip, spec.window_s) if len(w) >= least]
    return np.stack(heard) if heard else np.zeros((0, 0), np.float32)


def run(bundle: Bundle, graph: Graph, samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """One stretch of sound, float32 (n,): how long it is, then all that the graph gives of it."""
    names = ["probabilities", "embedding"] + (["statistics"] if bundle.spec.reference else [])
    given = {"waveform": samples[None], "lengths": np.array([len(samples)], dtype=np.int64)}
    parts = [np.ravel(np.asarray(part)) for part in graph.session.run(names, given)]
    return np.concatenate([[len(samples)], *parts]).astype(np.float32)


def windows(clip: Labelled, window_s: float) -> Iterator[NDArray[np.float32]]:
    """The stretches of speech of a clip, float32 (n,) at 16 kHz, cut as `predict` cuts them."""
    source: Any = clip.path
    rate = None
    if clip.start_s or clip.end_s is not None:
        samples = audio.load(clip.path, sample_rate=SAMPLE_RATE).samples[0]
        end = len(samples) if clip.end_s is None else round(clip.end_s * SAMPLE_RATE)
        source, rate = samples[round(clip.start_s * SAMPLE_RATE) : end], SAMPLE_RATE
    cutter = Windows(window_s)
    with audio.blocks(source, array_rate=rate) as reader:
        for block in reader:
            yield from (window.samples for window in foreground(cutter.feed(block)))
        yield from (window.samples for window in foreground(cutter.finish()))


def rows_of(
    values: Sequence[Sequence[NDArray[np.float32]] | NDArray[np.float32]], bundle: Bundle
) -> Rows:
    """Sort out what :func:`run` gave of the windows of each clip."""
    if not values:
        none = np.zeros((0, 0))
        return Rows(none, none, none, np.zeros(0, np.int64), np.zeros(0))
    all_ = np.concatenate(values).astype(np.float64)
    labels = len(bundle.spec.labels)
    reference = bundle.spec.reference
    wide = 2 * reference.rows if reference else 0
    width = all_.shape[1] - wide
    lengths = all_[:, 0]
    clip = np.repeat(np.arange(len(values)), [len(each) for each in values])
    rows = Rows(
        answers=all_[:, 1 : 1 + labels],
        embedding=all_[:, 1 + labels : width],
        statistics=all_[:, width:],
        clip=clip,
        share=lengths / np.bincount(clip, lengths)[clip],
    )
    if not wide:
        return rows
    mean, square = np.split(rows.statistics, 2, axis=1)
    deviation = np.sqrt(np.maximum(square - mean**2, 0.0))
    return replace(rows, statistics=np.concatenate([mean, deviation], axis=1))
