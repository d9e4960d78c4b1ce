"""On what a run was trained, kept beside it: it may go on, or be added up, on another machine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from sertain.lab.evaluation.environment import hardware
from sertain.lab.evaluation.outcome import write_whole

FILE: Final = "machine.json"


def note(folder: Path) -> None:
    """Write down this machine, unless the folder names one already."""
    if not (folder / FILE).is_file():
        write_whole(folder / FILE, json.dumps(named(hardware())).encode())


def noted(folder: Path) -> str | None:
    """Read what was noted, if anything was."""
    path = folder / FILE
    return str(json.loads(path.read_text("utf-8"))) if path.is_file() else None


def named(values: Mapping[str, Any]) -> str:
    """Name the graphics card, or a core of the processor: a run has one thread."""
    return str(values["gpu"]) if "gpu" in values else f"a core of {values['processor']}"
