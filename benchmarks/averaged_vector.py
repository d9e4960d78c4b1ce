"""How fast 64 clips become the 162 averaged columns of Davies and Chen 2024, on one core."""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import librosa
import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.measure import Row, write
from benchmarks.speech import SAMPLE_RATE, talk
from sertain import audio, corpora
from sertain.lab.frontends import averaged

CLIPS = 64
SECONDS = 2.5
RATE = 22050
ROUNDS = 15
TARGET = 5.0
TOLERANCE = 1e-3


def reports(data: NDArray[np.floating]) -> NDArray[np.float64]:
    """Give the 162 columns of one clip as the reports' code makes them, line by line."""
    result = np.array([])
    result = np.hstack((result, np.mean(librosa.feature.zero_crossing_rate(y=data).T, axis=0)))
    stft = np.abs(librosa.stft(data))
    chroma = np.mean(librosa.feature.chroma_stft(S=stft, sr=RATE).T, axis=0)
    result = np.hstack((result, chroma))
    result = np.hstack((result, np.mean(librosa.feature.mfcc(y=data, sr=RATE).T, axis=0)))
    result = np.hstack((result, np.mean(librosa.feature.rms(y=data).T, axis=0)))
    result = np.hstack((result, np.mean(librosa.feature.melspectrogram(y=data, sr=RATE).T, axis=0)))
    return result


def clips(root: Path | None) -> tuple[list[NDArray[np.float32]], str]:
    """Give clips of 2.5 s at 22,050 Hz and what they are.

    They are of RAVDESS, from 0.6 s on as in the report, where the corpora are at hand, else put
    together from the example clips.
    """
    n = round(SECONDS * RATE)
    if root is not None:
        known = corpora.load(["ravdess"], root=root)
        chosen = known[:: len(known) // CLIPS][:CLIPS]
        start = round(0.6 * RATE)
        whole = [audio.load(clip.path, sample_rate=RATE).samples[0] for clip in chosen]
        return [one[start : start + n] for one in whole], "of RAVDESS"
    whole_16k = talk(SECONDS * CLIPS, pause_s=(0.1, 0.3))
    speech = audio.load(whole_16k, array_rate=SAMPLE_RATE, sample_rate=RATE).samples[0]
    return [speech[n * k : n * (k + 1)] for k in range(CLIPS)], "of the example clips"


def relative(ours: NDArray[np.floating], theirs: NDArray[np.floating]) -> NDArray[np.float64]:
    """Give the largest difference of each clip, relative to the column's size over all clips."""
    size = np.sqrt(np.mean(np.square(theirs), axis=0))
    return np.asarray((np.abs(ours - theirs) / size).max(axis=1), dtype=np.float64)


def seconds(work: Callable[[], object]) -> float:
    """Give the processor's time for one call, which other programs do not lengthen."""
    began = time.process_time()
    work()
    return time.process_time() - began


def main() -> None:
    """Time librosa and the front end in turn, and compare what they give."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds: int = parser.parse_args().rounds
    torch.set_num_threads(1)
    named = os.environ.get("SERTAIN_CORPORA")
    waves, origin = clips(Path(named) if named else None)
    lengths = torch.tensor([len(wave) for wave in waves])
    batch = torch.zeros(len(waves), int(lengths.max()))
    for row, wave in zip(batch, waves, strict=True):
        row[: len(wave)] = torch.from_numpy(wave)
    frontend = averaged.FrontEnd(averaged.Config(input_rate=RATE)).eval()

    def theirs() -> NDArray[np.float64]:
        return np.stack([reports(wave) for wave in waves])

    def ours() -> NDArray[np.float32]:
        with torch.inference_mode():
            out: NDArray[np.float32] = frontend(batch, lengths)[:, :, 0].numpy()
        return out

    exact = np.stack([reports(wave.astype(np.float64)) for wave in waves])
    apart = relative(ours(), exact)
    rounding = relative(theirs(), exact)
    both = [(seconds(theirs), seconds(ours)) for _ in range(rounds)]
    ratios = [one / other for one, other in both]
    rows = [
        Row(
            "speed over the reports' librosa code",
            statistics.median(ratios),
            "×",
            TARGET,
            above=True,
            low=min(ratios),
            high=max(ratios),
        ),
        *(
            Row(
                f"64 clips, {name}",
                1000 * statistics.median(times),
                "ms",
                low=1000 * min(times),
                high=1000 * max(times),
            )
            for name, times in zip(
                ("librosa, one by one", "front end, one batch"),
                zip(*both, strict=True),
                strict=True,
            )
        ),
        Row("largest difference", 1e6 * float(apart.max()), "millionths", 1e6 * TOLERANCE),
        Row(
            "clips that librosa itself, in float32, tunes otherwise",
            int((rounding > 0.01).sum()),
            "",
        ),
    ]
    write(
        "averaged_vector",
        "The averaged vector of 162 columns",
        f"{CLIPS} clips {origin}, {SECONDS} s at {RATE:,} Hz, loaded before, one thread; median of "
        f"{rounds} rounds of processor time, librosa and the front end in turn, the ratio of each "
        "round. The difference is to librosa fed with float64, relative to the column's root mean "
        "square over the clips.",
        rows,
    )


if __name__ == "__main__":
    main()
