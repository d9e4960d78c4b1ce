"""What a training wrote of its epochs, and the curves of it."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from matplotlib.ticker import MaxNLocator

from sertain.errors import RecipeError
from sertain.lab.report.drawing import BLUE, INK, ORANGE, Picture, drawn_in_style, figure, picture

METRICS: Final = Path("csv", "metrics.csv")

_PANELS: Final = (
    ("loss", "loss (cross entropy, nats)", ("train/loss", "val/loss")),
    ("accuracy", "accuracy (share of clips)", ("train/accuracy", "val/accuracy")),
    ("UAR", "UAR (mean recall, 0 to 1)", ("val/uar",)),
)
_LOOKS: Final[Mapping[str, Mapping[str, Any]]] = {
    "train": {"color": BLUE, "linestyle": "-", "marker": "o", "label": "training"},
    "val": {"color": ORANGE, "linestyle": "--", "marker": "s", "label": "validation"},
}
_FEW_EPOCHS: Final = 30


@dataclass(frozen=True)
class Course:
    """The figures of one training by epoch.

    Attributes
    ----------
    columns: by its name in the file, e.g. ``"val/loss"``, by epoch from 1, a figure.
    best_epoch: the epoch whose weights were kept; ``None`` before the end.
    """

    columns: Mapping[str, Mapping[int, float]]
    best_epoch: int | None = None


def read(folder: Path) -> Course | None:
    """Read the figures of a training from its folder; ``None`` where it wrote none.

    Raises
    ------
    RecipeError
        The file is no table of figures.
    """
    path = folder / METRICS
    if not path.is_file():
        return None
    columns: dict[str, dict[int, float]] = {}
    try:
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                # A resumed training writes an epoch again: the later row counts.
                epoch = int(row["epoch"]) + 1
                for name, value in row.items():
                    if value and "/" in name:
                        columns.setdefault(name, {})[epoch] = float(value)
    except (ValueError, KeyError, TypeError) as error:
        raise RecipeError(f"{path} holds no figures of epochs ({error})", "train again") from None
    return Course(columns, _best_epoch(folder))


def _best_epoch(folder: Path) -> int | None:
    path = folder / "summary.json"
    if not path.is_file():
        return None
    best = json.loads(path.read_text("utf-8")).get("best_epoch")
    return int(best) if best else None


def curves(courses: Sequence[Course]) -> list[Picture]:
    """Draw loss, accuracy and UAR over the epochs, as far as they were written.

    Of several trainings each one is a thin line, and a thick one their mean.
    """
    drawn = []
    for title, axis, names in _PANELS:
        present = [name for name in names if any(name in c.columns for c in courses)]
        if present:
            with drawn_in_style():
                drawn.append(_panel(courses, title, axis, present))
    return drawn


def _panel(courses: Sequence[Course], title: str, axis: str, names: Sequence[str]) -> Picture:
    paper = figure(5.2, 3.6)
    axes = paper.subplots()
    axes.grid(True)
    for name in names:
        look = dict(_LOOKS[name.partition("/")[0]])
        own = [course.columns[name] for course in courses if name in course.columns]
        if len(max(own, key=len)) > _FEW_EPOCHS:
            look["marker"] = ""
        if len(own) > 1:
            thin = {"color": look["color"], "linestyle": look["linestyle"]}
            for points in own:
                axes.plot(list(points), list(points.values()), linewidth=0.7, alpha=0.5, **thin)
            look["label"] += f", mean of {len(own)}"
        mean = _mean(own)
        axes.plot(list(mean), list(mean.values()), markersize=3.5, **look)
    if len(courses) == 1 and courses[0].best_epoch:
        best = courses[0].best_epoch
        axes.axvline(best, color=INK, linewidth=1, linestyle=":", label=f"kept: epoch {best}")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set(xlabel="epoch", ylabel=axis)
    if title != "loss":
        axes.set_ylim(0, 1)
    axes.legend(loc="best")
    return picture(
        paper, title.lower(), f"{_raised(title)} over the epochs", _said(courses, title, names)
    )


def _mean(own: Sequence[Mapping[int, float]]) -> dict[int, float]:
    """Give the mean of each epoch that all of them reached, so that no jump is an end of one."""
    shared = sorted(set.intersection(*(set(points) for points in own)))
    return {epoch: sum(points[epoch] for points in own) / len(own) for epoch in shared}


def _said(courses: Sequence[Course], title: str, names: Sequence[str]) -> str:
    parts = []
    for name in names:
        mean = _mean([course.columns[name] for course in courses if name in course.columns])
        if mean:
            ends = " to ".join(f"{mean[at]:.3f} in epoch {at}" for at in (min(mean), max(mean)))
            parts.append(f"{_LOOKS[name.partition('/')[0]]['label']} from {ends}")
    return f"{_raised(title)}: {'; '.join(parts)}."


def _raised(text: str) -> str:
    return text[0].upper() + text[1:]
