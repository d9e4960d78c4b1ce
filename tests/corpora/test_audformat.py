"""Databases that audEERING's own library wrote are read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sertain.corpora import Clip, from_audformat, open_own
from sertain.errors import CorpusError, LabelError
from tests.corpora.recordings import tree

pytest.importorskip("yaml")

pytestmark = pytest.mark.train

FILES = ["a/1.wav", "a/2.wav", "a/3.wav"]

HEADER = """name: mini
languages: [deu]
schemes:
  emotion: {dtype: str, labels: [anger, happiness, neutral]}
  speaker:
    dtype: int
    labels:
      3: {gender: male}
      8: {gender: female}
splits:
  held-out: {type: test}
tables:
  emotion:
    type: filewise
    columns:
      emotion: {scheme_id: emotion}
      emotion.confidence: {}
  files:
    type: filewise
    columns:
      speaker: {scheme_id: speaker}
  parts:
    type: segmented
    split_id: held-out
    columns:
      felt: {scheme_id: emotion}
"""

# As audformat 1.4.3 writes them, see the test with the library itself.
TABLES = {
    "emotion": "file,emotion,emotion.confidence\na/1.wav,anger,0.9\na/2.wav,neutral,0.8\n",
    "files": "file,speaker\na/1.wav,3\na/2.wav,8\na/3.wav,8\n",
    "parts": (
        "file,start,end,felt\n"
        "a/3.wav,0 days 00:00:00.000000,0 days 00:00:00.100000,anger\n"
        "a/3.wav,0 days 00:00:00.100000,,happiness\n"
        "a/3.wav,0 days 00:00:00.200000,,\n"
    ),
}

EXPECTED = [
    ("mini/a/1", "angry", "mini/3", "male", 0.0, None, None, "de"),
    ("mini/a/2", "neutral", "mini/8", "female", 0.0, None, None, "de"),
    ("mini/a/3@0.000-0.100", "angry", "mini/8", "female", 0.0, 0.1, "test", "de"),
    ("mini/a/3@0.100-", "happy", "mini/8", "female", 0.1, None, "test", "de"),
]


def told(clips: list[Clip]) -> list[tuple[Any, ...]]:
    return [
        (
            *(clip.key, clip.emotion.value, clip.speaker, clip.sex),
            *(clip.start_s, clip.end_s, clip.split, clip.language),
        )
        for clip in clips
    ]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    folder = tree(tmp_path / "database", FILES)
    (folder / "db.yaml").write_text(HEADER, encoding="utf-8")
    for name, text in TABLES.items():
        (folder / f"db.{name}.csv").write_text(text, encoding="utf-8")
    return folder


def test_files_and_segments_become_clips(database: Path) -> None:
    assert told(from_audformat(database)) == EXPECTED


def test_a_folder_with_a_header_is_opened_as_a_database(database: Path) -> None:
    assert [clip.speaker for clip in open_own(database, "calls")][:1] == ["calls/3"]


@pytest.mark.parametrize("storage", ["csv", "parquet"])
@pytest.mark.filterwarnings("ignore")  # of the library, about its own future
def test_what_the_library_writes_is_read(tmp_path: Path, storage: str) -> None:
    audformat = pytest.importorskip("audformat")
    written = audformat.Database("mini", languages=["de"])
    written.schemes["emotion"] = audformat.Scheme(labels=["anger", "happiness", "neutral"])
    written.schemes["speaker"] = audformat.Scheme(
        labels={3: {"gender": "male"}, 8: {"gender": "female"}}
    )
    written.splits["held-out"] = audformat.Split(type="test")
    whole = written["emotion"] = audformat.Table(audformat.filewise_index(FILES[:2]))
    whole["emotion"] = audformat.Column(scheme_id="emotion")
    whole["emotion"].set(["anger", "neutral"])
    people = written["files"] = audformat.Table(audformat.filewise_index(FILES))
    people["speaker"] = audformat.Column(scheme_id="speaker")
    people["speaker"].set([3, 8, 8])
    parts = written["parts"] = audformat.Table(
        audformat.segmented_index([FILES[2]] * 2, ["0s", "0.1s"], ["0.1s", None]),
        split_id="held-out",
    )
    parts["felt"] = audformat.Column(scheme_id="emotion")
    parts["felt"].set(["anger", "happiness"])
    tree(tmp_path, FILES)
    written.save(str(tmp_path), storage_format=storage)

    assert told(from_audformat(tmp_path)) == EXPECTED


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("storage", ["csv", "parquet"])
def test_speakers_described_in_a_table_of_their_own_are_read(tmp_path: Path, storage: str) -> None:
    audformat = pytest.importorskip("audformat")
    pandas = pytest.importorskip("pandas")
    written = audformat.Database("mini")
    written.schemes["gender"] = audformat.Scheme(labels=["female", "male"])
    written.schemes["emotion"] = audformat.Scheme("str")
    names = pandas.Index(["anna", "ben"], name="speaker", dtype="string")
    about = written["speaker"] = audformat.MiscTable(names)
    about["gender"] = audformat.Column(scheme_id="gender")
    about["gender"].set(["female", "male"])
    written.schemes["speaker"] = audformat.Scheme(labels="speaker", dtype="str")
    table = written["emotion"] = audformat.Table(audformat.filewise_index(FILES[:2]))
    table["emotion"] = audformat.Column(scheme_id="emotion")
    table["emotion"].set(["Wut", "Freude"])
    table["speaker"] = audformat.Column(scheme_id="speaker")
    table["speaker"].set(["ben", "anna"])
    tree(tmp_path, FILES[:2])
    written.save(str(tmp_path), storage_format=storage)

    clips = from_audformat(tmp_path)

    assert [(clip.emotion.value, clip.speaker, clip.sex) for clip in clips] == [
        ("angry", "mini/ben", "male"),
        ("happy", "mini/anna", "female"),
    ]


def test_tables_that_contradict_each_other_are_refused_until_one_is_named(database: Path) -> None:
    (database / "db.parts.csv").write_text(
        "file,start,end,felt\na/1.wav,0 days 00:00:00,,happiness\n", encoding="utf-8"
    )

    with pytest.raises(CorpusError, match="a/1 is angry in one table and happy in 'parts'"):
        from_audformat(database)
    assert [clip.emotion.value for clip in from_audformat(database, table="parts")] == ["happy"]


def test_a_table_that_agrees_with_another_adds_its_split(database: Path) -> None:
    (database / "db.parts.csv").write_text(
        "file,start,end,felt\na/1.wav,0 days 00:00:00,,anger\n", encoding="utf-8"
    )

    assert [(clip.name, clip.split) for clip in from_audformat(database)] == [
        ("a/1", "test"),
        ("a/2", None),
    ]


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("db.yaml", "tables: [", "is no YAML"),
        ("db.yaml", "text", "is no header of an audformat database"),
        ("db.yaml", "tables: {files: {columns: {x: {}}}}", "no table with a column of emotions"),
        ("db.emotion.csv", "file,emotion\na/9.wav,anger\n", r"names a/9\.wav, which is no file"),
        ("db.emotion.csv", "file,emotion\n,anger\n", "row 1 of the table 'emotion' .* no file"),
    ],
)
def test_a_broken_database_is_refused(database: Path, file: str, text: str, message: str) -> None:
    (database / file).write_text(text, encoding="utf-8")

    with pytest.raises(CorpusError, match=message):
        from_audformat(database)


def test_missing_parts_of_a_database_are_named(database: Path, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"is no audformat database: it has no db\.yaml"):
        from_audformat(tmp_path)
    with pytest.raises(CorpusError, match="no table 'moods' with a column of emotions"):
        from_audformat(database, table="moods")
    (database / "db.parts.csv").unlink()
    with pytest.raises(CorpusError, match=r"'parts' lies in .* neither as CSV nor as Parquet"):
        from_audformat(database)


def test_an_unknown_label_is_refused_with_its_file(database: Path) -> None:
    (database / "db.emotion.csv").write_text("file,emotion\na/1.wav,angyr\n", encoding="utf-8")

    with pytest.raises(LabelError, match=r"a/1\.wav in .*'angyr' is no known .* mean 'angry'"):
        from_audformat(database)
