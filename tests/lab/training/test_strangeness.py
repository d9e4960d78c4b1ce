"""How strange clips sound, against SciPy's distance and a hand's sum, and what that does."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist

from sertain.lab.training.strangeness import Strangeness

pytestmark = pytest.mark.train

ROWS = 5
SCALES = np.array([1e-3, 1.0, 40.0, 2.0, 7.0])


def _clips() -> tuple[np.ndarray, list[str]]:
    """Means over time of clips of two corpora, one with four times as many clips."""
    generator = np.random.default_rng(0)
    near = generator.normal(0, 1, (200, ROWS))
    far = generator.normal(3, 2, (50, ROWS))
    return np.concatenate([near, far]) * SCALES, ["near"] * 200 + ["far"] * 50


def _learnt(places: int = 2) -> Strangeness:
    found = Strangeness(places, ROWS, growth=1.5)
    found.learn(*_clips())
    return found


def _expected(means: np.ndarray) -> np.ndarray:
    """The distance to the nearer centre, by SciPy."""
    clips, _ = _clips()
    parts = clips[:200], clips[200:]
    centres = np.stack([part.mean(0) for part in parts])
    variance = (parts[0].var(0) + parts[1].var(0)) / 2
    apart = cdist(means, centres, "seuclidean", V=variance)
    return apart.min(1) / np.sqrt(ROWS)


@pytest.mark.parametrize("places", [2, 4])
def test_the_distance_is_to_the_nearest_corpus_in_deviations_within_one(places: int) -> None:
    found = _learnt(places)
    asked = np.random.default_rng(1).normal(0, 4, (20, ROWS)) * SCALES
    measured = found.distance(torch.from_numpy(asked).float()).numpy()
    np.testing.assert_allclose(measured, _expected(asked), rtol=1e-4)
    clips, _ = _clips()
    own = _expected(clips)
    usual = (np.median(own[:200]) + np.median(own[200:])) / 2
    assert float(found.usual) == pytest.approx(usual, rel=0.01)


def test_only_what_is_stranger_than_usual_is_divided_and_padding_is_not_heard() -> None:
    found = _learnt()
    clips, _ = _clips()
    means = np.stack([clips[:200].mean(0), 30 * SCALES])
    heard = np.repeat(means[:, :, None], 6, axis=2)
    heard[:, :, 1] += 1  # cells that come and go leave the mean over time as it is
    heard[:, :, 2] -= 1
    heard[:, :, 4:] = 1e6
    mask = np.tile([1.0, 1, 1, 1, 0, 0], (2, 1))
    factors = found(torch.from_numpy(heard).float(), torch.from_numpy(mask).float()).numpy()
    beyond = _expected(means)[1] - float(found.usual)
    assert beyond > 1
    np.testing.assert_allclose(factors, [1.0, np.exp(1.5 * beyond)], rtol=1e-3)


def test_more_corpora_than_places_are_refused() -> None:
    with pytest.raises(ValueError, match="2 corpora, made for 1"):
        _learnt(1)
