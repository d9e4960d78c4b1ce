"""`sertain predict --pictures`: one set a recording, beside the same answers."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

from PIL import Image

from tests.cli.conftest import Run

KINDS = ("mel-filter-bank", "spectrogram", "waveform")


def pictures(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def title(path: Path) -> str:
    return str(Image.open(io.BytesIO(path.read_bytes())).text["Title"])


def test_the_answers_are_those_without_pictures(
    run: Run, model: str, clips: Path, tmp_path: Path
) -> None:
    plain = run("predict", "-m", model, "-f", "jsonl", str(clips / "even.wav"))
    out = tmp_path / "new" / "pictures"
    drawn = run(
        "predict", "-m", model, "-f", "jsonl", str(clips / "even.wav"), "--pictures", str(out)
    )
    assert (drawn.code, drawn.out) == (0, plain.out)
    assert drawn.err == f"sertain: 3 pictures each of 1 recording in {out}\n"
    assert pictures(out) == [f"even-{kind}.png" for kind in KINDS]
    assert title(out / "even-waveform.png") == "angry 0.51: even.wav"


def test_a_folder_with_a_broken_and_a_silent_file(
    run: Run, model: str, clips: Path, tmp_path: Path
) -> None:
    takes = tmp_path / "takes"
    (takes / "more").mkdir(parents=True)
    shutil.copy(clips / "even.wav", takes / "one take.wav")
    shutil.copy(clips / "lively.flac", takes / "more" / "ONE-take.flac")
    shutil.copy(clips / "silence.flac", takes / "silence.flac")
    (takes / "broken.wav").write_bytes(b"no sound")
    done = run("predict", "-m", model, str(takes), "--pictures", str(tmp_path / "p"))
    assert done.code == 1
    assert done.err == (
        f"sertain: 3 pictures each of 3 recordings in {tmp_path / 'p'}\n"
        "sertain: 1 of 4 recordings failed\n"
    )
    # In the order of the table: what lies deeper comes first here, its name is not taken twice.
    assert pictures(tmp_path / "p") == [
        *(f"ONE-take-{kind}.png" for kind in KINDS),
        *(f"one-take-2-{kind}.png" for kind in KINDS),
        *(f"silence-{kind}.png" for kind in KINDS),
    ]
    assert title(tmp_path / "p" / "silence-spectrogram.png") == "no speech: silence.flac"


def test_standard_input_is_heard_and_drawn(
    run: Run, model: str, clips: Path, tmp_path: Path
) -> None:
    content = (clips / "even.wav").read_bytes()
    command = ("predict", "-m", model, "-f", "csv", "-")
    done = run(*command, "--pictures", str(tmp_path), stdin=content)
    assert (done.code, done.out) == (0, run(*command, stdin=content).out)
    assert pictures(tmp_path) == [f"standard-input-{kind}.png" for kind in KINDS]


def test_an_empty_standard_input_fails_as_without_pictures(
    run: Run, model: str, tmp_path: Path
) -> None:
    done = run("predict", "-m", model, "-", "--pictures", str(tmp_path))
    assert done.code == 1
    assert "is empty (0 bytes)" in done.err
    assert pictures(tmp_path) == []


def test_a_place_that_cannot_be_a_folder_is_wrong_usage(
    run: Run, model: str, clips: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("x")
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        done = run("predict", "-m", model, str(clips / "even.wav"), "--pictures", str(place))
        assert (done.code, done.out) == (2, "")
        assert "--pictures" in done.err
