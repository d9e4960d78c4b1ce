"""A table says which files to answer and whose voice each is."""

from __future__ import annotations

from pathlib import Path

import pytest

from sertain.batch.table import grouped
from sertain.errors import CorpusError


def table(folder: Path, text: str, name: str = "calls.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_files_are_relative_to_the_table_and_groups_named_by_their_column(tmp_path: Path) -> None:
    path = table(tmp_path, "file,Agent,mood\na/1.wav,anna,x\n/abs/2.wav,,y\na/3.wav,ben,z\n")
    recordings, groups = grouped(path, "agent")
    assert [each.source for each in recordings] == [
        tmp_path / "a/1.wav",
        Path("/abs/2.wav"),
        tmp_path / "a/3.wav",
    ]
    assert [each.name for each in recordings] == [str(each.source) for each in recordings]
    assert groups == ["agent anna", None, "agent ben"]


def test_a_path_column_and_other_kinds_of_table_are_read(tmp_path: Path) -> None:
    lines = '{"path": "1.wav", "speaker": 7}\n'
    recordings, groups = grouped(table(tmp_path, lines, "calls.jsonl"), "speaker")
    assert recordings[0].source == tmp_path / "1.wav"
    assert groups == ["speaker 7"]
    assert grouped(table(tmp_path, "path;who\n1.wav;anna\n"), "who")[1] == ["who anna"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("file,agent\na.wav,anna\n", r"has no column 'speaker'; it has file, agent"),
        ("name,speaker\na.wav,anna\n", r"has no column 'file'; it has name, speaker"),
        ("file,speaker\n,anna\n", r"row 1 of .* names no file"),
        ("file,speaker\n", r"has no rows"),
        ("file,speaker,start,end\na.wav,anna,0,\nb.wav,anna,1.5,3\n", r"row 2 .* 1\.5 s to 3 s;"),
        ("file,speaker,end\na.wav,anna,2\n", r"row 1 .* 0 s to 2 s"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(CorpusError, match=said):
        grouped(table(tmp_path, text), "speaker")
