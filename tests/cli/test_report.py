"""Reports: written by what trains and measures, drawn again by `sertain report`."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.lab.report import runs

pytestmark = pytest.mark.train

FIGURES = {"confusion-counts", "confusion-rates", "classes"}


def test_runs_are_drawn_again(run: Run, tmp_path: Path) -> None:
    first = runs.training(tmp_path / "a")
    second = runs.evaluation(tmp_path / "b")
    done = run("report", str(first), str(second))
    assert (done.code, done.err) == (0, "")
    assert done.out == f"wrote {first / 'report.html'}\nwrote {second / 'report.html'}\n"


def test_what_is_no_run_is_one_line(run: Run, tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "gone"):
        done = run("report", str(folder))
        assert (done.code, done.out) == (1, "")
        assert done.err == (
            f"sertain: {folder} holds no run: neither results.json nor run.json; "
            "name the folder of a run\n"
        )


def test_a_bundle_on_clips_gets_its_page_where_matplotlib_is(
    run: Run, model: str, clips: Path, tmp_path: Path
) -> None:
    rows = ["even.wav,sad", "lively.flac,angry", "polish.opus,angry", "german.opus,sad"]
    (tmp_path / "t.csv").write_text("\n".join(["file,emotion", *rows]))
    for row in rows:
        shutil.copy(clips / row.split(",")[0], tmp_path)
    command = ["evaluate", "--bundle", model, "--table", str(tmp_path / "t.csv"), "--out"]
    with_it, without = tmp_path / "with", tmp_path / "without"
    done = run(*command, str(with_it))
    assert done.code == 0, done.err
    assert f"wrote {with_it / 'report.html'}" in done.err
    assert {path.stem for path in (with_it / "figures").iterdir()} == FIGURES
    code = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "from sertain.cli.main import main\n"
        f"sys.exit(main({[*command, str(without)]!r}))\n"
    )
    bare = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert bare.returncode == 0, bare.stderr
    assert (without / "results.json").is_file()
    assert not (without / "report.html").exists()
