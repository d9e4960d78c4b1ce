"""Encoders and clips that are at hand, or the reason why a test is left out."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sertain import audio


@pytest.fixture(scope="session")
def encoders_root() -> Path:
    """The folder of pretrained encoders named by SERTAIN_ENCODERS; skips where there is none."""
    named = os.environ.get("SERTAIN_ENCODERS")
    if not named or not Path(named).is_dir():
        pytest.skip("SERTAIN_ENCODERS is not set: no pretrained encoder is at hand")
    return Path(named)


@pytest.fixture(scope="session")
def real_clips(corpora_root: Path) -> list[np.ndarray[Any, Any]]:
    """Four clips of RAVDESS at the level that recipes bring them to."""
    found = sorted((corpora_root / "ravdess" / "speech" / "Actor_07").glob("*.opus"))[::15][:4]
    if not found:
        pytest.skip("RAVDESS is not at hand")
    sounds = [audio.load(path, sample_rate=16000).samples[0] for path in found]
    return [np.float32(0.05) * s / np.sqrt(np.mean(s**2)) for s in sounds]
