"""How fast `sertain predict` answers a folder of short clips, alone and with `--baseline batch`.

With `--into-bundle` the figure by itself becomes `speed` in the `bundle.json` of each model.
"""

from __future__ import annotations

import argparse
import json
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


def tell(model: str, speed: float) -> None:
    """Write into the spec of a bundle how fast it is."""
    path = find(model).path / "bundle.json"
    spec = json.loads(path.read_text("utf-8"))
    spec["speed"] = round(speed)
    path.write_text(json.dumps(spec, indent=2, ensure_ascii=False) + "\n", "utf-8")


def main() -> None:
    """Time every embedded model, or those named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", action="append", help="an embedded model or a bundle's folder")
    parser.add_argument("--into-bundle", action="store_true", help="keep it in bundle.json")
    chosen = parser.parse_args()
    models: list[str] = chosen.model or list(installed())
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    with tempfile.TemporaryDirectory() as folder:
        sound = talk(CLIPS * CLIP_S, pause_s=(0.1, 0.2))
        size = round(CLIP_S * SAMPLE_RATE)
        for number in range(CLIPS):
            part = sound[number * size : (number + 1) * size]
            write_wav(Path(folder) / f"{number:04}.wav", part)
        found = {model: measured(model, folder) for model in models}
    rows = [row for own in found.values() for row in own]
    write(
        "folder",
        "A folder of short clips",
        f"Median of {ROUNDS} runs on {CORES} cores, the whole process for {CLIPS} WAV of "
        f"{CLIP_S:g} s, decoding included.",
        rows,
    )
    if chosen.into_bundle:
        for model, own in found.items():
            tell(model, own[0].value)


if __name__ == "__main__":
    main()
