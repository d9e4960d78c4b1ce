"""How much `import sertain` and `sertain --help` take over the bare interpreter."""

from __future__ import annotations

import statistics
import sys
from pathlib import Path

from benchmarks.measure import PROGRAM, Row, run, write

ROUNDS = 21
TARGET_MS = 150.0


def main() -> None:
    """Time the three in turn, so that a busy moment of the machine meets all of them."""
    commands: dict[str, list[str | Path]] = {
        "bare": [sys.executable, "-c", "pass"],
        "import sertain": [sys.executable, "-c", "import sertain"],
        "sertain --help": [PROGRAM, "--help"],
    }
    for command in commands.values():
        run(command)  # warms the disk
    rounds = [
        {name: run(command).wall_s * 1000 for name, command in commands.items()}
        for _ in range(ROUNDS)
    ]
    rows = [Row("bare interpreter", statistics.median(one["bare"] for one in rounds), "ms")]
    for name in ("import sertain", "sertain --help"):
        over = [one[name] - one["bare"] for one in rounds]
        rows.append(
            Row(
                f"`{name}` over it",
                statistics.median(over),
                "ms",
                TARGET_MS,
                low=min(over),
                high=max(over),
            )
        )
    write(
        "startup",
        "Start-up",
        f"Median of {ROUNDS} rounds; in each the bare interpreter and both commands run one after "
        "the other, and the difference is taken within the round.",
        rows,
    )


if __name__ == "__main__":
    main()
