"""What the benchmarks share: timing a process, and writing what was measured."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from sertain.lab.evaluation.environment import hardware, versions

PROJECT = Path(__file__).resolve().parents[1]
RESULTS = PROJECT / "results" / "benchmarks"
CLIPS = PROJECT / "examples" / "clips"
PROGRAM = Path(sys.executable).parent / "sertain"


@dataclass(frozen=True)
class Cost:
    """What a process cost: seconds from start to end, and the most memory it held, in MB."""

    wall_s: float
    peak_mb: float


@dataclass(frozen=True)
class Row:
    """One measured value; `target` is what it should keep below (or above), if anything.

    `low` and `high` are the smallest and largest of the repeated measurements.
    """

    what: str
    value: float
    unit: str
    target: float | None = None
    above: bool = False
    low: float | None = None
    high: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the target is kept; ``None`` where there is none."""
        if self.target is None:
            return None
        return self.value >= self.target if self.above else self.value <= self.target


# The kernel counts what a process held before it became another program into its peak. A child
# of this process would therefore start with all that numpy and torch take here; so a bare
# interpreter starts it, and tells time and memory of it as JSON on its standard error.
STARTER = """
import json, os, sys, time
began = time.perf_counter()
child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(child, 0)
told = time.perf_counter() - began, usage.ru_maxrss, os.waitstatus_to_exitcode(status)
print(json.dumps(told), file=sys.stderr)
"""


def run(command: Sequence[str | Path]) -> Cost:
    """Run a command to its end; it has to succeed."""
    parts = [str(part) for part in command]
    started = subprocess.run(
        [sys.executable, "-S", "-E", "-c", STARTER, *parts],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    *said, told = started.stderr.splitlines()
    wall_s, peak, code = json.loads(told)
    if code:
        raise subprocess.CalledProcessError(code, parts, stderr="\n".join(said))
    return Cost(wall_s, peak / (1024**2 if sys.platform == "darwin" else 1024))


def number(value: float, unit: str) -> str:
    """Write a value with three figures and its unit, e.g. ``"1.04 s"``, ``"1,240 × real time"``."""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    plain = f"{value:,.0f}" if value == round(value) else f"{value:,.{digits}f}"
    return f"{plain} {unit}"


def target(row: Row) -> str:
    """Write the target of a row, e.g. ``"≤ 150 ms"``; empty where there is none."""
    if row.target is None:
        return ""
    return f"{'≥' if row.above else '≤'} {number(row.target, row.unit)}"


def table(title: str, how: str, rows: Sequence[Row], machine: str) -> str:
    """Give the page of one benchmark in Markdown."""
    lines = [f"# {title}", "", how, "", "| what | measured | range | target | met |"]
    lines.append("| --- | --- | --- | --- | --- |")
    for row in rows:
        spread = ""
        if row.low is not None and row.high is not None:
            spread = f"{number(row.low, row.unit)} to {number(row.high, row.unit)}"
        met = {None: "", True: "yes", False: "no"}[row.met]
        lines.append(
            f"| {row.what} | {number(row.value, row.unit)} | {spread} | {target(row)} | {met} |"
        )
    return "\n".join([*lines, "", machine, ""])


def write(name: str, title: str, how: str, rows: Sequence[Row]) -> None:
    """Write ``results/benchmarks/NAME.json`` and ``.md``, and print the page."""
    machine, software = hardware(), versions()
    told = f"{machine['processor']}, {machine['cores']} cores; " + ", ".join(
        f"{package} {version}" for package, version in software.items()
    )
    page = table(title, how, rows, f"Measured on {told}. Written by `benchmarks/{name}.py`.")
    record = {
        "title": title,
        "how": how,
        "rows": [asdict(row) | {"met": row.met} for row in rows],
        "hardware": machine,
        "versions": software,
    }
    RESULTS.mkdir(parents=True, exist_ok=True)
    text = json.dumps(record, indent=2, ensure_ascii=False) + "\n"
    (RESULTS / f"{name}.json").write_text(text, encoding="utf-8")
    (RESULTS / f"{name}.md").write_text(page, encoding="utf-8")
    print(page)
