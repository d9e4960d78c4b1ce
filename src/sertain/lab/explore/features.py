"""A table with a row a clip: who says what in which emotion, and its averaged features."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from sertain.corpora.clip import Clip
from sertain.lab.explore.listening import RATE, Samples
from sertain.lab.frontends import averaged

Format = Literal["csv", "parquet"]

SETS: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "davies_chen2024": {},
        "shukla": {"columns": ("mfcc", "mel"), "n_mfcc": 13},
        "santamaria": {"columns": ("mfcc", "chroma", "mel"), "n_mfcc": 40},
        "vu_deepemonet": {"columns": ("mfcc",), "n_mfcc": 20},
        "all": {
            "columns": (
                *("zero_crossing_rate", "chroma", "mfcc", "rms", "mel"),
                *("contrast", "centroid", "bandwidth", "rolloff", "flatness"),
            )
        },
    }
)
"""The averaged columns of the reports by name, 162, 141, 180 and 20, and everything there is."""

_ABOUT: Final = ("clip", "corpus", "channel", "speaker", "sex", "emotion", "duration_s")
_MOST_CELLS: Final = 16 * 4 * RATE
"""Samples in a batch, padding included: 16 clips of 4 s."""


def config(name: str) -> averaged.Config:
    """Give the parameters of one of :data:`SETS`."""
    return averaged.Config(**SETS[name])


def names(of: averaged.Config) -> list[str]:
    """Name the columns, in their order: ``chroma_1`` to ``chroma_12``, ``rms``.

    >>> names(config("vu_deepemonet"))[:2], len(names(config("davies_chen2024")))
    (['mfcc_1', 'mfcc_2'], 162)
    """
    found: list[str] = []
    for column in of.columns:
        rows = averaged.FrontEnd(of.model_copy(update={"columns": (column,)})).rows
        found += [column] if rows == 1 else [f"{column}_{number + 1}" for number in range(rows)]
    return found


def rows(
    heard: Iterator[tuple[Clip, Samples]], of: averaged.Config
) -> Iterator[tuple[Clip, float, NDArray[np.float32]]]:
    """Give each clip, its seconds and its columns, float32 (columns,), in batches, in order."""
    frontend = averaged.FrontEnd(of).eval()
    batch: list[tuple[Clip, Samples]] = []
    for clip, samples in heard:
        longest = max(len(each) for _, each in [*batch, (clip, samples)])
        if batch and longest * (len(batch) + 1) > _MOST_CELLS:
            yield from _of_batch(batch, frontend)
            batch = []
        batch.append((clip, samples))
    if batch:
        yield from _of_batch(batch, frontend)


def _of_batch(
    batch: Sequence[tuple[Clip, Samples]], frontend: averaged.FrontEnd
) -> Iterator[tuple[Clip, float, NDArray[np.float32]]]:
    lengths = torch.tensor([len(samples) for _, samples in batch])
    waveform = torch.zeros(len(batch), int(lengths.max()))
    for row, (_, samples) in zip(waveform, batch, strict=True):
        row[: len(samples)] = torch.from_numpy(np.ascontiguousarray(samples))
    with torch.inference_mode():
        columns = frontend(waveform, lengths)[:, :, 0].numpy()
    for (clip, samples), own in zip(batch, columns, strict=True):
        yield clip, len(samples) / RATE, own


def write(
    path: Path,
    found: Iterator[tuple[Clip, float, NDArray[np.float32]]],
    columns: Sequence[str],
    form: Format,
) -> int:
    """Write the table; gives its number of rows. A broken run leaves no half a table.

    Features have seven digits in CSV, and are float32 in Parquet.
    """
    part = path.with_name(f".{path.name}.part")
    writers: Mapping[str, Callable[..., int]] = {"csv": _write_csv, "parquet": _write_parquet}
    try:
        count = writers[form](part, found, columns)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return count


def _about(clip: Clip, seconds: float) -> tuple[str | float | None, ...]:
    return (
        clip.key,
        clip.corpus,
        clip.channel,
        clip.speaker,
        clip.sex,
        str(clip.emotion),
        round(seconds, 4),
    )


def _write_csv(
    path: Path,
    found: Iterator[tuple[Clip, float, NDArray[np.float32]]],
    columns: Sequence[str],
) -> int:
    count = 0
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*_ABOUT, *columns])
        for clip, seconds, own in found:
            writer.writerow([*_about(clip, seconds), *(f"{value:.7g}" for value in own)])
            count += 1
    return count


def _write_parquet(
    path: Path,
    found: Iterator[tuple[Clip, float, NDArray[np.float32]]],
    columns: Sequence[str],
) -> int:
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow import parquet  # noqa: PLC0415

    read = [(_about(clip, seconds), own) for clip, seconds, own in found]
    about = {
        name: pa.array(
            [row[at] for row, _ in read], pa.float64() if name == "duration_s" else pa.string()
        )
        for at, name in enumerate(_ABOUT)
    }
    cells = np.array([own for _, own in read], np.float32).reshape(len(read), len(columns))
    values = {name: pa.array(cells[:, at]) for at, name in enumerate(columns)}
    parquet.write_table(pa.table({**about, **values}), path)
    return len(read)
