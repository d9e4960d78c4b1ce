"""How often a gate warns of good clips, and of the same clips made worse on purpose.

Needs the corpora (``SERTAIN_CORPORA``); takes some minutes.
"""

from __future__ import annotations

import json
import random
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial

import numpy as np

from benchmarks.measure import CLIPS, RESULTS
from sertain import audio, corpora
from sertain.corpora.clip import Clip
from sertain.lab.evaluation.environment import hardware, versions
from sertain.lab.evaluation.pages import table
from sertain.lab.outside.hearing import read
from sertain.lab.robustness import levels, noise
from sertain.lab.robustness.conditions import Voices, conditions
from sertain.lab.robustness.noise import Samples
from sertain.predict.gates import Gates
from sertain.predict.windows import Windows

CORPORA = ("ravdess", "savee", "tess", "crema-d", "emodb", "nemo", "turev")
NOISY = "crema-d"
GOOD, WORSE = 200, 20
WINDOW_S = 8.0
RATE = 16_000
NAMES = ("noise or music", "clipped", "narrow band", "little speech", "no speech")

Counts = dict[str, dict[str, int]]


def main() -> None:
    """Measure, and write ``results/benchmarks/gates.json`` and ``.md``."""
    drawn = random.Random(3)
    chosen = {
        name: drawn.sample(clips, min(GOOD, len(clips)))
        for name in CORPORA
        for clips in [[clip for clip in corpora.load([name]) if clip.channel == "speech"]]
    }
    good: Counts = {}
    figures: dict[str, list[Gates]] = defaultdict(list)
    worse: Counts = defaultdict(lambda: defaultdict(int))
    spent_s = heard_s = 0.0
    changes = _changes([clip for clips in chosen.values() for clip in clips])
    for name, clips in chosen.items():
        counts: dict[str, int] = defaultdict(int)
        for number, clip in enumerate(clips):
            samples = read(clip)
            found, seconds, gates = _gates(samples)
            if gates.samples:
                figures[name].append(gates)
            spent_s, heard_s = spent_s + seconds, heard_s + len(samples) / RATE
            _count(counts, found)
            # CREMA-D has noise of its own, so it cannot show what added noise does.
            if number < WORSE and name != NOISY:
                for what, change in changes.items():
                    _count(worse[what], _gates(change(clip, samples))[0])
        good[name] = counts
        print(name, dict(counts))
    _write(good, worse, _figures(figures), spent_s / heard_s)


def _changes(clips: list[Clip]) -> dict[str, Callable[[Clip, Samples], Samples]]:
    music = audio.load(CLIPS / "music.opus", sample_rate=RATE).samples[0]
    changes = {each.name: each.change for each in conditions(Voices(clips, read))}
    changes |= {
        f"music, {snr_db} dB": partial(_over_music, music, snr_db) for snr_db in (20, 10, 5, 0)
    }
    changes |= {
        f"clipping, {share:.1%} of samples": partial(_clipped, share)
        for share in (0.003, 0.01, 0.03)
    }
    changes["music alone"] = lambda _, samples: np.resize(music, len(samples))
    changes["white noise alone"] = lambda _, samples: (
        np.float32(0.05) * noise.white(len(samples), np.random.default_rng(len(samples)))
    )
    changes["silence"] = lambda _, samples: np.zeros_like(samples)
    return changes


def _over_music(music: Samples, snr_db: float, _: Clip, samples: Samples) -> Samples:
    return noise.add(samples, np.resize(music, len(samples)), snr_db)


def _clipped(share: float, _: Clip, samples: Samples) -> Samples:
    return levels.clip(samples, share)


def _gates(samples: Samples) -> tuple[list[str], float, Gates]:
    """Name the warnings as `predict` gives them, the seconds of processor, the gates."""
    windows, gates = Windows(WINDOW_S), Gates()
    parts = [*windows.feed(samples), *windows.finish()]
    start = time.thread_time()
    gates.hear(samples)
    for part in parts:
        gates.add(part.samples)
    said = gates.warnings(windows.speech_s, answered=bool(parts))
    spent_s = time.thread_time() - start
    found = [] if parts else ["no speech"]
    return [*found, *(warning.partition(":")[0] for warning in said)], spent_s, gates


def _count(counts: dict[str, int], found: list[str]) -> None:
    counts["clips"] += 1
    for name in found:
        counts[name] += 1


def _figures(figures: dict[str, list[Gates]]) -> list[list[object]]:
    """What the gates measure in good clips: where their thresholds have to stay away from."""
    rows: list[list[object]] = []
    for name, own in figures.items():
        snr_db = [gates.snr_db for gates in own]
        clipped = [gates.clipped_share for gates in own]
        band_db = [gates.band_db for gates in own]
        rows.append(
            [
                name,
                f"{min(snr_db):.0f} to {max(snr_db):.0f}, median {np.median(snr_db):.0f}",
                f"up to {max(clipped):.2%}, median {np.median(clipped):.2%}",
                f"{min(band_db):.0f} to {max(band_db):.0f}",
            ]
        )
    return rows


def _rows(counts: Counts) -> list[list[object]]:
    return [
        [what, own["clips"], *(f"{own[name] / own['clips']:.1%}" for name in NAMES)]
        for what, own in counts.items()
    ]


def _write(good: Counts, worse: Counts, figures: list[list[object]], cost: float) -> None:
    software = ", ".join(f"{name} {version}" for name, version in versions().items())
    page = [
        "# Gates",
        f"Share of clips with each warning. Good clips: up to {GOOD} of each corpus, drawn at "
        f"random. Made worse: {WORSE} of each corpus but {NOISY}, whose recordings are noisy "
        "themselves.",
        table([["as recorded", "clips", *NAMES], *_rows(good)]),
        table([["as recorded", "speech above noise, dB", "clipped", "band, dB"], *figures]),
        table([["made worse", "clips", *NAMES], *_rows(worse)]),
        f"The gates take {cost * 1000:.2f} ms a second of sound, {1 / cost:,.0f} × real time on "
        f"one core. Measured on {hardware()['processor']}; {software}. Written by "
        "`benchmarks/gates.py`.",
    ]
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "gates.md").write_text("\n\n".join(page) + "\n", encoding="utf-8")
    record = {
        "good": good,
        "worse": worse,
        "figures": figures,
        "seconds_a_second": cost,
        "hardware": hardware(),
    }
    text = json.dumps(record, indent=1, ensure_ascii=False) + "\n"
    (RESULTS / "gates.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
