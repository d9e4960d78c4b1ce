"""``sertain evaluate`` from its words to its files, and what it says when it cannot."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sertain.cli.main import main

CODES = ("a", "d", "f", "h", "n", "sa", "su")

RECIPE = """
about: a network small enough for a test
corpora: [savee]
labels: [neutral, happy, sad, angry, fearful, disgust, surprised]
frontend: {name: log_mel, parameters: {n_fft: 400, hop_length: 160, n_mels: 32}}
model: {name: residual_asp, parameters: {channels: [4, 4], blocks: [1, 1], time_strides: [1, 2]}}
sampling: {examples_per_epoch: 16}
training: {epochs: 1, batch_size: 8, clip_s: 0.5, precision: "32"}
"""


@pytest.fixture
def savee(tmp_path: Path) -> Path:
    """SAVEE's names: four men, two clips of each emotion."""
    folder = tmp_path / "savee"
    folder.mkdir()
    rng = np.random.default_rng(3)
    for man in ("DC", "JE", "JK", "KL"):
        for code in CODES:
            for number in (1, 2):
                samples = 0.1 * rng.standard_normal(8000)
                soundfile.write(folder / f"{man}_{code}{number:02d}.wav", samples, 16000)
    return folder


@pytest.mark.train
def test_two_folds_are_trained_then_read_again(
    savee: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SERTAIN_CACHE", str(tmp_path / "cache"))
    (tmp_path / "small.yaml").write_text(RECIPE)
    out = tmp_path / "out"
    command = ["evaluate", str(tmp_path / "small.yaml"), "--protocol", "savee4", "--folds", "0,2"]
    command += ["--corpus", f"savee={savee}", "--out", str(out)]
    assert main(command) == 0
    said = capsys.readouterr()
    figure = r"^savee4: UAR 0\.\d{3} \[0\.\d{3}, 0\.\d{3}\], folds pooled \(2 of 4\), 1 seed"
    assert re.search(figure + ", leak: none$", said.out, re.MULTILINE)
    assert "1 of 2: DC, seed 0: 28 training, 14 validation, 14 test clips" in said.err
    figures = json.loads((out / "results.json").read_text())
    assert figures["pooled"]["clips"] == 28
    assert figures["protocol"]["run"] == ["DC", "JK"]
    assert figures["runs"][0]["epochs"] == 1
    assert "2 of 4 folds pooled" in (out / "results.md").read_text()
    page = (out / "report.html").read_text("utf-8")
    assert "<td>savee4: SAVEE" in page
    assert {path.stem for path in (out / "figures").glob("*.png")} >= {"loss", "confusion-rates"}
    (out / "fold-0-seed-0" / "fit").rename(tmp_path / "gone")  # a finished fold needs no training
    assert main(command) == 0
    assert capsys.readouterr().err.count("(finished before)") == 2
    assert json.loads((out / "results.json").read_text())["pooled"] == figures["pooled"]


def test_the_list_names_protocols_and_their_leaks(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 22
    rows = dict(line.split(maxsplit=1) for line in lines)
    assert rows["luna5"] == "RAVDESS speech, five folds of unseen actors"
    assert rows["tess_random"].endswith("(700 clips) (leak: speakers on both sides)")
    assert rows["published/davies_chen2024"].endswith(
        "(leak: speakers on both sides; copies of one clip on both sides; "
        "the test set is also the validation set)"
    )
    assert len({line.index(title) for line, title in zip(lines, rows.values(), strict=True)}) == 1


@pytest.mark.train
def test_a_published_protocol_has_a_folder_of_its_own_and_states_its_leaks(
    savee: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SERTAIN_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(4)
    (tmp_path / "ravdess").mkdir()
    for actor in range(1, 25):
        for emotion in range(1, 9):
            path = tmp_path / "ravdess" / f"03-01-0{emotion}-01-01-01-{actor:02d}.wav"
            soundfile.write(path, 0.1 * rng.standard_normal(8000), 16000)
    recipe = RECIPE.replace("[savee]", "[ravdess, savee]").replace("neutral,", "neutral, calm,")
    (tmp_path / "small.yaml").write_text(recipe)
    places = ["--corpus", f"savee={savee}", "--corpus", f"ravdess={tmp_path / 'ravdess'}"]
    protocol = "published/davies_chen2024"
    assert main(["evaluate", "small.yaml", "--protocol", protocol, *places]) == 0
    leak = "speakers on both sides; the test set is also the validation set; "
    leak += "no augmented copies were made: the clips themselves are divided"
    assert capsys.readouterr().out.rstrip().endswith(f"1 seed, leak: {leak}")
    (page,) = (tmp_path / "runs" / "evaluate").glob("small-*/published/davies_chen2024/results.md")
    text = page.read_text()
    assert f"**Leak: {leak}.**" in text
    assert "learnt on the test set" in text
    assert "Nothing is chosen on test" not in text
    assert "186 | 62 | 62" in text  # 192 + 56 clips: three quarters and one


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--protocol", "luna6"], "unknown protocol 'luna6'; did you mean 'luna5'?"),
        (["--protocol", "luna5", "--corpora", "nowhere"], "the folder of corpora nowhere does not"),
    ],
)
@pytest.mark.train
def test_what_is_missing_is_said_in_one_line(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", "residual_asp", *words]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"sertain: {message}")
    assert said.count("\n") == 1


@pytest.mark.train
def test_too_few_speakers_are_said_before_anything_trains(
    savee: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in savee.glob("KL_*"):
        path.unlink()
    (tmp_path / "small.yaml").write_text(RECIPE)
    command = ["evaluate", str(tmp_path / "small.yaml"), "--protocol", "savee4"]
    assert main([*command, "--corpus", f"savee={savee}", "--out", str(tmp_path / "out")]) == 1
    assert "savee4 needs the 4 speakers of savee, but 3 are at hand" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["residual_asp"], "name a recipe and a --protocol"),
        (["residual_asp", "--protocol", "luna5", "--folds", "a"], "'a' is no list of numbers"),
        (
            ["residual_asp", "--protocol", "luna5", "--corpus", "x"],
            "'x' is not of the form NAME=DIR",
        ),
        (["residual_asp", "--protocol", "luna5", "--seeds", "0"], "--seeds"),
    ],
)
def test_wrong_usage_is_answered_with_two(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", *words]) == 2
    assert message in capsys.readouterr().err
