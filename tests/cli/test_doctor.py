"""`sertain doctor`: every part looked at, a broken one reported with its own words."""

from __future__ import annotations

import importlib.util
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy
import pytest

from sertain import bundle

Shell = Callable[..., subprocess.CompletedProcess[str]]


def findings(done: subprocess.CompletedProcess[str]) -> dict[str, dict[str, str]]:
    return {each["part"]: each for each in json.loads(done.stdout)}


@pytest.fixture(scope="module")
def broken_neighbours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A torchaudio built for another torch, a torchvision that takes its process down, and a
    scikit-learn that needs what is not there."""
    folder = tmp_path_factory.mktemp("modules")
    (folder / "torchaudio.py").write_text('raise OSError("libtorchaudio.so: undefined symbol")\n')
    (folder / "torchvision.py").write_text("import os\nos.abort()\n")
    (folder / "sklearn.py").write_text("import a_library_nobody_has\n")
    return folder


@pytest.mark.slow
def test_a_broken_module_is_reported_in_its_own_words(
    shell: Shell, broken_neighbours: Path, tmp_path: Path
) -> None:
    encoder = tmp_path / "whisper-small"
    encoder.mkdir()
    (encoder / "config.json").write_text("{}")
    (tmp_path / "ravdess").mkdir()
    done = shell(
        "doctor",
        "--format",
        "json",
        env={
            "PYTHONPATH": str(broken_neighbours),
            "SERTAIN_CORPORA": str(tmp_path),
            "SERTAIN_ENCODERS": str(tmp_path),
        },
    )
    assert done.stderr == ""
    found = findings(done)
    assert found["torchaudio"]["state"] == "broken"
    assert found["torchaudio"]["detail"] == "OSError: libtorchaudio.so: undefined symbol"
    assert found["torchvision"]["state"] == "broken"
    assert found["torchvision"]["detail"].startswith("its import ended by SIGABRT")
    assert found["scikit-learn"]["state"] == "broken"
    assert "a_library_nobody_has" in found["scikit-learn"]["detail"]
    assert found["numpy"] == {
        "room": "predict",
        "part": "numpy",
        "state": "ok",
        "detail": numpy.__version__,
        "needed": True,
    }
    for module in ("transformers", "fastapi"):
        if importlib.util.find_spec(module) is None:
            assert found[module]["state"] == "missing"
            assert found[module]["detail"].startswith("pip install 'sertain[")
    assert found["whisper-small"]["detail"] == str(encoder)
    assert found["ravdess"]["detail"] == str(tmp_path / "ravdess")
    assert found["savee"]["state"] == "missing"
    works = "default" in bundle.installed()
    assert found["default"]["state"] == ("ok" if works else "missing")
    assert done.returncode == (0 if works else 1)


@pytest.mark.slow
def test_without_a_needed_module_it_says_that_predict_does_not_work(
    shell: Shell, tmp_path: Path
) -> None:
    (tmp_path / "onnxruntime.py").write_text("import os\nos.abort()\n")
    done = shell("doctor", env={"PYTHONPATH": str(tmp_path), "SERTAIN_CORPORA": ""})
    assert done.returncode == 1
    assert "its import ended by SIGABRT" in done.stdout
    assert "not tried without onnxruntime" in done.stdout
    assert done.stdout.endswith("sertain predict does not work: see above\n")
