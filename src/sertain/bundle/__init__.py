"""The contract between training and answering: a folder with one graph and what to know of it."""

from __future__ import annotations

from sertain.bundle.folder import Bundle, read
from sertain.bundle.graph import Graph, check_waveform, verify
from sertain.bundle.registry import DEFAULT, find, installed
from sertain.bundle.spec import (
    NO_SPEECH,
    BundleSpec,
    Check,
    Conformal,
    DataSource,
    Reference,
    Score,
)
from sertain.bundle.writing import write

__all__ = [
    "DEFAULT",
    "NO_SPEECH",
    "Bundle",
    "BundleSpec",
    "Check",
    "Conformal",
    "DataSource",
    "Graph",
    "Reference",
    "Score",
    "check_waveform",
    "find",
    "installed",
    "read",
    "verify",
    "write",
]
