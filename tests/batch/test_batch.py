"""Many recordings: order kept, a broken one marked, the others answered."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import pytest

from sertain import Model, load
from sertain.batch import Recording, answers, plan
from sertain.predict import Failure, Outcome, Prediction
from tests.bundle.bundles import level_bundle

CLIPS = Path(__file__).parents[2] / "examples" / "clips"


@pytest.fixture(scope="module")
def level(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return load(level_bundle(tmp_path_factory.mktemp("models") / "level").path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """b.wav and sub/c.flac good, a.wav broken; and no recording: notes.txt."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.wav").write_bytes(b"RIFF not at all")
    shutil.copy(CLIPS / "even.wav", tmp_path / "b.wav")
    shutil.copy(CLIPS / "lively.flac", tmp_path / "sub" / "c.flac")
    (tmp_path / "notes.txt").write_text("no sound")
    return tmp_path


def heard(model: Model, planned: list[Recording | Failure], workers: int) -> list[Outcome]:
    return list(answers(model, planned, max_duration_s=None, workers=workers))


def test_a_plan_keeps_the_order_named_and_marks_what_is_nowhere(folder: Path) -> None:
    planned = plan(
        [f"{folder}/sub/*.flac", str(folder), "-", f"{folder}/nothing*", f"{folder}/b.wav", "-"],
        stdin=io.BytesIO(),
    )
    names = [each.name if isinstance(each, Recording) else each.file for each in planned]
    assert [name.removeprefix(f"{folder}/") for name in names] == [
        "sub/c.flac",
        "a.wav",
        "b.wav",
        "sub/c.flac",
        "-",
        "nothing*",
        "b.wav",
        "-",
    ]
    failures = [each for each in planned if isinstance(each, Failure)]
    assert "no recording matches" in failures[0].error
    assert "standard input can be read only once" in failures[1].error


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_answers_come_in_order_with_the_broken_one_marked(
    level: Model, folder: Path, workers: int
) -> None:
    stdin = io.BytesIO((CLIPS / "telephone.wav").read_bytes())
    planned = plan([str(folder), f"{folder}/gone.wav", "-"], stdin=stdin)
    outcomes = heard(level, planned, workers)
    broken, second, third, gone, piped = outcomes
    assert isinstance(broken, Failure)
    assert "not audio" in broken.error
    assert isinstance(gone, Failure)
    assert "does not exist" in gone.error
    assert second == level.predict(folder / "b.wav")
    assert third == level.predict(folder / "sub" / "c.flac")
    assert isinstance(piped, Prediction)
    assert piped.file == "-"
    assert piped.probabilities == level.predict(CLIPS / "telephone.wav").probabilities


def test_many_short_recordings_are_answered_like_one_by_one(level: Model) -> None:
    planned = plan([str(CLIPS)] * 4, stdin=io.BytesIO())
    assert len(planned) >= 40
    assert heard(level, planned, workers=4) == heard(level, planned, workers=1)


def test_a_limit_on_length_marks_the_longer_ones(level: Model) -> None:
    planned = plan([str(CLIPS / "even.wav"), str(CLIPS / "long-pause.opus")], stdin=io.BytesIO())
    short, long = answers(level, planned, max_duration_s=5.0)
    assert isinstance(short, Prediction)
    assert isinstance(long, Failure)
    assert "longer than the limit of 5 s" in long.error


def test_who_stops_reading_does_not_wait_for_the_rest(level: Model) -> None:
    planned = plan([str(CLIPS / "even.wav")] * 500, stdin=io.BytesIO())
    stream = answers(level, planned, max_duration_s=None, workers=2)
    first = next(stream)
    stream.close()
    assert first == level.predict(CLIPS / "even.wav")


def test_a_fault_in_one_recording_does_not_cost_the_others(level: Model) -> None:
    class Faulty(io.BytesIO):
        def read(self, _size: int | None = -1, /) -> bytes:
            raise RuntimeError("a fault of ours\nwith details")

    content = (CLIPS / "even.wav").read_bytes()
    planned: list[Recording | Failure] = [
        Recording("faulty", Faulty(content)),
        Recording("good", io.BytesIO(content)),
    ]
    faulty, good = heard(level, planned, workers=2)
    assert isinstance(faulty, Failure)
    assert faulty.error == "unexpected RuntimeError: a fault of ours; please report it"
    assert isinstance(good, Prediction)


def test_no_recording_gives_no_answer(level: Model) -> None:
    assert heard(level, [], workers=2) == []
