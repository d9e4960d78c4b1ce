"""Write base.txt and dev.txt: the exact versions that pip chooses for pyproject.toml today.

Run with ``make lock``.  pip itself resolves (``--dry-run --report``), because it alone takes a
CPU build of torch from where pip's own configuration finds one.  The CUDA packages that a
build of torch from the index asks for are left out: they belong to a machine, not to the project.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent
OF_ONE_MACHINE = ("nvidia-", "cuda-", "triton")


def resolve(requirements: list[str]) -> list[str]:
    """Give ``name==version`` of everything that `requirements` install, sorted by name."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run"]
    command += ["--ignore-installed", "--report", "-", *requirements]
    answer = subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True)
    found = [item["metadata"] for item in json.loads(answer.stdout)["install"]]
    pins = {
        item["name"].lower().replace("_", "-").replace(".", "-"): item["version"].partition("+")[0]
        for item in found
    }
    return [
        f"{name}=={version}"
        for name, version in sorted(pins.items())
        if name != "sertain" and not name.startswith(OF_ONE_MACHINE)
    ]


def write(name: str, what: str, pins: list[str]) -> None:
    """Write one lock file with the line that says where it came from."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    head = f"# {what}. Written by `make lock` with Python {python}; do not edit.\n"
    (HERE / name).write_text(head + "\n".join(pins) + "\n", encoding="utf-8")
    print(f"requirements/{name}: {len(pins)} packages")


def main() -> None:
    """Resolve and write both files."""
    with (PROJECT / "pyproject.toml").open("rb") as file:
        tools = tomllib.load(file)["dependency-groups"]["dev"]
    torch = (HERE / "torch.txt").read_text(encoding="utf-8").split()
    write("base.txt", "What `pip install sertain` brings", resolve(["."]))
    needs = [*torch, ".[train,pretrained,page]", *tools]
    write("dev.txt", "What the tests, the training and the page need", resolve(needs))


if __name__ == "__main__":
    main()
