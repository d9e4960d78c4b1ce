"""A bundle's folder: its four files, read and compared with their digests."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sertain.bundle.spec import BundleSpec
from sertain.errors import BundleError

MODEL: Final = "model.onnx"
SPEC: Final = "bundle.json"
CARD: Final = "README.md"
LICENCE: Final = "LICENSE"


@dataclass(frozen=True, slots=True)
class Bundle:
    """A model's folder that was read but not run: where it lies and what it says of itself."""

    path: Path
    spec: BundleSpec

    @property
    def model_path(self) -> Path:
        """The ONNX graph."""
        return self.path / MODEL

    @property
    def size(self) -> int:
        """All files of the folder together, in bytes."""
        return sum(file.stat().st_size for file in self.path.iterdir() if file.is_file())

    def card(self) -> str:
        """The model card (Markdown): data, protocol, scores, limits, licence."""
        return (self.path / CARD).read_text(encoding="utf-8")


def read(path: str | Path) -> Bundle:
    """Read the bundle that lies in the folder ``path``.

    Raises
    ------
    BundleError: no such folder, a file is missing, ``bundle.json`` is damaged or of another format.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise BundleError(f"{folder} is no folder", "name a model or the folder of a bundle")
    missing = [name for name in (MODEL, SPEC, CARD, LICENCE) if not (folder / name).is_file()]
    if missing:
        raise BundleError(f"{folder} is no whole bundle: {', '.join(missing)} is missing",
                          "export the model again")  # fmt: skip
    try:
        raw = json.loads((folder / SPEC).read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise BundleError(
            f"{folder / SPEC} cannot be read ({error})", "export the model again"
        ) from error
    try:
        return Bundle(folder, BundleSpec.from_dict(raw))
    except BundleError as error:
        raise BundleError(f"{folder}: {error.fact}", error.remedy) from error


def check_digests(bundle: Bundle) -> None:
    """Compare every file named in ``sha256`` with its digest; raises :class:`BundleError`."""
    for name, expected in bundle.spec.sha256.items():
        file = bundle.path / name
        if Path(name).name != name or not file.is_file():
            raise BundleError(f"{bundle.path}: {name} is missing", "export the model again")
        if _digest(file) != expected:
            raise BundleError(
                f"{bundle.path}: {name} is damaged (its sha256 differs from bundle.json)",
                "install or export the model again",
            )


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
