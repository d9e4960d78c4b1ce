"""What ``sertain reproduce`` answers before it begins."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Run

pytestmark = pytest.mark.train


def test_help_has_an_example_and_the_exit_codes(run: Run) -> None:
    shown = run("reproduce", "--help")
    assert shown.code == 0
    assert "sertain reproduce B8 --protocol published" in shown.out
    assert "Exit code: 0 when every run went through" in shown.out


@pytest.mark.parametrize(
    ("word", "remedy"),
    [
        ("B88", "did you mean 'B8'?"),
        ("crnn_gru", "did you mean 'davies_chen2024/crnn_gru'?"),
        ("Z", "name a system (A, B, C, D, E, own), a row (A1) or a recipe"),
    ],
)
def test_an_unknown_system_is_one_line_with_the_nearest_name(
    run: Run, word: str, remedy: str
) -> None:
    ended = run("reproduce", word)
    assert ended.code == 1
    assert ended.err == f"sertain: '{word}' is no row, system or recipe of the table; {remedy}\n"


@pytest.mark.parametrize("words", [("--seeds", "0"), ("--jobs", "0"), ("--protocol", "x")])
def test_wrong_usage_is_answered_with_two(run: Run, words: tuple[str, ...]) -> None:
    ended = run("reproduce", *words)
    assert ended.code == 2
    assert words[0] in ended.err


def test_quick_and_whole_exclude_each_other(run: Run) -> None:
    ended = run("reproduce", "--quick", "--whole")
    assert ended.code == 2
    assert "--quick trains little and --whole all: name one of them" in ended.err


def test_no_place_for_corpora_is_said_with_the_rows_that_want_them(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SERTAIN_CORPORA", raising=False)
    ended = run("reproduce", "C")
    assert ended.code == 1
    assert ended.err.startswith(
        "sertain: C1 on published/shukla: it is not said where ravdess lies"
    )
    assert ended.err.count("\n") == 1
