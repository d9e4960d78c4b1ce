"""Writes what conditions cost, as JSON and Markdown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from sertain.lab.evaluation.environment import hardware, versions
from sertain.lab.evaluation.intervals import FEWEST_SPEAKERS
from sertain.lab.evaluation.pages import figure, table
from sertain.lab.robustness.measure import Robustness, Row

JSON, MARKDOWN = "robustness.json", "robustness.md"


def write(
    folder: Path, title: str, about: Mapping[str, str], found: Robustness
) -> tuple[Path, Path]:
    """Write ``robustness.json`` and ``robustness.md``; gives their paths.

    ``about`` says what was heard, e.g. the bundle and the recipe.
    """
    plain = {
        "format": 1,
        "about": dict(about),
        **asdict(found),
        "versions": versions(),
        "hardware": hardware(),
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / JSON).write_text(json.dumps(plain, indent=1, ensure_ascii=False) + "\n", "utf-8")
    (folder / MARKDOWN).write_text(markdown(title, about, found), "utf-8")
    return folder / JSON, folder / MARKDOWN


def markdown(title: str, about: Mapping[str, str], found: Robustness) -> str:
    """Give the page for people."""
    head = ["condition", "UAR", "points lost", "accuracy", "no answer"]
    seeds = "" if found.seeds == 1 else f", mean of {found.seeds} seeds"
    units = f"{found.interval_units} {found.interval_over}"
    few = (
        f" Fewer than {FEWEST_SPEAKERS} speakers: it says nothing of other speakers."
        if found.interval_over != "speakers"
        else ""
    )
    babble = (
        f"The babble is made of {found.babble_of}, never of the clip's own speaker."
        if found.babble_of
        else "There are too few other speakers for a babble, so there is none."
    )
    parts = [
        f"# {title}: robustness",
        f"{found.clips:,} clips, {len(found.labels)} labels{seeds}. Each clip is changed whole, at "
        "16 kHz, and then answered as `sertain predict` does: speech is looked for in the changed "
        "sound, and a clip without an answer counts as wrong. In brackets the 95 % interval over "
        f"{units}; points lost are those of UAR against the clean clips, drawn together.{few}",
        table([head, *map(_row, found.rows)]),
        f"Noise is relative to the level of the speech. {babble} Rooms hold 60 m³, the speaker is "
        "1 m away, the level is kept. Codecs code and decode; what exceeds full scale at +6 dB is "
        "cut off.",
        table(
            [
                ["what", "value"],
                *([name, value] for name, value in about.items()),
                ["versions", ", ".join(f"{k} {v}" for k, v in versions().items())],
            ]
        ),
    ]
    return "\n\n".join(parts) + "\n"


def summary(found: Robustness) -> str:
    """Give one line for the terminal: the clean figure and the three dearest conditions."""
    clean, *worse = found.rows
    dearest = sorted(worse, key=lambda row: -row.lost)[:3]
    told = ", ".join(f"{row.condition} {-100 * row.lost:+.1f}" for row in dearest)
    return f"robustness: UAR {figure(clean.uar, clean.low, clean.high)} clean; in points: {told}"


def _row(row: Row) -> list[object]:
    lost = f"{100 * row.lost:.1f} [{100 * row.lost_low:.1f}, {100 * row.lost_high:.1f}]"
    return [
        row.condition,
        figure(row.uar, row.low, row.high),
        "" if row.family == "clean" else lost,
        f"{row.wa:.3f}",
        f"{row.unanswered:.1%}",
    ]
