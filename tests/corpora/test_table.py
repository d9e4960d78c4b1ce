"""A CSV, JSONL or Parquet table is a corpus."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from sertain.corpora import Clip, from_table
from sertain.corpora.table import seconds
from sertain.errors import CorpusError, LabelError
from tests.corpora.recordings import tree


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tree(tmp_path, ["a.wav", "sub/b.wav"])


def written(folder: Path, text: str, name: str = "calls.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


EXPECTED = [
    ("calls/a", "angry", "calls/anna", 0.0, None, "train"),
    ("calls/sub/b@0.500-1.250", "happy", "calls/ben", 0.5, 1.25, "validation"),
    ("calls/sub/b@1.250-", "neutral", "calls/ben", 1.25, None, None),
]


def told(clips: list[Clip]) -> list[tuple[str, str, str, float, float | None, str | None]]:
    return [
        (clip.key, clip.emotion.value, clip.speaker, clip.start_s, clip.end_s, clip.split)
        for clip in clips
    ]


CSV = """file,emotion,speaker,start,end,split,remark
a.wav,anger,anna,,,train,loud
sub/b.wav,joy,ben,0.5,1.25,dev,
sub/b.wav,neutral,ben,1.25,,,
"""


def test_a_csv_table_is_read(folder: Path) -> None:
    assert told(from_table(written(folder, CSV))) == EXPECTED


@pytest.mark.parametrize("separator", [";", "\t"])
def test_other_separators_and_a_byte_order_mark_are_read(folder: Path, separator: str) -> None:
    path = written(folder, "\ufeff" + CSV.replace(",", separator))

    assert told(from_table(path)) == EXPECTED


def test_times_as_pandas_writes_them_are_read(folder: Path) -> None:
    text = "file,label,speaker,start,end,split\n"
    text += "a.wav,anger,anna,0 days,NaT,train\n".replace("0 days", "0 days 00:00:00")
    text += "sub/b.wav,joy,ben,0 days 00:00:00.500000,0 days 00:00:01.250000,dev\n"
    text += "sub/b.wav,neutral,ben,0 days 00:00:01.250000,,\n"

    assert told(from_table(written(folder, text))) == EXPECTED


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("1.5", 1.5),
        (2, 2.0),
        ("00:01:00", 60.0),
        ("1 days 02:03:04.5", 86_400 + 2 * 3_600 + 3 * 60 + 4.5),
        ("", None),
        (None, None),
        ("NaT", None),
        (float("nan"), None),
    ],
)
def test_a_time_is_read_in_seconds(text: object, time: float | None) -> None:
    assert seconds(text, "here") == time


def test_a_jsonl_table_is_read(folder: Path) -> None:
    path = written(
        folder,
        '{"file": "a.wav", "emotion": "anger", "speaker": "anna", "split": "train"}\n\n'
        '{"file": "sub/b.wav", "emotion": "joy", "speaker": "ben", "split": "dev"}\n',
        "calls.jsonl",
    )

    assert [clip.key for clip in from_table(path)] == ["calls/a", "calls/sub/b"]


@pytest.mark.train
def test_a_parquet_table_is_read(folder: Path) -> None:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    half = datetime.timedelta(seconds=0.5)
    rest = datetime.timedelta(seconds=1.25)
    table = arrow.table(
        {
            "file": ["a.wav", "sub/b.wav", "sub/b.wav"],
            "emotion": arrow.array(["anger", "joy", "neutral"]).dictionary_encode(),
            "speaker": ["anna", "ben", "ben"],
            "start": arrow.array([None, half, rest], arrow.duration("ns")),
            "end": arrow.array([None, rest, None], arrow.duration("ns")),
            "split": ["train", "dev", None],
        }
    )
    parquet.write_table(table, folder / "calls.parquet")

    assert told(from_table(folder / "calls.parquet")) == EXPECTED


def test_sex_and_language_are_taken_where_a_table_has_them(folder: Path) -> None:
    path = written(folder, "path,emotion,gender,language\na.wav,sad,F,de\n")

    (clip,) = from_table(path)

    assert (clip.sex, clip.language, clip.speaker) == ("female", "de", "calls/unknown")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file,speaker\na.wav,x\n", "has no column 'emotion'; it has file, speaker"),
        ("emotion\nsad\n", "has no column 'file'"),
        ("file,emotion\nmissing.wav,sad\n", r"row 1 of .*missing\.wav, which is no file"),
        ("file,emotion\na.wav,sad\na.wav,sad\n", "row 2 of .* names a a second time"),
        ("file,emotion,start\na.wav,sad,soon\n", "row 1 of .* has the time 'soon'; write seconds"),
        ("file,emotion,start\na.wav,sad,-1\n", "row 1 of .* has the time '-1'; write seconds of 0"),
        ("file,emotion,start,end\na.wav,sad,2,1\n", "ends at 1.0 s and starts at 2.0 s"),
        ("file,emotion\n,sad\n", "row 1 of .* names no file"),
        ("file,emotion\n", "has no rows"),
    ],
)
def test_a_wrong_table_is_refused_with_the_row(folder: Path, text: str, message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        from_table(written(folder, text))


def test_an_unknown_emotion_is_refused_with_the_row_and_the_nearest(folder: Path) -> None:
    path = written(folder, "file,emotion\na.wav,angyr\n")

    with pytest.raises(LabelError, match=r"row 1 of .*'angyr' is no known .* did you mean 'angry'"):
        from_table(path)


def test_what_is_no_table_is_refused(folder: Path) -> None:
    with pytest.raises(CorpusError, match=r"is no table that can be read; write \.csv, \.tsv"):
        from_table(written(folder, "x", "calls.xlsx"))
    with pytest.raises(CorpusError, match=r"line 1 of .* is no JSON"):
        from_table(written(folder, "x\n", "calls.jsonl"))
    with pytest.raises(CorpusError, match=r"line 1 of .* is no JSON object"):
        from_table(written(folder, "[]\n", "calls.jsonl"))
    with pytest.raises(CorpusError, match="cannot be read"):
        from_table(folder / "nowhere.csv")
    (folder / "latin.csv").write_bytes("file,emotion\nä.wav,sad\n".encode("latin-1"))
    with pytest.raises(CorpusError, match="is not UTF-8"):
        from_table(folder / "latin.csv")


@pytest.mark.train
def test_a_broken_parquet_table_is_refused(folder: Path) -> None:
    pytest.importorskip("pyarrow")
    with pytest.raises(CorpusError, match="is no Parquet table"):
        from_table(written(folder, "text", "calls.parquet"))
