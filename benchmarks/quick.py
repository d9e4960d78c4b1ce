"""The whole table with `--quick`, timed, and each of its bundles asked by a base install.

    python -m benchmarks.quick --program ~/base/bin/sertain

`--quick` trains little, so its answers are no results: this shows that every row trains, exports at
its full size, and answers a clip where there is no torch.  The cache is empty at the start.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks import finished
from benchmarks.measure import CLIPS, PROGRAM, RESULTS
from benchmarks.unseen import training_libraries
from sertain.errors import ProtocolError, SertainError
from sertain.lab.evaluation.pages import table

TARGET_S = 600.0
CLIP = CLIPS / "even.wav"


@dataclass(frozen=True)
class Row:
    """A recipe's bundle and what came of a clip: the sum of the probabilities, seconds, its size.

    ``empty`` says why there is no bundle; then all else is ``None``.
    """

    rows: tuple[str, ...]
    recipe: str
    empty: str | None = None
    mb: float | None = None
    sum: float | None = None
    answer_s: float | None = None


def main(arguments: Sequence[str] | None = None) -> None:
    """Run, ask, and write ``results/benchmarks/quick.json`` and ``.md``."""
    given = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    given.add_argument("--program", required=True, help="the `sertain` of a base install")
    given.add_argument("--out", type=Path, default=RESULTS, help="where the tables go")
    wanted = given.parse_args(arguments)
    beside = training_libraries(wanted.program)
    if beside:
        raise ProtocolError(
            f"{wanted.program} stands beside {', '.join(beside)}", "name that of a base install"
        )
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "runs"
        environment = os.environ | {"SERTAIN_CACHE": str(Path(folder) / "cache")}
        started = time.perf_counter()
        subprocess.run([PROGRAM, "reproduce", "--quick", "--out", out], env=environment, check=True)
        wall_s = time.perf_counter() - started
        held = json.loads((out / "table.json").read_text("utf-8"))
        rows = [asked(wanted.program, out, *each) for each in recipes(held).items()]
    record = {"wall_s": wall_s, "target_s": TARGET_S, "rows": [asdict(row) for row in rows]}
    finished.write(wanted.out, "quick", record, page(wall_s, rows))


def recipes(held: Mapping[str, Any]) -> dict[str, tuple[tuple[str, ...], str | None]]:
    """Give, of a table, the rows of each recipe and why it stays empty, if it does."""
    found: dict[str, tuple[tuple[str, ...], str | None]] = {}
    for row in held["rows"]:
        names, empty = found.get(row["recipe"], ((), row["empty"]))
        found[row["recipe"]] = (*names, row["row"]), empty
    return found


def asked(program: str, out: Path, recipe: str, known: tuple[tuple[str, ...], str | None]) -> Row:
    """Let the bundle of a recipe answer a clip."""
    names, empty = known
    if empty:
        return Row(names, recipe, empty)
    bundle = out / recipe / "bundle"
    started = time.perf_counter()
    said = subprocess.run(
        [program, "predict", "--model", bundle, "--format", "json", CLIP],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    answer_s = time.perf_counter() - started
    (answer,) = json.loads(said.stdout)
    total = sum(answer["probabilities"].values())
    megabytes = (bundle / "model.onnx").stat().st_size / 1e6
    return Row(names, recipe, None, megabytes, total, answer_s)


def page(wall_s: float, rows: Sequence[Row]) -> str:
    """The page for people."""
    answered = [row for row in rows if row.empty is None]
    met = "met" if wall_s <= TARGET_S else "missed"
    cells = [
        [", ".join(row.rows), row.recipe, f"empty: {row.empty}", "", ""]
        if row.empty is not None
        else [
            ", ".join(row.rows),
            row.recipe,
            f"{row.mb:.1f}",
            f"{row.sum:.4f}",
            f"{row.answer_s:.2f}",
        ]
        for row in rows
    ]
    head = ["rows", "recipe", "MB on disk", "sum of the probabilities", "s, whole process"]
    about = (
        f"`sertain reproduce --quick` with an empty cache took {wall_s / 60:.1f} minutes (target "
        f"{TARGET_S / 60:.0f}: {met}). It trains little, so nothing here is a result. Each of its "
        f"{len(answered)} bundles, at full size, then answered a clip in a base install, where "
        "there is no torch. A ResNet-34 of ImageNet's weights has the graph of one of random "
        "weights; `tests/lab/test_rows.py` exports it, too, from small weights made on the spot."
    )
    written = "Written by `benchmarks/quick.py`."
    parts = ["# The whole table, quickly", about, table([head, *cells]), written]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    try:
        main()
    except SertainError as error:
        sys.exit(f"benchmarks.quick: {error}")
