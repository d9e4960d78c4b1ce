"""How fast `sertain predict` answers a folder of short clips, alone and with `--baseline batch`.

The figure by itself is what `speed` in a bundle's `bundle.json` says.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
from pathlib import Path

from benchmarks.measure import PROGRAM, Row, run, write
from benchmarks.speech import SAMPLE_RATE, talk, write_wav
from sertain.bundle import find, installed

ROUNDS = 3
CLIPS = 300
CLIP_S = 4.0
CORES = 2
TARGETS = {"default": 400.0, "fast": 1000.0}


def measured(model: str, folder: str) -> list[Row]:
    """Time one model on two cores, the whole process with its start and its decoding."""
    command: list[str | Path] = [PROGRAM, "predict", "-m", model, "-f", "jsonl", folder]
    kinds: dict[str, list[str]] = {"by itself": []}
    if find(model).spec.reference is not None:
        kinds["--baseline batch"] = ["--baseline", "batch"]
    run(command)  # warms the disk
    rows = []
    for kind, more in kinds.items():
        costs = [run([*command, *more]) for _ in range(ROUNDS)]
        speeds = [CLIPS * CLIP_S / cost.wall_s for cost in costs]
        rows += [
            Row(
                f"{model}, {kind}",
                statistics.median(speeds),
                "× real time",
                TARGETS.get(model) if kind == "by itself" else None,
                above=True,
                low=min(speeds),
                high=max(speeds),
            ),
            Row(f"{model}, {kind}, peak memory", max(cost.peak_mb for cost in costs), "MB"),
        ]
    return rows


def main() -> None:
    """Time every embedded model, or those named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", action="append", help="an embedded model or a bundle's folder")
    models: list[str] = parser.parse_args().model or list(installed())
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    with tempfile.TemporaryDirectory() as folder:
        sound = talk(CLIPS * CLIP_S, pause_s=(0.1, 0.2))
        size = round(CLIP_S * SAMPLE_RATE)
        for number in range(CLIPS):
            part = sound[number * size : (number + 1) * size]
            write_wav(Path(folder) / f"{number:04}.wav", part)
        rows = [row for model in models for row in measured(model, folder)]
    write(
        "folder",
        "A folder of short clips",
        f"Median of {ROUNDS} runs on {CORES} cores, the whole process for {CLIPS} WAV of "
        f"{CLIP_S:g} s, decoding included.",
        rows,
    )


if __name__ == "__main__":
    main()
