"""The doors of the house: what a module may load, and when.

import-linter (``make check``) holds who may know whom; here stands what it cannot see: that the
training wing is not entered while a module loads, and that start-up and prediction load nothing
they do not need.
"""

from __future__ import annotations

import ast
import json
import pkgutil
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import sertain

PROJECT = Path(__file__).resolve().parents[1]
PACKAGE = PROJECT / "src" / "sertain"
OUTSIDE_LAB = sorted(
    path for path in PACKAGE.rglob("*.py") if path.relative_to(PACKAGE).parts[0] != "lab"
)
HEAVY = {"numpy", "onnxruntime", "av", "soundfile", "soxr", "rich", "importlib.metadata"}
"""What `sertain --help` has no use for and what would cost most of its time."""
TRAINING = {"torch", "lightning", "pytorch_lightning", "pydantic", "pandas", "sklearn", "yaml"}


def imports_while_loading(code: ast.AST) -> Iterator[str]:
    """Name the modules that a module imports when it loads, not when its functions are called."""
    for child in ast.iter_child_nodes(code):
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            yield from (f"{child.module}.{alias.name}" for alias in child.names)
        elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        elif not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from imports_while_loading(child)


def loaded_by(code: str) -> set[str]:
    """Give the modules that a fresh interpreter holds after `code`."""
    shown = f"{code}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)), file=sys.stderr)"
    ended = subprocess.run(
        [sys.executable, "-c", shown], check=True, capture_output=True, text=True
    )
    return set(json.loads(ended.stderr.splitlines()[-1]))


@pytest.mark.parametrize("path", OUTSIDE_LAB, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_module_enters_the_lab_while_it_loads(path: Path) -> None:
    loading = imports_while_loading(ast.parse(path.read_text(encoding="utf-8")))
    assert not [name for name in loading if re.match(r"sertain\.lab\b", name)]


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert not loaded_by("import sertain") & (HEAVY | TRAINING)


def test_importing_the_command_line_loads_nothing_heavy() -> None:
    assert not loaded_by("import sertain.cli.main") & (HEAVY | TRAINING)


def test_help_loads_nothing_heavy() -> None:
    show_help = """
import sys
from sertain.cli.main import main
sys.argv = ["sertain", "--help"]
try:
    main()
except SystemExit as ended:
    assert not ended.code
"""
    assert not loaded_by(show_help) & (HEAVY | TRAINING)


def test_no_room_but_the_lab_loads_what_trains() -> None:
    rooms = [
        module.name
        for module in pkgutil.walk_packages(sertain.__path__, "sertain.")
        if not module.name.startswith("sertain.lab")
    ]
    assert "sertain.predict" in rooms
    assert not loaded_by(f"import {', '.join(rooms)}") & TRAINING


def test_the_page_on_architecture_has_a_paragraph_for_every_room_and_no_other() -> None:
    page = (PROJECT / "docs" / "architecture.md").read_text(encoding="utf-8")
    told = set(re.findall(r"^\*\*`(\w+)`\*\*", page, flags=re.MULTILINE))
    with (PROJECT / "pyproject.toml").open("rb") as file:
        contracts = tomllib.load(file)["tool"]["importlinter"]["contracts"]
    assert told == {room.strip() for row in contracts[0]["layers"] for room in row.split("|")}
    assert told == {module.name for module in pkgutil.iter_modules([str(PACKAGE)])}
