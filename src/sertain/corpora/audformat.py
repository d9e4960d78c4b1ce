"""A database in the audformat layout: ``db.yaml`` with tables in CSV or Parquet.

The layout is audEERING's (https://audeering.github.io/audformat/); it is read here without its
library, see ``docs/decisions/0202-audformat.md``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sertain.corpora.clip import Clip
from sertain.corpora.folder import SPLITS, UNKNOWN_SPEAKER
from sertain.corpora.table import Row, rows, seconds, segment_name
from sertain.errors import CorpusError, LabelError, MissingExtraError
from sertain.labels import parse

HEADER = "db.yaml"

Segment = tuple[str, float, float | None]
"""File, start and end in seconds."""

_EMOTION = {"emotion", "emotions", "emo"}
_SPEAKER = {"speaker", "speaker_id"}
_SEX = {"gender", "sex"}
# audformat writes ISO 639-3 codes.
_LANGUAGES = {
    **{"ara": "ar", "ben": "bn", "ces": "cs", "dan": "da", "deu": "de", "ell": "el", "eng": "en"},
    **{"est": "et", "fas": "fa", "fin": "fi", "fra": "fr", "hin": "hi", "ita": "it", "jpn": "ja"},
    **{"kor": "ko", "nld": "nl", "nor": "no", "pol": "pl", "por": "pt", "ron": "ro", "rus": "ru"},
    **{"spa": "es", "swe": "sv", "tur": "tr", "ukr": "uk", "urd": "ur", "zho": "zh"},
}


def from_audformat(folder: Path, corpus: str | None = None, table: str | None = None) -> list[Clip]:
    """Clips of an audformat database, sorted by key.

    Every table with a column of the scheme ``emotion`` gives clips, whole files or segments.
    Speakers come from the column ``speaker`` of any table, their sex from the speakers' scheme,
    splits from the tables' ``split_id``.

    Parameters
    ----------
    folder: holds ``db.yaml``, the tables ``db.NAME.csv`` or ``.parquet``, and the media.
    corpus: name of the corpus; by default the database's own.
    table: the one table to take emotions from, where tables contradict each other.

    Raises
    ------
    CorpusError: no such database or table, media or tables missing, two tables that give one
        segment different emotions.
    LabelError: a label is no known emotion.
    MissingExtraError: ``pyyaml`` is not installed, or ``pyarrow`` for Parquet tables.
    """
    database = _Database.open(folder)
    name = corpus or str(database.header.get("name") or folder.resolve().name)
    sources = database.tables_with(_EMOTION)
    if table is not None:
        sources = {known: column for known, column in sources.items() if known == table}
    if not sources:
        wanted = f"table '{table}'" if table else "table"
        raise CorpusError(
            f"{folder} has no {wanted} with a column of emotions",
            f"its tables are {', '.join(database.tables) or 'none'}",
        )
    speakers = _Speakers.of(database)
    languages = database.header.get("languages") or []
    language = _LANGUAGES.get(languages[0]) if len(languages) == 1 else None
    clips: dict[str, Clip] = {}
    for source, column in sources.items():
        split = database.split(source)
        for segment, row in database.segments(source):
            word = row.get(column)
            if word is None or word == "":
                continue
            clip = _clip(folder, name, segment, str(word), speakers)
            clip = replace(clip, split=split, language=language)
            clips[clip.name] = _merged(clips.get(clip.name), clip, source)
    return sorted(clips.values(), key=lambda clip: clip.key)


@dataclass(frozen=True, slots=True)
class _Database:
    folder: Path
    header: Mapping[str, Any]

    @classmethod
    def open(cls, folder: Path) -> _Database:
        path = folder / HEADER
        if not path.is_file():
            raise CorpusError(f"{folder} is no audformat database: it has no {HEADER}")
        try:
            import yaml  # noqa: PLC0415
        except ImportError as error:
            raise MissingExtraError("reading an audformat database", "train", "yaml") from error
        try:
            header = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            place = str(error).splitlines()[0]
            raise CorpusError(f"{path} is no YAML ({place})") from error
        if not isinstance(header, dict):
            raise CorpusError(f"{path} is no header of an audformat database")
        return cls(folder, header)

    @property
    def tables(self) -> Mapping[str, Any]:
        return self.header.get("tables") or {}

    @property
    def schemes(self) -> Mapping[str, Any]:
        return self.header.get("schemes") or {}

    def tables_with(self, meanings: set[str]) -> dict[str, str]:
        """By table the column whose name, or whose scheme's, is one of ``meanings``."""
        found: dict[str, str] = {}
        for table, content in self.tables.items():
            for column, details in (content.get("columns") or {}).items():
                scheme = (details or {}).get("scheme_id") or ""
                if {column.lower(), str(scheme).lower()} & meanings:
                    found.setdefault(table, column)
        return found

    def split(self, table: str) -> str | None:
        identity = self.tables[table].get("split_id")
        if identity is None:
            return None
        kind = str((self.header.get("splits") or {}).get(identity, {}).get("type") or identity)
        return SPLITS.get(kind.lower(), kind)

    def rows(self, table: str) -> Iterator[Row]:
        for suffix in (".parquet", ".csv"):
            path = self.folder / f"db.{table}{suffix}"
            if path.is_file():
                return rows(path)
        raise CorpusError(
            f"the table '{table}' lies in {self.folder} neither as CSV nor as Parquet",
            "save the database with storage_format='csv'",
        )

    def segments(self, table: str) -> Iterator[tuple[Segment, Row]]:
        for number, row in enumerate(self.rows(table), start=1):
            where = f"row {number} of the table '{table}' in {self.folder}"
            file = str(row.get("file") or "")
            if not file:
                raise CorpusError(f"{where} names no file")
            start_s = seconds(row.get("start"), where) or 0.0
            yield (file, start_s, seconds(row.get("end"), where)), row


