"""How many packages `pip install sertain` brings, how large they are, and how large its wheel."""

from __future__ import annotations

import json
import subprocess
import tempfile
import venv
from pathlib import Path

from benchmarks.measure import PROJECT, Row, write

TARGET_PACKAGES = 19.0
TARGET_WHEEL_MB = 16.0
TARGETS_BUNDLE_MB = {"default": 10.0, "fast": 4.0}


def main() -> None:
    """Install the locked base package into a fresh environment and weigh it."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "venv"
        venv.create(home, with_pip=True)
        python = str(home / "bin" / "python")
        (site,) = home.glob("lib/python*/site-packages")
        before = weight_mb(site)
        for what in (["-r", "requirements/base.txt"], ["--no-deps", "."]):
            command = [python, "-m", "pip", "install", "--quiet", *what]
            subprocess.run(command, cwd=PROJECT, check=True)
        listed = subprocess.run(
            [python, "-m", "pip", "list", "--format", "json"], check=True, capture_output=True
        )
        names = {row["name"].lower() for row in json.loads(listed.stdout)} - {"pip", "setuptools"}
        rows = [
            Row("packages with sertain itself", len(names), "packages", TARGET_PACKAGES),
            Row("torch among them", int("torch" in names), "packages", 0),
            Row("transformers among them", int("transformers" in names), "packages", 0),
            Row("the wheel, both models in it", wheel_mb(python), "MB", TARGET_WHEEL_MB),
            *(
                Row(f"{name} on disk", weight_mb(site / "sertain/weights" / name), "MB", most)
                for name, most in TARGETS_BUNDLE_MB.items()
            ),
            Row("on disk, all", weight_mb(site) - before, "MB"),
            Row("on disk, sertain itself", weight_mb(site / "sertain"), "MB"),
        ]
    write("install", "Base install", "A fresh environment with the locked base package.", rows)


def wheel_mb(python: str) -> float:
    """Build the wheel and give its size in MB."""
    with tempfile.TemporaryDirectory() as folder:
        command = [python, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, "."]
        subprocess.run(command, cwd=PROJECT, check=True)
        (wheel,) = Path(folder).glob("*.whl")
        return wheel.stat().st_size / 1e6


def weight_mb(folder: Path) -> float:
    """Give the size of all files below a folder in MB, compiled copies left out."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return sum(path.stat().st_size for path in files) / 1e6


if __name__ == "__main__":
    main()
