"""The root: commands imported when called, errors in one line, exit codes as promised."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import sertain.cli
from sertain import __version__
from tests.cli.conftest import Run


def loaded_by(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


def test_help_lists_every_command_and_imports_none() -> None:
    code = (
        "from contextlib import redirect_stdout; import io\n"
        "from sertain.cli.main import main\n"
        "said = io.StringIO()\n"
        "with redirect_stdout(said): assert main(['--help']) == 0\n"
        "for name in 'predict page models doctor corpora train evaluate export'.split():\n"
        "    assert f'\\n  {name} ' in said.getvalue(), name\n"
    )
    heavy = {"numpy", "rich", "onnxruntime", "soundfile", "av", "sertain.predict"}
    assert not heavy & loaded_by(code)


def test_importing_the_package_loads_only_itself() -> None:
    ours = {name for name in loaded_by("import sertain") if name.startswith("sertain")}
    assert ours == {"sertain"}


def test_the_version_is_the_packages(run: Run) -> None:
    assert run("--version").out == f"sertain, version {__version__}\n"


@pytest.mark.parametrize(
    "arguments", [["predict"], ["predict", "--format", "xml", "a.wav"], ["sing"], ["--loud"]]
)
def test_wrong_usage_ends_with_2(run: Run, arguments: list[str]) -> None:
    done = run(*arguments)
    assert done.code == 2
    assert "Error: " in done.err
    assert done.out == ""


def test_an_error_of_ours_is_one_line_and_ends_with_1(run: Run, tmp_path: Path) -> None:
    done = run("predict", "--model", str(tmp_path), "a.wav")
    assert done.code == 1
    assert done.out == ""
    (line,) = done.err.splitlines()
    assert line.startswith(f"sertain: {tmp_path} is no whole bundle: model.onnx, ")


@pytest.mark.parametrize(
    ("command", "body"),
    [
        ("train", "import a_library_nobody_has"),
        (
            "train",
            "import click\n@click.command()\ndef train():\n    import a_library_nobody_has.part",
        ),
    ],
)
def test_a_missing_extra_is_one_line_with_the_remedy(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, body: str
) -> None:
    (tmp_path / f"{command}.py").write_text(body)
    monkeypatch.setattr(sertain.cli, "__path__", [str(tmp_path)])
    monkeypatch.delitem(sys.modules, f"sertain.cli.{command}", raising=False)
    done = run(command)
    assert done.code == 1
    assert done.err == (
        f"sertain: sertain {command} needs the module 'a_library_nobody_has', which is not "
        "installed; run: pip install 'sertain[train]'\n"
    )
    sys.modules.pop(f"sertain.cli.{command}", None)


def test_a_reader_that_leaves_is_no_error(model: str, clips: Path) -> None:
    files = [str(clips / "even.wav")] * 30
    process = subprocess.Popen(
        [sys.executable, "-m", "sertain.cli.main", "predict", "-f", "jsonl", "-m", model, *files],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline().startswith(b'{"file"')
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    process.wait(timeout=60)
    assert said == b""


def test_an_interruption_ends_with_130_and_no_traceback(model: str, clips: Path) -> None:
    files = [str(clips / "even.wav")] * 2000
    process = subprocess.Popen(
        [sys.executable, "-m", "sertain.cli.main", "predict", "-f", "jsonl", "-m", model, *files],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.readline()  # it is at work
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.strip().splitlines() == ["sertain: interrupted"]
