"""`sertain predict`: what it prints where, and with which exit code."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Run


def test_a_table_by_default(run: Run, model: str, clips: Path) -> None:
    done = run("predict", "--model", model, str(clips / "fast-high.opus"))
    assert done.code == 0
    assert done.err == ""
    header, _, row = done.out.splitlines()
    assert header.split() == ["file", "answer", "speech", "length"]
    assert row.startswith(str(clips / "fast-high.opus"))
    assert row.split()[1] == "angry"


def test_json_carries_what_the_answer_promises(run: Run, model: str, clips: Path) -> None:
    done = run("predict", "-m", model, "-f", "json", str(clips / "even.wav"))
    (answer,) = json.loads(done.out)
    assert done.code == 0
    assert list(answer) == [
        "file",
        "duration_s",
        "speech_s",
        "label",
        "confidence",
        "certain",
        "probabilities",
        "set",
        "set_coverage",
        "model",
        "baseline",
        "warnings",
    ]
    assert sum(answer["probabilities"].values()) == pytest.approx(1, abs=1e-6)
    assert answer["model"] == "level 1.0"


def test_a_folder_with_a_broken_file_is_answered_and_ends_with_1(
    run: Run, model: str, clips: Path, tmp_path: Path
) -> None:
    shutil.copy(clips / "even.wav", tmp_path / "a.wav")
    (tmp_path / "b.wav").write_bytes(b"")
    shutil.copy(clips / "silence.flac", tmp_path / "c.flac")
    done = run("predict", "-m", model, "-f", "jsonl", str(tmp_path))
    lines = [json.loads(line) for line in done.out.splitlines()]
    assert done.code == 1
    assert [Path(line["file"]).name for line in lines] == ["a.wav", "b.wav", "c.flac"]
    assert list(lines[1]) == ["file", "error"]
    assert lines[2]["label"] == "no speech"
    assert done.err == "sertain: 1 of 3 recordings failed\n"


@pytest.mark.parametrize("extra", [[], ["-f", "table"]])
def test_one_file_that_fails_is_one_line(run: Run, model: str, extra: list[str]) -> None:
    done = run("predict", "-m", model, "gone.wav", *extra)
    assert (done.code, done.out) == (1, "")
    assert done.err == "sertain: 'gone.wav' does not exist; check the path\n"


def test_json_of_one_file_that_fails_still_says_so(run: Run, model: str) -> None:
    done = run("predict", "-m", model, "gone.wav", "-f", "json")
    assert done.code == 1
    assert json.loads(done.out) == [
        {"file": "gone.wav", "error": "'gone.wav' does not exist; check the path"}
    ]
    assert done.err.count("\n") == 1


def test_standard_input_is_a_recording(run: Run, model: str, clips: Path) -> None:
    content = (clips / "even.wav").read_bytes()
    piped = run("predict", "-m", model, "-f", "json", "-", stdin=content)
    named = run("predict", "-m", model, "-f", "json", str(clips / "even.wav"))
    (one,), (other,) = json.loads(piped.out), json.loads(named.out)
    assert one.pop("file") == "-"
    other.pop("file")
    assert one == other


def test_a_real_pipe_can_be_heard(model: str, clips: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sertain.cli.main", "predict", "-m", model, "-f", "jsonl", "-"],
        input=(clips / "lively.flac").read_bytes(),
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["label"] == "angry"


def test_a_file_that_looks_like_an_option_follows_two_dashes(
    run: Run, model: str, clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(clips / "even.wav", "--model.wav")
    done = run("predict", "-m", model, "-f", "json", "--", "--model.wav")
    assert done.code == 0
    assert json.loads(done.out)[0]["file"] == "--model.wav"


def test_the_suffix_of_the_output_chooses_the_format(
    run: Run, model: str, clips: Path, tmp_path: Path
) -> None:
    target = tmp_path / "answers.csv"
    done = run("predict", "-m", model, str(clips / "even.wav"), "-o", str(target))
    assert (done.code, done.out) == (0, "")
    with target.open(newline="", encoding="utf-8") as opened:
        (row,) = csv.DictReader(opened)
    assert row["label"] == "angry"
    other = tmp_path / "answers.csv.json"
    run("predict", "-m", model, str(clips / "even.wav"), "-o", str(other), "--format", "jsonl")
    assert json.loads(other.read_text())["label"] == "angry"


def test_the_output_never_replaces_a_recording(
    run: Run, model: str, clips: Path, tmp_path: Path
) -> None:
    take = tmp_path / "take.wav"
    shutil.copy(clips / "even.wav", take)
    done = run("predict", "-m", model, str(take), "-o", str(tmp_path / "." / "take.wav"))
    assert done.code == 2
    assert "is one of the recordings" in done.err
    assert take.read_bytes() == (clips / "even.wav").read_bytes()


def test_an_output_folder_that_is_missing_is_said_before_the_work(run: Run, model: str) -> None:
    done = run("predict", "-m", model, "gone.wav", "-o", "no/such/folder/x.json")
    assert done.code == 2
    assert "there is no folder" in done.err


@pytest.mark.parametrize(
    ("limit", "code"), [("1.5", 1), ("1.5s", 1), ("0.02m", 1), ("2", 0), ("1h", 0), ("none", 0)]
)
def test_the_limit_on_length_is_a_time(
    run: Run, model: str, clips: Path, limit: str, code: int
) -> None:
    # even.wav lasts 1.998 s
    path = str(clips / "even.wav")
    assert run("predict", "-m", model, path, "--max-duration", limit).code == code


@pytest.mark.parametrize("limit", ["soon", "-3", "0", "5d", "nan", ""])
def test_a_limit_that_is_no_time_is_wrong_usage(run: Run, model: str, limit: str) -> None:
    done = run("predict", "-m", model, "a.wav", "--max-duration", limit)
    assert done.code == 2
    assert "is no time; write 90, 90s, 15m, 6h or none" in done.err


def test_without_a_model_it_is_said_which_there_are(run: Run) -> None:
    done = run("predict", "-m", "none-such", "a.wav")
    assert done.code == 1
    assert done.err.startswith("sertain: no model or folder is called 'none-such'")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such a name")
def test_a_name_that_is_no_text_is_printed_all_the_same(
    model: str, clips: Path, tmp_path: Path
) -> None:
    name = os.fsencode(tmp_path) + b"/\xff.wav"
    shutil.copy(clips / "even.wav", name)
    command = [sys.executable, "-m", "sertain.cli.main", "predict", "-m", model]
    for form in ("table", "json", "csv"):
        done = subprocess.run([*command, "-f", form, name], capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, b"")
        assert rb"\udcff.wav" in done.stdout
