"""`sertain adapt`: what it says where, and with which exit code."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.lab.adapt.takes import record


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return record(tmp_path_factory.mktemp("adapt") / "takes").parent


@pytest.fixture(autouse=True)
def _cache(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setenv("SERTAIN_CACHE", str(folder.parent / "cache"))


def test_it_says_the_figure_with_all_that_it_needs(
    run: Run, model: str, folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "mine"
    done = run("adapt", str(folder / "takes.csv"), "-o", str(out), "--bundle", model)
    assert done.code == 0
    said, figure = done.out.splitlines()
    assert said.startswith("mine: loud, quiet; 60 clips, strength ")
    assert figure == (
        "UAR 1.000 [1.000, 1.000], before 0.500 [0.500, 0.500], gain +0.500 [+0.500, +0.500]; "
        "speakers held out, intervals over speakers"
    )
    assert done.err.splitlines() == [
        "level 1.0: 60 labelled clips",
        "sertain: level did not know loud, quiet and misses every clip of it, so the gain is not "
        "of better hearing alone",
        f"wrote {out}",
    ]
    answer = run("predict", "-m", str(out), "-f", "csv", str(folder / "loud-anna-1.wav"))
    assert ",loud," in answer.out


def test_a_broken_recording_is_named_and_costs_the_exit_code(
    run: Run, model: str, folder: Path, tmp_path: Path
) -> None:
    (folder / "broken.wav").write_bytes(b"nothing")
    table = folder / "more.csv"
    table.write_text((folder / "takes.csv").read_text() + "broken.wav,loud,anna\n")
    done = run("adapt", str(table), "-o", str(tmp_path / "mine"), "--bundle", model)
    assert done.code == 1
    assert "sertain: left out broken: " in done.err
    assert (tmp_path / "mine" / "bundle.json").is_file()


def test_errors_are_one_line(run: Run, model: str, folder: Path, tmp_path: Path) -> None:
    out = str(tmp_path / "mine")
    lines = (folder / "takes.csv").read_text().splitlines()
    anna = folder / "anna.csv"
    anna.write_text("\n".join([lines[0], *(line for line in lines if line.endswith("anna"))]))
    few = folder / "few.csv"
    few.write_text("\n".join(lines[:9]) + "\n")
    for given, said in (
        ([str(anna)], "sertain: all clips are of one speaker, anna, so nothing says"),
        ([str(few)], "sertain: each label needs 5 clips that can be heard: 'quiet' has 3"),
        ([str(folder / "none.csv")], "sertain: there is no table or folder"),
        ([str(anna), "--labels", "loud,quite"], "did you mean 'quiet'?"),
        ([str(anna), "--bundle", "defualt"], "did you mean 'default'?"),
    ):
        done = run(
            "adapt", *given, "-o", out, *([] if "--bundle" in given else ["--bundle", model])
        )
        assert done.code == 1
        assert done.out == ""
        assert said in done.err.splitlines()[-1]
        assert not Path(out).exists()


def test_what_lies_in_the_way_is_said_before_anything_is_heard(
    run: Run, model: str, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    table = str(folder / "takes.csv")
    done = run("adapt", table, "-o", str(tmp_path), "--bundle", model)
    assert done.code == 2
    assert "holds other files" in done.err
    assert (tmp_path / "notes.txt").read_text() == "mine"
    own = tmp_path / "base"
    shutil.copytree(model, own)
    done = run("adapt", table, "-o", str(own), "--bundle", str(own))
    assert done.code == 2
    assert "the bundle to begin with" in done.err


def test_its_help_has_an_example(run: Run) -> None:
    done = run("adapt", "--help")
    assert done.code == 0
    assert "sertain adapt calls.csv -o runs/calls" in done.out
