"""What the tests share: where the real recordings lie, and generators with fixed seeds."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import numpy as np
import pytest

# numba, which librosa compiles with, keeps what it compiled in files of two halves, and workers
# that write them at once mix the halves: the next call is a segmentation fault (numba#10128). So
# each worker keeps its own; numba reads this as it is imported, which no test has done yet.
os.environ["NUMBA_CACHE_DIR"] = str(
    Path(__file__).parents[1]
    / ".pytest_cache"
    / "numba"
    / os.environ.get("PYTEST_XDIST_WORKER", "alone")
)


@pytest.fixture(scope="session", autouse=True)
def _hears_ctrl_c() -> None:
    """A job in the background is started deaf to Ctrl-C, and so would be all that it starts."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def corpora_root() -> Path:
    """The folder of real corpora named by SERTAIN_CORPORA; skips where there is none."""
    named = os.environ.get("SERTAIN_CORPORA")
    if not named:
        pytest.skip("SERTAIN_CORPORA is not set: the real recordings are not at hand")
    root = Path(named)
    if not root.is_dir():
        pytest.skip(f"SERTAIN_CORPORA={named} is no folder")
    return root


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator with a fixed seed."""
    return np.random.default_rng(20260101)
