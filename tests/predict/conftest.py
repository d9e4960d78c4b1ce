from __future__ import annotations

from pathlib import Path

import pytest

from sertain import Model, load
from tests.bundle.bundles import level_bundle
from tests.bundle.voices import voice_bundle


@pytest.fixture(scope="session")
def level(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """The model that hears how loud a voice is, windows of 4 s."""
    return load(level_bundle(tmp_path_factory.mktemp("models") / "level").path)


@pytest.fixture(scope="session")
def voice(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """The model that gets to know a voice, windows of 4 s."""
    return load(voice_bundle(tmp_path_factory.mktemp("models") / "voice").path)


@pytest.fixture(scope="session")
def clips() -> Path:
    """The example clips, spoken by a synthesiser."""
    return Path(__file__).parents[2] / "examples" / "clips"