@dataclass(frozen=True, slots=True)
class _Speakers:
    by_segment: Mapping[Segment, str]
    by_file: Mapping[str, str]
    sex: Mapping[str, str]

    @classmethod
    def of(cls, database: _Database) -> _Speakers:
        by_segment: dict[Segment, str] = {}
        by_file: dict[str, str] = {}
        for table, column in database.tables_with(_SPEAKER).items():
            for segment, row in database.segments(table):
                if row.get(column) in (None, ""):
                    continue
                speaker = str(row[column])
                by_segment[segment] = speaker
                if segment[1:] == (0.0, None):
                    by_file[segment[0]] = speaker
        return cls(by_segment, by_file, _sexes(database))

    def find(self, segment: Segment) -> str | None:
        return self.by_segment.get(segment, self.by_file.get(segment[0]))


def _sexes(database: _Database) -> dict[str, str]:
    """Sex by speaker, from the labels of the speakers' scheme or the table they point at."""
    scheme = next((database.schemes[s] for s in database.schemes if s.lower() in _SPEAKER), None)
    labels = (scheme or {}).get("labels")
    details: dict[str, Row] = {}
    if isinstance(labels, dict):
        details = {str(name): about or {} for name, about in labels.items()}
    elif isinstance(labels, str) and labels in (database.header.get("misc_tables") or {}):
        for row in database.rows(labels):
            index = next(iter(row), None)
            details[str(row.get(str(index)))] = row
    return {
        name: str(about[column]).lower()
        for name, about in details.items()
        for column in about
        if column.lower() in _SEX and str(about[column]).lower() in ("female", "male")
    }


def _clip(
    folder: Path,
    corpus: str,
    segment: Segment,
    word: str,
    speakers: _Speakers,
) -> Clip:
    file, start_s, end_s = segment
    path = folder / file
    if not path.is_file():
        raise CorpusError(
            f"the database in {folder} names {file}, which is no file",
            "load the database with its media",
        )
    try:
        emotion = parse(word)
    except LabelError as error:
        raise LabelError(f"{file} in {folder}: {error.fact}", error.remedy) from error
    speaker = speakers.find(segment)
    return Clip(
        corpus=corpus,
        name=segment_name(file, start_s, end_s),
        path=path,
        emotion=emotion,
        speaker=f"{corpus}/{speaker or UNKNOWN_SPEAKER}",
        sex=speakers.sex.get(speaker or ""),
        start_s=start_s,
        end_s=end_s,
    )


def _merged(known: Clip | None, clip: Clip, table: str) -> Clip:
    """One clip of what two tables say of the same segment."""
    if known is None:
        return clip
    if known.emotion is not clip.emotion:
        raise CorpusError(
            f"{clip.name} is {known.emotion} in one table and {clip.emotion} in '{table}'",
            "name the one table to take emotions from",
        )
    return known if known.split else clip
