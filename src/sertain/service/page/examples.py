"""The clips that ship with the package, spoken by a synthesiser: nobody's voice is in them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "clips"

EXAMPLES: Final = {
    "a man, level voice": FOLDER / "even.wav",
    "a woman, lively": FOLDER / "lively.flac",
    "a woman, German": FOLDER / "german.opus",
    "a man on the telephone": FOLDER / "telephone.wav",
    "two voices, stereo": FOLDER / "two-voices.opus",
    "music, nobody speaks": FOLDER / "music.opus",
}
"""What one hears, and where it lies."""
