"""Draw the letters of `sertain predict --pictures`: DejaVu Sans as pixels, into lettering.npz.

Run with ``python docs/lettering.py``; matplotlib brings the font, Pillow draws it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import matplotlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

PROJECT: Final = Path(__file__).parents[1]
FONTS: Final = Path(matplotlib.get_data_path(), "fonts", "ttf")
LATIN: Final = [*range(0x20, 0x7F), *range(0xA1, 0x180), *map(ord, "–—‘’“”…−·×→□")]
GREEK_AND_CYRILLIC: Final = [*range(0x391, 0x3A2), *range(0x3A3, 0x3CA), *range(0x400, 0x460)]


def letters(name: str, size: int, codes: Iterable[int]) -> dict[str, NDArray[np.generic]]:
    """Letters side by side, uint8 (height, width): 0 paper, 255 ink; and where each one starts."""
    font = ImageFont.truetype(FONTS / f"{name}.ttf", size)
    above, below = font.getmetrics()
    own = sorted(set(codes))
    drawn = []
    for code in own:
        image = Image.new("L", (round(font.getlength(chr(code))), above + below))
        ImageDraw.Draw(image).text((0, 0), chr(code), font=font, fill=255)
        drawn.append(np.asarray(image))
    return {
        "codes": np.array(own, np.uint32),
        "starts": np.cumsum([0, *(image.shape[1] for image in drawn)]).astype(np.uint32),
        "ink": np.hstack(drawn),
    }


def main() -> None:
    """Write both sizes."""
    fonts = {
        "text": letters("DejaVuSans", 15, [*LATIN, *GREEK_AND_CYRILLIC]),
        "title": letters("DejaVuSans-Bold", 20, LATIN),
    }
    parts: dict[str, Any] = {
        f"{font}_{part}": value for font, drawn in fonts.items() for part, value in drawn.items()
    }
    np.savez_compressed(PROJECT / "src" / "sertain" / "pictures" / "lettering.npz", **parts)


if __name__ == "__main__":
    main()
