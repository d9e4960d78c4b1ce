"""Writing a bundle: whole and checked, or not at all."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from sertain.bundle.folder import CARD, LICENCE, MODEL, SPEC, Bundle, read
from sertain.bundle.graph import verify
from sertain.bundle.spec import BundleSpec
from sertain.errors import BundleError


def write(
    folder: str | Path,
    model: bytes | Path,
    spec: BundleSpec,
    card: str,
    *,
    licence_text: str | None = None,
) -> Bundle:
    """Write a bundle, whole or not at all, and return it read back.

    Parameters
    ----------
    folder: where; an older bundle there is replaced, any other content is refused.
    model: the ONNX graph, as bytes or a file.
    spec: what to say of it; ``sha256`` is filled in here, ``check`` must come from the
        trained network itself, so that opening the bundle compares the two.
    card: the model card in Markdown.
    licence_text: content of ``LICENSE``; without it the name of the licence stands there.

    Raises
    ------
    BundleError: ``folder`` holds something else, ``spec`` contradicts itself, or the graph does
        not load or answers ``check`` differently.
    """
    target = Path(folder)
    holds_bundle = (target / SPEC).is_file()
    if target.exists() and not holds_bundle and (target.is_file() or any(target.iterdir())):
        raise BundleError(
            f"{target} is a file or holds other files and no bundle",
            "name a new or an empty folder",
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as scratch:
        new = Path(scratch) / "new"
        new.mkdir()
        graph = model if isinstance(model, bytes) else model.read_bytes()
        (new / MODEL).write_bytes(graph)
        full = replace(spec, sha256={**spec.sha256, MODEL: hashlib.sha256(graph).hexdigest()})
        (new / SPEC).write_text(_to_json(full), encoding="utf-8")
        (new / CARD).write_text(card, encoding="utf-8")
        own = f"{spec.name} {spec.version}: {spec.licence}\n"
        (new / LICENCE).write_text(licence_text or own, encoding="utf-8")
        verify(read(new))
        if target.exists():
            shutil.rmtree(target)
        new.rename(target)
    return read(target)


def _to_json(spec: BundleSpec) -> str:
    return json.dumps(spec.to_dict(), indent=2, ensure_ascii=False) + "\n"
