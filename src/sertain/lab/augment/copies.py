"""Copies of clips made before training, as files, each of which knows its source.

A copy is the recording of its source in other clothes: where it trains and its source tests, the
figure is worth nothing.  So sets are drawn from recordings, and copies follow their source.
"""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path

import numpy as np
import soundfile
from pydantic import Field

from sertain import audio
from sertain.corpora.clip import Clip
from sertain.errors import AudioError
from sertain.lab.augment import waveform
from sertain.lab.augment.waveform import PeakNoise, Samples
from sertain.lab.checked import Checked


class Copies(Checked):
    """Which copies are made of every clip; the defaults are those of Davies and Chen 2024.

    ``stretch`` is the tempo of a copy, ``pitch`` its shift in semitones; what is left out is not
    made.  ``sample_rate`` is that of the files.
    """

    noise: PeakNoise | None = PeakNoise()
    stretch: float | None = Field(default=0.8, gt=0.3, lt=3)
    pitch: float | None = Field(default=7.0, ge=-24, le=24)
    sample_rate: int = Field(default=22050, ge=8000, le=48000)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The names of the copies that are made."""
        return tuple(kind for kind in _KINDS if getattr(self, kind) is not None)


_KINDS = ("noise", "stretch", "pitch")


@dataclass(frozen=True)
class Copied:
    """Copies, and for the key of each the key of the clip that it was made from.

    ``sources`` is what the audit of an evaluation takes.
    """

    clips: tuple[Clip, ...]
    sources: Mapping[str, str]

    def of(self, clips: Sequence[Clip]) -> list[Clip]:
        """Give the copies of these clips, in their order: what may train where they train."""
        return [copy for clip in clips for copy in self._by_source[clip.key]]

    @cached_property
    def _by_source(self) -> Mapping[str, list[Clip]]:
        found: dict[str, list[Clip]] = defaultdict(list)
        for copy in self.clips:
            found[self.sources[copy.key]].append(copy)
        return found


def make(clips: Sequence[Clip], config: Copies, folder: Path, seed: int = 0) -> Copied:
    """Write the copies of ``clips`` into ``folder``; those that lie there already are kept.

    A copy has its clip's labels, speaker and split, and the name of its source with ``~noise``,
    ``~stretch`` or ``~pitch``.  The copy of a part of a file is a part as well: its ``end_s`` is
    its own length, so that nothing cuts it once more.  The file's name holds a hash of the source's
    bytes and of all that shaped the copy, so a changed source or another seed never meets an old
    copy.

    Raises
    ------
    AudioError
        A clip cannot be read; the message names the file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        made = list(pool.map(partial(_copies, config=config, folder=folder, seed=seed), clips))
    copies = [copy for group in made for copy in group]
    sources = {
        copy.key: clip.key for clip, group in zip(clips, made, strict=True) for copy in group
    }
    return Copied(tuple(copies), sources)


def _copies(clip: Clip, config: Copies, folder: Path, seed: int) -> list[Clip]:
    try:
        content = clip.path.read_bytes()
    except OSError as error:
        raise AudioError(f"cannot read {clip.path}: {error.strerror}", "check the file") from None
    part = f"|{clip.start_s}|{clip.end_s}|{config.sample_rate}"
    source = hashlib.sha256(content + part.encode()).hexdigest()
    copies, samples = [], None
    for kind in config.kinds:
        values = getattr(config, kind)
        drawn = f"|{seed}" if kind == "noise" else ""
        key = hashlib.sha256(f"{source}|{kind}|{values!r}{drawn}".encode()).hexdigest()[:32]
        path = folder / f"{key}.wav"
        if not path.is_file():
            if samples is None:
                samples = _read(clip, config.sample_rate)
            _write(path, _changed(samples, kind, config, int(key[:16], 16)), config.sample_rate)
        name = f"{clip.name}~{kind}"
        end_s = None if clip.end_s is None else soundfile.info(path).duration
        copies.append(replace(clip, name=name, path=path, start_s=0.0, end_s=end_s))
    return copies


def _read(clip: Clip, rate: int) -> Samples:
    samples: Samples = audio.load(clip.path, sample_rate=rate).samples[0]
    end = len(samples) if clip.end_s is None else round(clip.end_s * rate)
    return samples[round(clip.start_s * rate) : end]


def _changed(samples: Samples, kind: str, config: Copies, seed: int) -> Samples:
    if kind == "noise" and config.noise:
        generator = np.random.default_rng(seed)
        return waveform.add_peak_noise(samples, config.noise.share, generator)
    if kind == "stretch" and config.stretch:
        return waveform.stretch(samples, config.stretch)
    return waveform.shift_pitch(samples, config.pitch or 0.0)


def _write(path: Path, samples: Samples, rate: int) -> None:
    """Write float samples, so nothing is clipped; a killed process leaves no half a file."""
    part = path.with_suffix(f".{os.getpid()}.part")  # two runs may make the same copy at once
    soundfile.write(part, samples, rate, subtype="FLOAT", format="WAV")
    part.replace(path)
