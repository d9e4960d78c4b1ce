"""The built distributions, and an environment that holds the base package alone."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]


def run(*command: object, cwd: Path = PROJECT) -> subprocess.CompletedProcess[str]:
    """Run a command to its end and give what it said."""
    return subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="session")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist of this tree and the wheel built from that sdist."""
    folder = tmp_path_factory.mktemp("dist")
    built = run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, PROJECT)
    assert built.returncode == 0, built.stdout + built.stderr
    return folder


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory, distributions: Path) -> Path:
    """The programs of a fresh environment with the wheel and the locked base packages only."""
    folder = tmp_path_factory.mktemp("base") / "venv"
    venv.create(folder, with_pip=True, symlinks=True)
    programs = folder / "bin"
    pip = [programs / "python", "-m", "pip", "install", "--quiet"]
    locked = run(*pip, "-r", PROJECT / "requirements" / "base.txt")
    if locked.returncode and not os.environ.get("CI"):
        pytest.skip(f"pip cannot install the locked packages here: {locked.stderr[-200:]}")
    assert locked.returncode == 0, locked.stderr
    own = run(*pip, "--no-deps", *distributions.glob("*.whl"))
    assert own.returncode == 0, own.stderr
    return programs
