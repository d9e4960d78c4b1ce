"""How fast `sertain predict` answers for a recording of one hour, and how much memory it takes."""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import PROGRAM, Row, run, write
from benchmarks.speech import talk, write_wav

ROUNDS = 3
SECONDS = 3600.0
CORES = 2
TARGET_SPEED, TARGET_MB = 500.0, 400.0
READ = "import soundfile, sys; [None for _ in soundfile.blocks(sys.argv[1], blocksize=960000)]"


def main() -> None:
    """Time the command on two cores, and beside it the mere reading of the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="default", help="an embedded model or a bundle's folder")
    model: str = parser.parse_args().model
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "one_hour.wav"
        write_wav(wav, talk(SECONDS, pause_s=(0.3, 2.0)))
        answer: list[str | Path] = [PROGRAM, "predict", "--model", model, "--format", "json", wav]
        read: list[str | Path] = [sys.executable, "-c", READ, wav]
        run(read)  # warms the disk
        rounds = [(run(read), run(answer)) for _ in range(ROUNDS)]
    speeds = [SECONDS / answered.wall_s for _, answered in rounds]
    reading = [SECONDS / read_only.wall_s for read_only, _ in rounds]
    rows = [
        Row(
            "1 h of speech with pauses, whole process",
            statistics.median(speeds),
            "× real time",
            TARGET_SPEED,
            above=True,
            low=min(speeds),
            high=max(speeds),
        ),
        Row("peak memory", max(answered.peak_mb for _, answered in rounds), "MB", TARGET_MB),
        Row(
            "only reading the file, for comparison",
            statistics.median(reading),
            "× real time",
            low=min(reading),
            high=max(reading),
        ),
    ]
    write(
        "one_hour",
        "One hour",
        f"Median of {ROUNDS} runs on {CORES} cores. The recording is a 16 kHz WAV of the spoken "
        "example clips in random order, with pauses of 0.3 to 2 s.",
        rows,
    )


if __name__ == "__main__":
    main()
