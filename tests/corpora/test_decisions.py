"""Decisions about labels: what a table changes, what it drops, and what it may not say."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from sertain.corpora import decisions
from sertain.corpora.clip import Clip
from sertain.corpora.decisions import Decision
from sertain.errors import CorpusError, LabelError
from sertain.labels import Emotion

CLIPS = [
    Clip("mine", name, Path(f"{name}.wav"), emotion, "mine/anna")
    for name, emotion in (
        ("a", Emotion.SAD),
        ("b", Emotion.ANGRY),
        ("c", Emotion.SAD),
        ("d", Emotion.HAPPY),
    )
]
HEAD = "clip,label,decision,new_label,who,when\n"


def table(folder: Path, rows: str, head: str = HEAD) -> Path:
    path = folder / "decisions.csv"
    path.write_text(head + rows, "utf-8")
    return path


def test_labels_change_clips_go_and_the_rest_stays(tmp_path: Path) -> None:
    path = table(
        tmp_path,
        "mine/a,sad,change,anger,eva,2026-01-01\nmine/b,angry,drop,,eva,\nmine/c,,keep,,,\n"
        "mine/z,,drop,,,\ntess/x,,drop,,,\n",
    )
    left, applied = decisions.apply(decisions.read(path), CLIPS)
    assert [(clip.name, clip.emotion) for clip in left] == [
        ("a", Emotion.ANGRY),
        ("c", Emotion.SAD),
        ("d", Emotion.HAPPY),
    ]
    assert applied.to_dict() == {
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "kept": 1,
        "changed": 1,
        "dropped": 1,
        "unknown": 1,
        "elsewhere": 1,
    }
    assert str(applied).startswith(
        "1 labels changed, 1 clips dropped, 1 kept, 1 name no clip, 1 are of other corpora (hash "
    )


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    rows = [
        Decision("mine/a", "change", Emotion.SAD, Emotion.HAPPY, "eva, or ben", "2026-01-01"),
        Decision("mine/b", "drop"),
    ]
    decisions.write(tmp_path / "d.csv", rows)
    assert list(decisions.read(tmp_path / "d.csv").rows.values()) == rows
    assert [path.name for path in tmp_path.iterdir()] == ["d.csv"]
    decisions.write(tmp_path / "d.csv", [])
    assert decisions.read(tmp_path / "d.csv").rows == {}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("mine/a,,delete,,,", "row 1 of .* has the decision 'delete'; write keep, change or drop"),
        ("mine/a,,change,,,", "changes a label and names none"),
        ("mine/a,,keep,happy,,", "names a new label and does not change it"),
        (",,drop,,,", "row 1 of .* names no clip"),
        ("mine/a,,drop,,,\nmine/a,,keep,,,", "row 2 of .* decides mine/a a second time"),
    ],
)
def test_a_row_that_is_no_decision_is_named(tmp_path: Path, row: str, said: str) -> None:
    with pytest.raises(CorpusError, match=said):
        decisions.read(table(tmp_path, row + "\n"))


def test_a_word_that_is_no_emotion_is_named_with_its_row(tmp_path: Path) -> None:
    with pytest.raises(LabelError, match=r"row 1 of .*: 'grumpyish'"):
        decisions.read(table(tmp_path, "mine/a,,change,grumpyish,,\n"))


def test_a_table_without_its_columns_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="has no column 'decision'; it has clip, what"):
        decisions.read(table(tmp_path, "mine/a,drop\n", head="clip,what\n"))
    with pytest.raises(CorpusError, match="cannot be read"):
        decisions.read(tmp_path / "gone.csv")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("mine/a,angry,keep,,,", "decides mine/a as 'angry', but it is labelled 'sad'"),
        ("mine/a,sad,change,calm,,", "changes mine/a to 'calm', which no other clip of mine has"),
    ],
)
def test_decisions_that_do_not_fit_the_clips_are_refused(
    tmp_path: Path, row: str, said: str
) -> None:
    with pytest.raises(CorpusError, match=said):
        decisions.apply(decisions.read(table(tmp_path, row + "\n")), CLIPS)
