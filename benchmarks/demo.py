"""How long `make demo` takes from a fresh clone, without pip's cache."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks.measure import PROJECT, Row, write

TARGET_S = 180.0


def main() -> None:
    """Clone what is committed and run the demo twice."""
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "sertain"
        subprocess.run(["git", "clone", "--quiet", str(PROJECT), str(clone)], check=True)
        bare = os.environ | {"PIP_NO_CACHE_DIR": "1"}
        first, again = (timed(clone, bare) for _ in range(2))
    rows = [
        Row("`make demo` from a fresh clone", first, "s", TARGET_S),
        Row("the same again", again, "s"),
    ]
    write(
        "demo",
        "Demo",
        "From the clone to the last answer: environment, download without a cache, install, and "
        "the answers for all example clips.",
        rows,
    )


def timed(clone: Path, environment: dict[str, str]) -> float:
    """Give the seconds that ``make demo`` takes."""
    started = time.perf_counter()
    subprocess.run(
        ["make", "demo"], cwd=clone, env=environment, check=True, stdout=subprocess.DEVNULL
    )
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
