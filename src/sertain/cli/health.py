"""What this installation can do: every part looked at, none trusted to survive its import."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from sertain import __version__
from sertain.errors import SertainError
from sertain.predict.cores import cores

State = Literal["ok", "missing", "broken"]

# Distributions whose module has another name.
_MODULES: Final = {"pyyaml": "yaml", "scikit-learn": "sklearn"}
# Not asked for by any extra, but other packages import them, and a broken one takes them down.
_NEIGHBOURS: Final = ("torchaudio", "torchvision")
_IMPORT_TIMEOUT_S: Final = 120.0
_REQUIREMENT: Final = re.compile(r"^([A-Za-z0-9._-]+).*?(?:extra\s*==\s*['\"]([\w-]+)['\"])?\s*$")


@dataclass(frozen=True, slots=True)
class Finding:
    """One part and how it is.

    Attributes
    ----------
    room: what it is for, e.g. ``"predict"`` or ``"extra train"``.
    part: its name.
    state: ``"ok"``, ``"missing"`` or ``"broken"``.
    detail: version, place, or what it said when it broke.
    needed: whether ``sertain predict`` needs it.
    """

    room: str
    part: str
    state: State
    detail: str
    needed: bool = False


def findings() -> list[Finding]:
    """Everything worth knowing: this program, its modules, models, corpora and encoders."""
    wanted = list(_modules())
    with ThreadPoolExecutor(cores()) as pool:
        modules = list(pool.map(lambda each: _module(*each), wanted))
    return [
        Finding("sertain", "version", "ok", __version__),
        Finding("sertain", "python", "ok", f"{platform.python_version()} on {platform.platform()}"),
        Finding("sertain", "cores", "ok", str(cores())),
        *modules,
        *_models(),
        *_corpora(),
        *_encoders(),
    ]


def _modules() -> Iterator[tuple[str, str]]:
    """What for and which distribution, as the package's own metadata lists them, once each."""
    seen: set[str] = set()
    for requirement in importlib.metadata.requires("sertain") or []:
        matched = _REQUIREMENT.match(requirement)
        assert matched is not None
        name, extra = matched[1].lower(), matched[2]
        if name != "sertain" and name not in seen:
            seen.add(name)
            yield (f"extra {extra}" if extra else "predict", name)
    yield from (("neighbour", name) for name in _NEIGHBOURS if name not in seen)


def _module(room: str, distribution: str) -> Finding:
    """Import one module in a process of its own and say how that went."""
    module = _MODULES.get(distribution, distribution.replace("-", "_"))
    needed = room == "predict"
    if importlib.util.find_spec(module) is None:
        return Finding(room, distribution, "missing", _remedy(room, distribution), needed)
    try:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", f"import {module}"],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_IMPORT_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        detail = f"its import does not end within {_IMPORT_TIMEOUT_S:g} s"
        return Finding(room, distribution, "broken", detail, needed)
    if done.returncode:
        return Finding(room, distribution, "broken", _last_words(done), needed)
    return Finding(room, distribution, "ok", _version(distribution), needed)


def _remedy(room: str, distribution: str) -> str:
    kind, _, extra = room.partition(" ")
    if kind == "neighbour":
        return "not needed"
    return f"pip install 'sertain[{extra}]'" if extra else f"pip install {distribution}"


def _last_words(done: subprocess.CompletedProcess[str]) -> str:
    lines = done.stderr.strip().splitlines()
    said = lines[-1].strip() if lines else "it said nothing"
    if done.returncode < 0:
        return f"its import ended by {signal.Signals(-done.returncode).name}: {said}"
    return said


def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return "of unknown version"


def _models() -> Iterator[Finding]:
    """Every embedded model opened and checked; ``predict`` needs the default one."""
    try:
        from sertain.bundle import DEFAULT, find, installed, verify  # noqa: PLC0415
    except ImportError as error:
        yield Finding("models", "all", "broken", str(error), needed=True)
        return
    for name in {DEFAULT: None, **installed()}:
        try:
            bundle = find(name)
            verify(bundle)
        except (SertainError, ImportError) as error:
            state: State = "broken" if name in installed() else "missing"
            yield Finding("models", name, state, str(error), name == DEFAULT)
        else:
            detail = f"{bundle.spec.name} {bundle.spec.version}, answers its check"
            yield Finding("models", name, "ok", detail, name == DEFAULT)


def _corpora() -> Iterator[Finding]:
    """Where each corpus lies, by SERTAIN_CORPORA."""
    try:
        from sertain import corpora  # noqa: PLC0415
    except ImportError as error:
        yield Finding("corpora", "all", "broken", str(error))
        return
    for name in corpora.names():
        try:
            yield Finding("corpora", name, "ok", str(corpora.locate(name)))
        except SertainError as error:
            yield Finding("corpora", name, "missing", str(error))


def _encoders() -> Iterator[Finding]:
    """The pretrained encoders in the folder SERTAIN_ENCODERS."""
    named = os.environ.get("SERTAIN_ENCODERS")
    if not named:
        yield Finding("encoders", "all", "missing", "set SERTAIN_ENCODERS to their folder")
        return
    folders = [each for each in sorted(Path(named).glob("*/")) if (each / "config.json").is_file()]
    if not folders:
        yield Finding("encoders", "all", "missing", f"{named} holds no encoder")
    for folder in folders:
        yield Finding("encoders", folder.name, "ok", str(folder))
