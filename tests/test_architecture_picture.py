"""The committed picture of the rooms is the one that its script draws."""

from __future__ import annotations

import runpy
from pathlib import Path

DOCS = Path(__file__).resolve().parents[1] / "docs"


def test_the_picture_is_drawn_by_its_script() -> None:
    script = runpy.run_path(str(DOCS / "architecture.py"))
    assert (DOCS / "architecture.svg").read_text(encoding="utf-8") == script["picture"]()
