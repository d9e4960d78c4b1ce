"""Draw docs/architecture.svg: ``python docs/architecture.py``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
WIDTH, HEIGHT = 1000, 560
INK, PAPER = "#1f2933", "#ffffff"
FRONT, TRAIN, GROUND, OUTSIDE = "#d9e8f5", "#fbe3c6", "#e6e9ec", PAPER


@dataclass(frozen=True)
class Box:
    """A room: its name, what it does, and where it stands (left, top, width, height)."""

    name: str
    does: tuple[str, ...]
    x: int
    y: int
    width: int
    height: int
    colour: str

    def drawn(self) -> str:
        """Give the box as SVG: bold name, then what it does, one line each."""
        middle = self.x + self.width / 2
        top = self.y + self.height / 2 - 8 * len(self.does) + 5
        dashed = ' stroke-dasharray="5 4"' if self.colour == OUTSIDE else ""
        lines = [
            f'<rect x="{self.x}" y="{self.y}" width="{self.width}" height="{self.height}" rx="8" '
            f'fill="{self.colour}" stroke="{INK}"{dashed}/>',
            f'<text x="{middle:g}" y="{top:g}" class="name">{self.name}</text>',
        ]
        lines += [
            f'<text x="{middle:g}" y="{top + 17 * row:g}">{line}</text>'
            for row, line in enumerate(self.does, start=1)
        ]
        return "\n".join(lines)


BOXES = (
    Box("cli", ("one file per command: parse, call, show",), 20, 20, 960, 54, FRONT),
    Box("service", ("the page in the browser",), 20, 100, 290, 54, FRONT),
    Box("batch", ("many files: plan, workers",), 360, 100, 420, 54, FRONT),
    Box("recording", ("file, bytes, array",), 20, 190, 120, 80, OUTSIDE),
    Box("audio", ("decode, resample,", "blocks, checks"), 190, 190, 150, 80, FRONT),
    Box("speech", ("where somebody", "speaks"), 390, 190, 150, 80, FRONT),
    Box("predict", ("windows, weights,", "the answer"), 590, 190, 150, 80, FRONT),
    Box("formats", ("table, JSON,", "JSONL, CSV"), 790, 190, 190, 80, FRONT),
    Box(
        "bundle",
        ("the contract: one ONNX graph,", "labels, thresholds, card"),
        540,
        320,
        250,
        70,
        FRONT,
    ),
    Box("pictures", ("wave, spectrogram,", "mel bands"), 290, 320, 150, 70, FRONT),
    Box("weights", ("embedded bundles",), 840, 320, 140, 70, FRONT),
    Box("corpora", ("names to labels,", "speakers, licences"), 20, 320, 150, 70, FRONT),
    Box(
        "lab (the wing that needs torch)",
        ("recipes, front ends, augmentation, networks, training, evaluation, export",),
        220,
        420,
        570,
        54,
        TRAIN,
    ),
    Box("labels", ("the emotions and their words",), 20, 500, 465, 44, GROUND),
    Box("errors", ("a fact, the value, the remedy",), 515, 500, 465, 44, GROUND),
)
ARROWS = (
    ((140, 230), (190, 230)),
    ((340, 230), (390, 230)),
    ((540, 230), (590, 230)),
    ((740, 230), (790, 230)),
    ((665, 154), (665, 190)),
    ((665, 320), (665, 270)),
    ((840, 355), (790, 355)),
    ((665, 420), (665, 390)),
    ((265, 270), (265, 420)),
    ((465, 270), (465, 420)),
    ((320, 270), (320, 320)),
    ((410, 270), (410, 320)),
)


def arrow(start: tuple[int, int], end: tuple[int, int]) -> str:
    """Give a straight arrow as SVG."""
    (x1, y1), (x2, y2) = start, end
    return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="{INK}" marker-end="url(#tip)"/>'


def picture() -> str:
    """Give the whole picture as SVG text."""
    corner = f'<path d="M95 390 V447 H220" fill="none" stroke="{INK}" marker-end="url(#tip)"/>'
    drawn = [arrow(*ends) for ends in ARROWS] + [corner] + [box.drawn() for box in BOXES]
    body = "\n".join(drawn)
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" \
font-family="sans-serif" font-size="13" text-anchor="middle" fill="{INK}">
<title>The rooms of sertain, and the way of a recording through them</title>
<defs><marker id="tip" markerWidth="9" markerHeight="9" refX="8" refY="4" orient="auto">
<path d="M0 0 L9 4 L0 8 Z" fill="{INK}"/></marker></defs>
<style>.name {{ font-weight: bold; font-size: 15px; }}</style>
<rect width="{WIDTH}" height="{HEIGHT}" fill="{PAPER}"/>
{body}
</svg>
"""


if __name__ == "__main__":
    (HERE / "architecture.svg").write_text(picture(), encoding="utf-8")
