from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from sertain.cli.main import main
from tests.bundle.bundles import level_bundle
from tests.bundle.voices import voice_bundle

Run = Callable[..., SimpleNamespace]
CLIPS = Path(__file__).parents[2] / "examples" / "clips"


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Folder of the bundle that hears how loud a voice is."""
    return str(level_bundle(tmp_path_factory.mktemp("models") / "level").path)


@pytest.fixture(scope="session")
def voice(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Folder of the bundle that gets to know a voice."""
    return str(voice_bundle(tmp_path_factory.mktemp("models") / "voice").path)


@pytest.fixture
def clips() -> Path:
    return CLIPS


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Call the command line in this process; gives code, out and err."""

    def called(*arguments: str, stdin: bytes = b"") -> SimpleNamespace:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        code = main(list(arguments))
        out, err = capsys.readouterr()
        return SimpleNamespace(code=code, out=out, err=err)

    return called


@pytest.fixture
def shell() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Call the command line as a process of its own."""

    def called(
        *arguments: str, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "sertain.cli.main", *arguments],
            capture_output=True,
            text=True,
            env={**os.environ, **(env or {})},
            check=False,
        )

    return called
