"""How long `sertain predict` takes for one 4 s WAV, the whole process."""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import PROGRAM, Row, run, write
from benchmarks.speech import talk, write_wav

ROUNDS = 15
TARGET_S = 1.0


def main() -> None:
    """Time the command, and beside it an interpreter that only loads ONNX Runtime."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="default", help="an embedded model or a bundle's folder")
    model: str = parser.parse_args().model
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "four_seconds.wav"
        write_wav(wav, talk(4.0, pause_s=(0.1, 0.2)))
        commands: dict[str, list[str | Path]] = {
            "runtime": [sys.executable, "-c", "import numpy, onnxruntime"],
            "predict": [PROGRAM, "predict", "--model", model, "--format", "json", wav],
        }
        for command in commands.values():
            run(command)  # warms the disk
        rounds = [{name: run(command) for name, command in commands.items()} for _ in range(ROUNDS)]
    loading = [one["runtime"].wall_s for one in rounds]
    whole = [one["predict"].wall_s for one in rounds]
    rows = [
        Row(
            "`sertain predict` of 4 s, whole process",
            statistics.median(whole),
            "s",
            TARGET_S,
            low=min(whole),
            high=max(whole),
        ),
        Row(
            "of this, loading numpy and ONNX Runtime",
            statistics.median(loading),
            "s",
            low=min(loading),
            high=max(loading),
        ),
        Row("peak memory", max(one["predict"].peak_mb for one in rounds), "MB"),
    ]
    write("one_clip", "One clip", f"Median of {ROUNDS} runs in turn, warm disk.", rows)


if __name__ == "__main__":
    main()
