"""A user's own corpus: a CSV, JSONL or Parquet table of files, emotions and speakers."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sertain.corpora.clip import Clip
from sertain.corpora.folder import SPLITS, UNKNOWN_SPEAKER
from sertain.errors import CorpusError, LabelError, MissingExtraError
from sertain.labels import parse

Row = Mapping[str, Any]

_COLUMNS = {
    "file": ("file", "path", "filename", "filepath", "file_name", "audio"),
    "emotion": ("emotion", "label"),
    "speaker": ("speaker", "speaker_id", "actor"),
    "start": ("start", "start_s"),
    "end": ("end", "end_s"),
    "split": ("split", "partition"),
    "sex": ("sex", "gender"),
    "language": ("language",),
}
_SEX = {"f": "female", "female": "female", "m": "male", "male": "male"}


def from_table(path: Path, corpus: str | None = None) -> list[Clip]:
    """Clips of a table, sorted by key.

    The table has the columns ``file`` (absolute or relative to the table) and ``emotion`` (any
    word that :func:`sertain.labels.parse` reads), and may have ``speaker``, ``start`` and
    ``end`` (seconds, or ``0 days 00:00:01.5``), ``split``, ``sex`` and ``language``. Other
    columns are left alone. A missing speaker is ``<corpus>/unknown``.

    Parameters
    ----------
    path: ``.csv`` (comma or semicolon), ``.tsv``, ``.jsonl`` or ``.parquet``.
    corpus: name of the corpus; by default the table's own without suffix.

    Raises
    ------
    CorpusError: no such table or kind of table, a column or a file is missing, a time is no
        time, a row stands there twice; with the row.
    LabelError: a word is no known emotion; with the row.
    MissingExtraError: a Parquet table and no ``pyarrow``.
    """
    name = corpus or path.stem
    clips: dict[str, Clip] = {}
    columns: Mapping[str, str] = {}
    for number, row in enumerate(rows(path), start=1):
        where = f"row {number} of {path}"
        columns = columns or _columns(row, path)
        clip = _clip(row, columns, path.parent, name, where)
        if clip.name in clips:
            raise CorpusError(f"{where} names {clip.name} a second time", "remove one of the two")
        if not clip.path.is_file():
            raise CorpusError(
                f"{where} names {clip.path}, which is no file",
                "paths in a table are relative to the table",
            )
        clips[clip.name] = clip
    if not clips:
        raise CorpusError(f"the table {path} has no rows")
    return sorted(clips.values(), key=lambda clip: clip.key)


def rows(path: Path) -> Iterator[Row]:
    """The rows of a table, each a mapping from column to value."""
    readers: dict[str, Callable[[Path], Iterator[Row]]] = {
        ".csv": _csv,
        ".tsv": _csv,
        ".jsonl": _jsonl,
        ".parquet": _parquet,
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise CorpusError(f"{path} is no table that can be read", f"write {', '.join(readers)}")
    try:
        yield from reader(path)
    except OSError as error:
        raise CorpusError(f"the table {path} cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise CorpusError(f"the table {path} is not UTF-8", "save it as UTF-8") from error


def column(row: Row, meaning: str) -> str | None:
    """Which column of a table holds its ``file``, ``start`` …, by its usual names, if any."""
    own = {str(name).strip().lower(): str(name) for name in row}
    return next((own[name] for name in _COLUMNS[meaning] if name in own), None)


def seconds(value: object, where: str) -> float | None:
    """A time in seconds from what tables hold; ``None`` for an empty cell.

    Numbers are seconds; text is a number of seconds or pandas' ``0 days 00:00:01.5``.
    """
    if value is None or value == "" or str(value) == "NaT":
        return None
    try:
        if isinstance(value, str) and ":" in value:
            days, _, clock = value.rpartition("days")
            hours, minutes, rest = clock.strip().split(":")
            time = (
                float(days or 0) * 86_400 + float(hours) * 3_600 + float(minutes) * 60 + float(rest)
            )
        else:
            time = float(str(value))
    except ValueError:
        raise CorpusError(f"{where} has the time '{value}'", "write seconds, e.g. 1.5") from None
    if math.isnan(time):
        return None
    if not 0 <= time < math.inf:
        raise CorpusError(f"{where} has the time '{value}'", "write seconds of 0 or more")
    return time


def segment_name(file: str, start_s: float, end_s: float | None) -> str:
    """Name of a clip in its corpus: the file without suffix, and the part if it is one."""
    name = Path(file).with_suffix("").as_posix()
    if start_s == 0.0 and end_s is None:
        return name
    return f"{name}@{start_s:.3f}-{'' if end_s is None else f'{end_s:.3f}'}"


def _columns(row: Row, path: Path) -> Mapping[str, str]:
    found = {meaning: name for meaning in _COLUMNS if (name := column(row, meaning)) is not None}
    for needed in ("file", "emotion"):
        if needed not in found:
            raise CorpusError(
                f"{path} has no column '{needed}'; it has {', '.join(map(str, row))}",
                "name its columns file, emotion, speaker",
            )
    return found


def _clip(row: Row, columns: Mapping[str, str], folder: Path, corpus: str, where: str) -> Clip:
    def text(meaning: str) -> str:
        value = row.get(columns[meaning]) if meaning in columns else None
        return "" if value is None else str(value).strip()

    file = text("file")
    if not file:
        raise CorpusError(f"{where} names no file")
    try:
        emotion = parse(text("emotion"))
    except LabelError as error:
        raise LabelError(f"{where}: {error.fact}", error.remedy) from error
    start_s = seconds(text("start"), where) or 0.0
    end_s = seconds(text("end"), where)
    if end_s is not None and end_s <= start_s:
        raise CorpusError(f"{where} ends at {end_s} s and starts at {start_s} s")
    split = text("split")
    return Clip(
        corpus=corpus,
        name=segment_name(file, start_s, end_s),
        path=folder / file,
        emotion=emotion,
        speaker=f"{corpus}/{text('speaker') or UNKNOWN_SPEAKER}",
        sex=_SEX.get(text("sex").lower()),
        language=text("language") or None,
        start_s=start_s,
        end_s=end_s,
        split=SPLITS.get(split.lower(), split) or None,
    )


def _csv(path: Path) -> Iterator[Row]:
    # utf-8-sig: spreadsheets put a byte order mark before the first column's name.
    with path.open(encoding="utf-8-sig", newline="") as stream:
        header = stream.readline()
        stream.seek(0)
        separator = max("\t;,", key=header.count)
        for row in csv.DictReader(stream, delimiter=separator):
            yield {column: value for column, value in row.items() if column is not None}


def _jsonl(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8") as stream:
        for number, line in enumerate(stream, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except ValueError as error:
                raise CorpusError(f"line {number} of {path} is no JSON ({error})") from error
            if not isinstance(row, dict):
                raise CorpusError(f"line {number} of {path} is no JSON object")
            yield row


def _parquet(path: Path) -> Iterator[Row]:
    try:
        import pyarrow as arrow  # noqa: PLC0415
        from pyarrow import parquet  # noqa: PLC0415
    except ImportError as error:
        raise MissingExtraError(f"reading {path.name}", "train", "pyarrow") from error
    try:
        table = parquet.read_table(path)
    except arrow.ArrowInvalid as error:
        raise CorpusError(f"{path} is no Parquet table ({error})") from error
    for place, column in enumerate(table.schema):
        if arrow.types.is_duration(column.type):
            # In nanoseconds a duration has no Python type of its own: seconds serve.
            nanoseconds = table.column(place).cast(arrow.duration("ns")).cast(arrow.int64())
            times = [None if ns is None else ns / 1e9 for ns in nanoseconds.to_pylist()]
            table = table.set_column(place, column.name, arrow.array(times, arrow.float64()))
    yield from table.to_pylist()
