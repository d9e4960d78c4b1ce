"""The wheel carries all that prediction needs and nothing else; a fresh environment runs it."""

from __future__ import annotations

import json
import re
import tarfile
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

import sertain

from .conftest import PROJECT, run

pytestmark = pytest.mark.slow

CLIPS = PROJECT / "examples" / "clips"
DEFAULT = PROJECT / "src" / "sertain" / "weights" / "default" / "model.onnx"
needs_default = pytest.mark.skipif(
    not DEFAULT.exists(), reason="the default bundle is not in the tree"
)


def names(distributions: Path) -> set[str]:
    (wheel,) = distributions.glob("*.whl")
    return set(zipfile.ZipFile(wheel).namelist())


def test_the_wheel_holds_every_file_of_the_package(distributions: Path) -> None:
    package = PROJECT / "src"
    tree = {
        path.relative_to(package).as_posix()
        for path in (package / "sertain").rglob("*")
        if path.is_file()
        and not re.search(r"/(\.|__pycache__/)", path.relative_to(package).as_posix())
    }
    assert {name for name in names(distributions) if name.startswith("sertain/")} == tree


def test_the_wheel_holds_nothing_but_the_package_and_its_metadata(distributions: Path) -> None:
    assert {name.split("/")[0] for name in names(distributions)} == {
        "sertain",
        f"sertain-{sertain.__version__}.dist-info",
    }


def test_the_wheel_carries_the_licence_of_every_part(distributions: Path) -> None:
    kept = {name.split("/licenses/")[1] for name in names(distributions) if "/licenses/" in name}
    parts = {path.relative_to(PROJECT).as_posix() for path in (PROJECT / "src").rglob("LICENSE")}
    assert kept == {"LICENSE"} | parts
    assert "src/sertain/speech/silero/LICENSE" in parts


def test_the_wheel_is_small(distributions: Path) -> None:
    (wheel,) = distributions.glob("*.whl")
    assert wheel.stat().st_size <= 16_000_000


def test_the_wheel_tells_version_licence_and_typing(distributions: Path) -> None:
    (wheel,) = distributions.glob("*.whl")
    metadata = f"sertain-{sertain.__version__}.dist-info/METADATA"
    told = Parser().parsestr(zipfile.ZipFile(wheel).read(metadata).decode())
    assert told["Version"] == sertain.__version__
    assert "Apache-2.0" in told["License-Expression"].split(" AND ")
    assert "sertain/py.typed" in names(distributions)


def test_the_source_distribution_holds_no_recording_and_no_result(distributions: Path) -> None:
    (sdist,) = distributions.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        rooms = {name.split("/")[1] for name in archive.getnames()}
    assert not rooms & {"results", "runs", "cache", "shared", ".venv"}


def test_a_fresh_environment_with_the_base_package_is_whole(base: Path) -> None:
    checked = run(base / "python", "-m", "pip", "check")
    assert checked.returncode == 0, checked.stdout


def test_a_fresh_environment_has_fewer_than_twenty_packages(base: Path) -> None:
    listed = run(base / "python", "-m", "pip", "list", "--format", "json")
    installed = {row["name"] for row in json.loads(listed.stdout)} - {"pip", "setuptools"}
    assert "sertain" in installed
    assert len(installed) < 20
    assert "torch" not in installed


def test_the_base_package_says_its_version(base: Path, tmp_path: Path) -> None:
    said = run(base / "sertain", "--version", cwd=tmp_path)
    assert sertain.__version__ in said.stdout


@pytest.mark.parametrize(
    ("extra", "arguments"), [("train", ["train", "anything"]), ("page", ["page"])]
)
def test_a_command_without_its_extra_is_refused_in_one_line(
    base: Path, tmp_path: Path, extra: str, arguments: list[str]
) -> None:
    said = run(base / "sertain", *arguments, cwd=tmp_path)
    assert said.returncode == 1
    assert said.stderr.endswith(f"pip install 'sertain[{extra}]'\n")
    assert said.stderr.count("\n") == 1


@needs_default
def test_the_base_package_answers_for_every_example(base: Path, tmp_path: Path) -> None:
    said = run(base / "sertain", "predict", CLIPS, "--format", "json", cwd=tmp_path)
    assert said.returncode == 0, said.stderr
    answers = {Path(answer["file"]).name: answer for answer in json.loads(said.stdout)}
    assert set(answers) == {path.name for path in CLIPS.iterdir()}
    silent = {name for name, answer in answers.items() if answer["label"] == "no speech"}
    assert silent == {"music.opus", "silence.flac"}
    for name in set(answers) - silent:
        assert sum(answers[name]["probabilities"].values()) == pytest.approx(1, abs=1e-3)


@needs_default
def test_the_example_in_python_runs_on_the_base_package(base: Path, tmp_path: Path) -> None:
    said = run(base / "python", PROJECT / "examples" / "in_python.py", cwd=tmp_path)
    assert said.returncode == 0, said.stderr
    assert [line.split(":")[0] for line in said.stdout.splitlines()] == sorted(
        path.name for path in CLIPS.iterdir()
    )
