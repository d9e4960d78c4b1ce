"""On what a figure was computed: versions and hardware, written beside it."""

from __future__ import annotations

import os
import platform
import sys
from importlib import metadata
from pathlib import Path

from sertain import __version__

_PACKAGES = ("torch", "lightning", "numpy", "onnxruntime", "soundfile", "soxr")


def versions() -> dict[str, str]:
    """Give the versions of Python, of this package and of those that move figures."""
    found = {"python": platform.python_version(), "sertain": __version__}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def hardware() -> dict[str, str | int]:
    """Give the processor, its cores, and the graphics card if there is one."""
    found: dict[str, str | int] = {
        "system": platform.system(),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count() or 1,
    }
    # What was not loaded computed nothing; a bundle is measured without torch.
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        found["gpu"] = torch.cuda.get_device_name(0)
    return found


def _processor() -> str:
    table = Path("/proc/cpuinfo")
    if table.is_file():
        for line in table.read_text("utf-8", errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()
