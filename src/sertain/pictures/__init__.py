"""Pictures of a recording for people: its wave, its spectrogram, the output of its mel filters.

Drawn with numpy alone and written as PNG, so that the base install can: see
docs/decisions/0410-pictures-without-a-library.md.
"""

from __future__ import annotations

from sertain.pictures.columns import Overview, overview
from sertain.pictures.sheets import PICTURES, Sheet, draw

__all__ = ["PICTURES", "Overview", "Sheet", "draw", "overview"]
