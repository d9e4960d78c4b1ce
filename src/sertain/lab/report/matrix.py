"""The confusion matrix in counts and in rates, and precision, recall and F1 of every class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from sertain.lab.evaluation import metrics
from sertain.lab.report.drawing import (
    BLUE,
    GREEN,
    INK,
    YELLOW,
    Picture,
    drawn_in_style,
    figure,
    picture,
    readable_on,
)

Floats = NDArray[np.float64]

_MEASURES: Final = (("precision", BLUE, "o"), ("recall", YELLOW, "s"), ("F1", GREEN, "^"))


@dataclass(frozen=True)
class Matrix:
    """Answers by truth.

    Attributes
    ----------
    name: starts the names of its files; may be empty.
    title: of what, for the page; may be empty.
    labels: of rows and columns.
    counts: (labels, labels), rows are the truth; means over seeds may be broken numbers.
    """

    name: str
    title: str
    labels: tuple[str, ...]
    counts: tuple[tuple[float, ...], ...]

    @cached_property
    def cells(self) -> Floats:
        """The counts as an array."""
        return np.array(self.counts, np.float64)

    @property
    def support(self) -> Floats:
        """Clips of each class."""
        return np.asarray(self.cells.sum(axis=1))

    @property
    def recall(self) -> Floats:
        """Share of a class' clips that are answered right; NaN without clips."""
        return metrics.recall(self.cells)

    @property
    def precision(self) -> Floats:
        """Share of a class' answers that are right; NaN where it was never answered."""
        return metrics.recall(self.cells.T)

    @property
    def f1(self) -> Floats:
        """Harmonic mean of both; NaN where the class neither occurs nor is answered."""
        both = self.support + self.cells.sum(axis=0)
        share = np.full(both.shape, np.nan)
        np.divide(2 * np.diagonal(self.cells), both, out=share, where=both > 0)
        return share

    @property
    def rates(self) -> Floats:
        """Each row as shares of its clips; NaN in rows without clips."""
        support = self.support[:, None]
        shares = np.full(self.cells.shape, np.nan)
        np.divide(self.cells, support, out=shares, where=support > 0)
        return shares

    def pictures(self) -> list[Picture]:
        """Draw counts, rates, and precision, recall and F1 of every class."""
        with drawn_in_style():
            return [
                self._grid("confusion-counts", "Confusion, counts", self.cells, "clips"),
                self._grid("confusion-rates", "Confusion, rates", self.rates, "share of the row"),
                self._classes(),
            ]

    def _grid(self, name: str, title: str, values: Floats, unit: str) -> Picture:
        count = len(self.labels)
        side = 1.9 + 0.42 * count
        drawn = figure(side + 0.6, side)
        axes = drawn.subplots()
        most = 1.0 if unit != "clips" else max(1.0, float(np.nanmax(values, initial=0.0)))
        colours = matplotlib.colormaps["cividis"]
        mesh = axes.pcolormesh(
            np.nan_to_num(values), cmap=colours, vmin=0, vmax=most, edgecolors=INK, linewidth=0.5
        )
        for row, column in np.ndindex(values.shape):
            value = float(values[row, column])
            axes.text(
                column + 0.5,
                row + 0.5,
                _written(value, unit),
                ha="center",
                va="center",
                fontsize=9,
                color=readable_on(colours(0.0 if np.isnan(value) else value / most)),
            )
        places = np.arange(count) + 0.5
        axes.set_xticks(places, self.labels, rotation=45, ha="right", rotation_mode="anchor")
        axes.set_yticks(places, self.labels)
        axes.tick_params(length=0)
        axes.invert_yaxis()
        axes.set_aspect("equal")
        axes.set(xlabel="answer", ylabel="truth")
        axes.spines[:].set_visible(False)
        bar = drawn.colorbar(mesh, ax=axes, shrink=0.7, label=unit)
        bar.outline.set_visible(False)
        return self._picture(drawn, name, title, self._said(unit))

    def _classes(self) -> Picture:
        values = (self.precision, self.recall, self.f1)
        drawn = figure(7.4, 1.6 + 0.42 * len(self.labels))
        axes = drawn.subplots()
        axes.grid(True, axis="x")
        for shift, (name, colour, marker), own in zip(
            (-0.2, 0, 0.2), _MEASURES, values, strict=True
        ):
            places = np.arange(len(self.labels)) + shift
            shown = np.nan_to_num(own)
            axes.hlines(places, 0, shown, color=colour, linewidth=3)
            axes.plot(shown, places, marker, color=colour, label=name, markersize=7,
                      markeredgecolor=INK, markeredgewidth=0.7)  # fmt: skip
        axes.set_yticks(np.arange(len(self.labels)), self.labels)
        axes.invert_yaxis()
        axes.set_xlim(0, 1.02)
        axes.set(xlabel="share (0 to 1)", ylabel="class")
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
        said = "; ".join(
            f"{label}: precision {_share(p)}, recall {_share(r)}, F1 {_share(f)}"
            for label, p, r, f in zip(self.labels, *values, strict=True)
        )
        return self._picture(drawn, "classes", "Precision, recall and F1 of every class", said)

    def _picture(self, drawn: Figure, name: str, title: str, said: str) -> Picture:
        of = f"{self.title}: " if self.title else ""
        full = f"{self.name}-{name}" if self.name else name
        return picture(drawn, full, f"{of}{title}", f"{of}{said}.")

    def _said(self, unit: str) -> str:
        """Name what each class is answered as most, in words."""
        values = self.cells if unit == "clips" else self.rates
        rows = []
        for row, label in enumerate(self.labels):
            if not self.support[row]:
                continue
            order = np.argsort(-values[row], kind="stable")
            named = [f"{self.labels[at]} {_written(values[row, at], unit)}" for at in order[:2]]
            rows.append(f"{label} was answered as {' and '.join(named)}")
        return f"Confusion matrix in {unit}. {'; '.join(rows)}"


def table(matrix: Matrix) -> list[Sequence[str]]:
    """Give precision, recall, F1 and clips of every class, then their plain means."""
    values = (matrix.precision, matrix.recall, matrix.f1)
    rows: list[Sequence[str]] = [("class", "precision", "recall", "F1", "clips")]
    for at, label in enumerate(matrix.labels):
        own = (_share(each[at]) for each in values)
        rows.append((label, *own, _written(matrix.support[at], "clips")))
    occurs = matrix.support > 0
    means = (_share(float(np.nan_to_num(each[occurs]).mean())) for each in values)
    rows.append(("mean of the classes", *means, _written(matrix.support.sum(), "clips")))
    return rows


def counted(matrix: Matrix) -> list[Sequence[str]]:
    """Give the confusion as a table: counts, rows are the truth."""
    return [
        ("truth \\ answer", *matrix.labels),
        *(
            (label, *(_written(value, "clips") for value in row))
            for label, row in zip(matrix.labels, matrix.cells, strict=True)
        ),
    ]


def _written(value: float, unit: str) -> str:
    if np.isnan(value):
        return "–"
    return f"{value:.4g}" if unit == "clips" else f"{value:.2f}"


def _share(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:.3f}"
