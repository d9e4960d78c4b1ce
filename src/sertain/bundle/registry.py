"""Where models are found: embedded ones by name, others by their folder."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Final

import sertain.weights
from sertain.bundle.folder import SPEC, Bundle, read
from sertain.errors import BundleError

DEFAULT: Final = "default"


def installed() -> dict[str, Path]:
    """The embedded bundles: name to folder, in alphabetical order."""
    weights = Path(sertain.weights.__file__).parent
    return {spec.parent.name: spec.parent for spec in sorted(weights.glob(f"*/{SPEC}"))}


def find(model: str | Path) -> Bundle:
    """Read the embedded bundle called ``model``, or else the one in the folder ``model``.

    Raises
    ------
    BundleError: neither exists, or what is there cannot be read.
    """
    embedded = installed()
    if str(model) in embedded:
        return read(embedded[str(model)])
    if Path(model).is_dir():
        return read(model)
    near = difflib.get_close_matches(str(model), embedded, n=1)
    names = f"known are: {', '.join(embedded)}" if embedded else "none is embedded"
    hint = f"did you mean '{near[0]}'?" if near else "name one of them or a bundle's folder"
    raise BundleError(f"no model or folder is called '{model}' ({names})", hint)
