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
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from sertain import __version__
from sertain.errors import SertainError

State = Literal["ok", "missing", "broken"]

# Distributions whose module has another name.
_MODULES: Final = {"pillow": "PIL", "pyyaml": "yaml", "scikit-learn": "sklearn"}
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
    cores = os.cpu_count() or 1
    with ThreadPoolExecutor(cores) as pool:
        modules = list(pool.map(lambda each: _module(*each), _modules()))
    return [
        Finding("sertain", "version", "ok", __version__),
        Finding("sertain", "python", "ok", f"{platform.python_version()} on {platform.platform()}"),
        Finding("sertain", "cores", "ok", str(cores)),
        *modules,
        *_models([each.part for each in modules if each.needed and each.state != "ok"]),
        *_corpora(),
        *_encoders(),
    ]


def _modules() -> list[tuple[str, str]]:
    """What for and which distribution, as the package's own metadata lists them, once each."""
    asked: dict[str, list[str]] = {}
    for requirement in importlib.metadata.requires("sertain") or []:
        matched = _REQUIREMENT.match(requirement)
        assert matched is not None
        asked.setdefault(matched[2] or "", []).append(matched[1].lower())
    found: dict[str, str] = {}
    # Extras that hold others list their modules too: the smallest one is what a module is for.
    for extra, distributions in sorted(
        asked.items(), key=lambda each: (each[0] != "", len(each[1]))
    ):
        for name in distributions:
            found.setdefault(name, f"extra {extra}" if extra else "predict")
    found.pop("sertain", None)
    for name in _NEIGHBOURS:
        found.setdefault(name, "neighbour")
    return [(room, name) for name, room in found.items()]


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


def _models(lacking: Sequence[str]) -> Iterator[Finding]:
    """Every embedded model opened and checked; ``predict`` needs the default one."""
    if lacking:
        # What ends the process of an import would end this one as well.
        yield Finding("models", "default", "broken", f"not tried without {lacking[0]}", needed=True)
        return
    from sertain import bundle  # noqa: PLC0415

    embedded = bundle.installed()
    for name in dict.fromkeys([bundle.DEFAULT, *embedded]):
        needed = name == bundle.DEFAULT
        try:
            found = bundle.find(name)
            bundle.verify(found)
        except SertainError as error:
            state: State = "broken" if name in embedded else "missing"
            yield Finding("models", name, state, str(error), needed)
        else:
            detail = f"{found.spec.name} {found.spec.version}, answers its check"
            yield Finding("models", name, "ok", detail, needed)


def _corpora() -> Iterator[Finding]:
    """Where each corpus lies, by SERTAIN_CORPORA."""
    if not os.environ.get("SERTAIN_CORPORA"):
        yield Finding("corpora", "all", "missing", "set SERTAIN_CORPORA to their folder")
        return
    from sertain import corpora  # noqa: PLC0415

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
