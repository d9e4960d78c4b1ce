from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sertain import bundle
from tests.bundle.bundles import level_bundle

Predict = Callable[..., tuple[int, list[dict[str, Any]], str]]


@pytest.fixture(scope="session")
def level(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Folder of the bundle that hears how loud a voice is."""
    return str(level_bundle(tmp_path_factory.mktemp("models") / "level").path)


@pytest.fixture(scope="session")
def default() -> str:
    """The name of the embedded model; skips where none is embedded."""
    if bundle.DEFAULT not in bundle.installed():
        pytest.skip("no model is embedded yet: sertain/weights/default is missing")
    return bundle.DEFAULT


@pytest.fixture(scope="session")
def clips() -> Path:
    return Path(__file__).parents[2] / "examples" / "clips"


@pytest.fixture(scope="session")
def predict() -> Predict:
    """`sertain predict` as a process: exit code, the JSON it printed, what it said beside."""

    def called(model: str, *arguments: str | Path) -> tuple[int, list[dict[str, Any]], str]:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "sertain.cli.main", "predict"),
                *("--format", "json", "--model", model),
                *map(str, arguments),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, json.loads(done.stdout), done.stderr

    return called
