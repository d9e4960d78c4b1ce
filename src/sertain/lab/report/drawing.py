"""How every figure of a report looks: colours, letters, and its two files.

Colours are those of Okabe and Ito, told apart by all usual eyes, and never alone: lines differ in
dashes, dots in shape.  Letters and axes of an SVG take the colour of the text around it, so that a
page can be light or dark; a PNG has white paper.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, Final

import matplotlib
import numpy as np
from matplotlib import style
from matplotlib.figure import Figure
from numpy.typing import NDArray

BLUE, ORANGE, GREEN, YELLOW = "#0072b2", "#d55e00", "#009e73", "#e69f00"

INK: Final = "#010203"
"""Stands for the colour of text until the figure is written."""

GREY: Final = "#808080"

_DOTS_AN_INCH: Final = 144
_LIGHT, _DARK = "#1f2933", "#e6e9ec"
_STYLE: Final[dict[str, Any]] = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "text.color": INK,
    "text.parse_math": False,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "axes.axisbelow": True,
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.color": GREY,
    "grid.alpha": 0.35,
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "figure.facecolor": "none",
    "lines.linewidth": 1.8,
    "svg.fonttype": "none",
}


@dataclass(frozen=True)
class Picture:
    """A figure that is drawn.

    Attributes
    ----------
    name: of its files, without suffix.
    title: stands above it on a page.
    said: what it shows, for who does not see it.
    svg: as a part of a page; its colour is that of the text around it.
    png: on white paper.
    width: in CSS pixels, as it was drawn.
    """

    name: str
    title: str
    said: str
    svg: str
    png: bytes
    width: int

    def write(self, folder: Path) -> None:
        """Write ``NAME.svg``, light or dark as the viewer is, and ``NAME.png``."""
        colours = (
            f"<style>svg{{color:{_LIGHT};background:#fff}}@media(prefers-color-scheme:dark)"
            f"{{svg{{color:{_DARK};background:#14181c}}}}</style>"
        )
        head, rest = self.svg.split(">", 1)
        (folder / f"{self.name}.svg").write_text(f"{head}>{colours}{rest}\n", "utf-8")
        (folder / f"{self.name}.png").write_bytes(self.png)


@contextmanager
def drawn_in_style() -> Iterator[None]:
    """Draw figures inside, so that they look alike whatever the user's own settings are."""
    with style.context(["default", _STYLE]), warnings.catch_warnings():
        # A speaker's name in a script that the font lacks: the SVG has it all the same.
        warnings.filterwarnings("ignore", message=r"Glyph \d+ .* missing from font")
        yield


def figure(width: float, height: float) -> Figure:
    """Give an empty figure of so many inches; its parts make room for each other."""
    return Figure(figsize=(width, height), layout="constrained")


def picture(drawn: Figure, name: str, title: str, said: str) -> Picture:
    """Write a figure as SVG and PNG; what no file is called in ``name`` becomes a dash."""
    name = re.sub(r"[^\w.]+", "-", name)
    # Twice: the numbers on an axis change with its size, and its size with them.
    drawn.draw_without_rendering()
    drawn.draw_without_rendering()
    drawn.set_layout_engine("none")
    raster = io.BytesIO()
    drawn.savefig(raster, format="png", dpi=_DOTS_AN_INCH, facecolor="white",
                  metadata={"Software": None, "Title": title, "Description": said})  # fmt: skip
    vector = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": name}):
        drawn.savefig(vector, format="svg", metadata={"Date": None, "Creator": None})
    svg = _embedded(vector.getvalue(), name, said)
    return Picture(name, title, said, svg, raster.getvalue(), round(drawn.get_figwidth() * 96))


def readable_on(colour: tuple[float, ...] | NDArray[np.floating]) -> str:
    """Give black or white, whichever has more contrast (WCAG 2.2's relative luminance).

    ``colour`` is red, green, blue in 0 to 1, and whatever follows.
    """
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour[:3]]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#000000" if luminance > 0.179 else "#ffffff"


def _embedded(svg: str, name: str, said: str) -> str:
    """Make an SVG fit to stand in a page beside others: no head, own ids, a name, no fixed ink."""
    body = svg[svg.index("<svg") :].strip()
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    # Its one rule for all elements would reach the page around it.
    body = re.sub(r"<style[^>]*>\*\{([^}]*)\}</style>", "", body)
    body = re.sub(r'\bid="', f'id="{name}-', body)
    body = re.sub(r'(href="#|url\(#)', rf"\g<1>{name}-", body)
    body = body.replace(INK, "currentColor")
    # Verdana is as wide; where there is neither, lines of text grow or shrink a little.
    body = body.replace("'DejaVu Sans'", "'DejaVu Sans', Verdana, sans-serif")
    head = f'<svg role="img" aria-label="{escape(said)}" style="stroke-linejoin:round"'
    return body.replace("<svg", head, 1)
