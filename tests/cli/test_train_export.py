"""From a folder of one's own recordings to a bundle that answers, by three commands."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.lab import tones

pytestmark = [pytest.mark.train, pytest.mark.slow]

RECIPE = """
about: three pitches told apart
corpora: [mine]
labels: [happy, sad, angry]
frontend: {name: log_mel, parameters: {n_fft: 512, hop_length: 320, n_mels: 16}}
model: {name: residual_asp, parameters: {channels: [4, 8], blocks: [1, 1], time_strides: [1, 2]}}
sampling: {examples_per_epoch: 96}
training:
  {epochs: 12, patience: 12, batch_size: 16, clip_s: 0.5, precision: "32", average_decay: 0.8,
   learning_rate: 1.0e-2}
"""


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A table of three speakers' clips, and a recipe for it."""
    monkeypatch.setenv("SERTAIN_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("SERTAIN_CORPORA", raising=False)
    clips = tones.make(tmp_path, speakers=3, corpus="mine")
    rows = [f"{clip.path.name},{clip.emotion},{clip.speaker}" for clip in clips]
    (tmp_path / "mine.csv").write_text("\n".join(["file,emotion,speaker", *rows]), "utf-8")
    (tmp_path / "small.yaml").write_text(RECIPE, "utf-8")
    return tmp_path


def test_a_run_is_trained_exported_and_found_the_same_by_torch_and_the_bundle(
    mine: Path, run: Run
) -> None:
    corpus = ("--corpus", f"mine={mine / 'mine.csv'}")
    trained = run("train", str(mine / "small.yaml"), *corpus, "--out", str(mine / "run"))
    assert trained.code == 0, trained.err
    assert "18 clips train, 9 of 1 speakers validate" in trained.err
    assert re.search(r"UAR 1\.000 on held-out speakers", trained.out)
    assert (mine / "run/csv/metrics.csv").is_file()
    assert list((mine / "run/tensorboard").glob("events*"))
    assert f"wrote {mine / 'run/report.html'}" in trained.err
    shown = {path.name for path in (mine / "run/figures").glob("*.svg")}
    assert {"loss.svg", "confusion-counts.svg", "confusion-rates.svg", "classes.svg"} <= shown
    answers = (mine / "run/validation.csv").read_text("utf-8").splitlines()
    assert len(answers) == 1 + 9
    # All of the nine are right, as the UAR of 1 says.
    assert all(row.split(",")[4] == row.split(",")[5] for row in answers[1:])

    exported = run("export", str(mine / "run"), *corpus, "--out", str(mine / "bundle"))
    assert exported.code == 0, exported.err
    spec = json.loads((mine / "bundle/bundle.json").read_text("utf-8"))
    assert spec["labels"] == ["happy", "sad", "angry"]
    assert spec["licence"] == "the user's own"
    card = (mine / "bundle/README.md").read_text("utf-8")
    assert "| mine | 27 | 3 | the user's own |" in card
    assert "Regulation (EU) 2024/1689" in card

    shown = run("models", "show", str(mine / "bundle"))
    assert shown.code == 0
    assert "Nothing was measured by a protocol." in shown.out


def test_a_student_is_trained_with_its_teacher_and_its_card_names_it(mine: Path, run: Run) -> None:
    corpus = ("--corpus", f"mine={mine / 'mine.csv'}")
    quick = RECIPE.replace("epochs: 12, patience: 12", "epochs: 1, patience: 1")
    (mine / "large.yaml").write_text(quick, "utf-8")
    (mine / "small.yaml").write_text(quick + "teacher: {weight: 0.6}\n", "utf-8")
    for seed in ("0", "1"):
        out = ("--seed", seed, "--out", str(mine / f"large-{seed}"))
        assert run("train", str(mine / "large.yaml"), *corpus, *out).code == 0
    held = [
        json.loads((mine / f"large-{seed}/run.json").read_text("utf-8"))["validation"]
        for seed in (0, 1)
    ]
    assert held[0] != held[1]
    small = ("train", str(mine / "small.yaml"), *corpus, "--out", str(mine / "run"))
    refused = run(*small, "--teacher", str(mine / "large-1"))
    assert refused.code == 1
    assert re.search(r"learnt from the speaker mine/\S+, which the student holds", refused.err)
    assert "--seed 1" in refused.err
    assert not (mine / "run").exists()
    taught = run(*small, "--teacher", str(mine / "large-0"))
    assert taught.code == 0, taught.err
    exported = run("export", str(mine / "run"), *corpus)
    assert exported.code == 0, exported.err
    card = (mine / "run/bundle/README.md").read_text("utf-8")
    assert "Taught by 1 network (large " in card
    assert "which heard mine): of the loss 60% is its answers at temperature 2," in card


def test_a_second_call_reads_the_finished_run(mine: Path, run: Run) -> None:
    command = ("train", str(mine / "small.yaml"), "--corpus", f"mine={mine / 'mine.csv'}")
    out = ("--out", str(mine / "run"))
    first = run(*command, *out)
    checkpoint = (mine / "run/best.ckpt").stat().st_mtime_ns
    assert run(*command, *out).out == first.out
    assert (mine / "run/best.ckpt").stat().st_mtime_ns == checkpoint
    other = run(*command, "--seed", "1", *out)
    assert other.code == 1
    assert "holds a run with another seed" in other.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("train", "residual_aps"), "did you mean 'residual_asp'"),
        (("train", "RECIPE"), "it is not said where mine lies|'mine' is no known corpus"),
        (("export", "nowhere"), "nowhere holds no finished run"),
    ],
)
def test_what_is_missing_is_said_in_one_line(
    mine: Path, run: Run, arguments: tuple[str, ...], message: str
) -> None:
    called = run(*(str(mine / "small.yaml") if word == "RECIPE" else word for word in arguments))
    assert called.code == 1
    assert re.search(message, called.err)
    assert called.err.strip().count("\n") == 0
