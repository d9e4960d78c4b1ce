"""What is written of a recording: names made harmless, errors in the user's words, order."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sertain import Model, load
from sertain.predict import Failure, Prediction
from sertain.service.page.card import card
from sertain.service.page.hearing import acquainted, hear, takes_baseline
from sertain.service.page.sheet import COLUMNS, folded, rows, sheet, sorted_rows
from tests.bundle.bundles import level_bundle
from tests.bundle.voices import voice_bundle
from tests.service.page.conftest import CLIPS


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return load(level_bundle(tmp_path_factory.mktemp("models") / "level").path)


def test_a_recording_is_heard_as_the_python_interface_hears_it(model: Model) -> None:
    path = CLIPS / "two-voices.opus"
    heard = hear(model, path, "mine.opus")
    expected = model.predict(path, name="mine.opus")
    assert isinstance(heard.outcome, Prediction)
    assert heard.outcome.to_dict() == expected.to_dict()
    assert heard.info is not None
    assert (heard.info.channels, heard.info.sample_rate, heard.size) == (2, 48_000, 23_058)
    assert heard.drawing is not None


def test_recordings_of_one_voice_are_known_as_the_command_line_knows_a_batch(
    model: Model, tmp_path: Path
) -> None:
    voice = load(voice_bundle(tmp_path / "voice").path)
    assert (takes_baseline(voice), takes_baseline(model)) == (True, False)
    paths = [CLIPS / name for name in ("even.wav", "lively.flac", "slow-low.opus")]
    knowing, caution = acquainted(voice, paths)
    heard = hear(knowing, paths[0], "mine.wav", drawn=False, caution=caution)
    expected = voice.with_baseline(paths, name="batch").predict(paths[0], name="mine.wav")
    assert heard.outcome == expected
    assert "batch, 7.2 s: " in sheet(heard)
    alone, caution = acquainted(voice, paths[:1])
    heard = hear(alone, paths[0], "mine.wav", drawn=False, caution=caution)
    assert isinstance(heard.outcome, Prediction)
    assert heard.outcome.baseline is None
    assert "no baseline: the batch has 1.8 s of speech, less than 5 s" in heard.outcome.warnings
    assert "no baseline" in sheet(heard)


def test_an_error_names_the_file_as_its_owner_does(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "digest" / "stored.wav"
    path.parent.mkdir()
    path.write_text("no sound")
    heard = hear(model, path, "Mine (1).wav")
    assert isinstance(heard.outcome, Failure)
    assert "'Mine (1).wav'" in heard.outcome.error
    assert str(tmp_path) not in heard.outcome.error


def test_a_fault_of_ours_is_a_line_too(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(model, "predict", broken)
    (tmp_path / "a.wav").touch()
    heard = hear(model, tmp_path / "a.wav", "a.wav")
    line = "unexpected ZeroDivisionError: by zero; please report it"
    assert heard.outcome == Failure("a.wav", line)


def test_a_name_cannot_bring_markup(model: Model, tmp_path: Path) -> None:
    name = "<img src=x onerror=alert(1)>.wav"
    (tmp_path / "a.wav").write_bytes((CLIPS / "even.wav").read_bytes())
    (tmp_path / "b.wav").write_text("no sound")
    for file in ("a.wav", "b.wav"):
        heard = hear(model, tmp_path / file, name)
        written = sheet(heard) + folded([heard])
        assert "<img src=x" not in written
        assert "&lt;img src=x onerror=alert(1)&gt;.wav" in written


def test_the_bars_are_as_long_as_the_probabilities(model: Model) -> None:
    heard = hear(model, CLIPS / "even.wav", "even.wav", drawn=False)
    assert isinstance(heard.outcome, Prediction)
    assert heard.outcome.probabilities is not None
    widths = [float(width) for width in re.findall(r"width:([\d.]+)%", sheet(heard))]
    ranked = sorted(heard.outcome.probabilities.values(), reverse=True)
    assert widths == pytest.approx([100 * value for value in ranked], abs=0.01)
    assert sum(widths) == pytest.approx(100, abs=0.05)


def test_rows_are_sorted_by_numbers_or_words_and_empty_cells_come_last(model: Model) -> None:
    names = ["even.wav", "music.opus", "lively.flac"]
    table = rows([hear(model, CLIPS / name, name, drawn=False) for name in names])
    assert [len(row) for row in table] == [len(COLUMNS)] * 3

    def order(column: str, *, backwards: bool = False) -> list[object]:
        return [row[0] for row in sorted_rows(table, column, backwards)]

    assert order("nr", backwards=True) == [3, 2, 1]
    assert order("file") == [1, 3, 2]
    # The music has no confidence; lengths are 2.0, 4.0 and 2.3 s.
    assert order("confidence")[-1] == order("confidence", backwards=True)[-1] == 2
    assert order("length") == [1, 3, 2]


def test_a_model_tells_its_data_licence_and_scores(tmp_path: Path) -> None:
    told = card(level_bundle(tmp_path / "level"))
    assert "| luna5 | UAR | 0.625 | 0.580 to 0.671 | 1 |" in told
    assert "| none | 3 | 2 | CC0-1.0 |" in told
    assert "## level 1.0\n" in told  # one step lower: the page has a first heading


def test_a_model_without_scores_says_so(tmp_path: Path) -> None:
    bundle = level_bundle(tmp_path / "level", scores=())
    assert "Nothing was measured by a protocol." in card(bundle)
