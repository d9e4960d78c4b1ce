"""A report of one row on synthetic recordings: trains in a moment, by the real parts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

RATE = 16000

RECIPE = """
about: averaged MFCC and a support vector machine
corpora: [savee]
labels: [neutral, happy, sad, angry, fearful, disgust, surprised]
clip: {cut: file}
level_rms: null
normalise: none
frontend: {name: averaged, parameters: {columns: [mfcc], n_mfcc: 13}}
model: {name: svm}
sampling: {examples_per_epoch: null, balance_labels: false}
training: {clip_s: null, average_decay: 0}
"""

ROWS = """
systems: {X: a report, own: our own network}
rows:
  - {row: X1, system: X, recipe: FOLDER/tones.yaml, protocol: savee4, unseen: savee4, accuracy: 50}
recipes:
  FOLDER/tones.yaml: {seconds: 2}
"""

CODES = ("a", "d", "f", "h", "n", "sa", "su")


@pytest.fixture(scope="session")
def savee(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SAVEE's names: four men, three clips of each emotion, which are told apart by their pitch."""
    folder = tmp_path_factory.mktemp("corpora") / "savee"
    folder.mkdir()
    time_s = np.arange(RATE // 2) / RATE
    for voice, man in enumerate(("DC", "JE", "JK", "KL")):
        for place, code in enumerate(CODES):
            for number in (1, 2, 3):
                rng = np.random.default_rng([voice, place, number])
                pitch = 150 * 1.3**place * rng.uniform(0.97, 1.03)
                partials = [np.sin(2 * np.pi * pitch * k * time_s) / k for k in range(1, 6)]
                samples = 0.1 * sum(partials) + 0.003 * rng.standard_normal(len(time_s))
                soundfile.write(folder / f"{man}_{code}{number:02d}.wav", samples, RATE)
    return folder


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A table of the one row; its recipe lies beside it."""
    (tmp_path / "tones.yaml").write_text(RECIPE)
    (tmp_path / "rows.yaml").write_text(ROWS.replace("FOLDER", str(tmp_path)))
    return tmp_path / "rows.yaml"


@pytest.fixture(scope="session", autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SERTAIN_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield
