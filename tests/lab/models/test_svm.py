"""The support vector machine answers in torch and in ONNX as it does in scikit-learn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.calibration import CalibratedClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from sertain.errors import RecipeError
from sertain.lab.models.svm import Config, Network
from tests.lab.models.graphs import assert_equals_torch, exported

pytestmark = pytest.mark.train


def _clusters(labels: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Columns on unlike scales that overlap, their labels, and columns never seen."""
    generator = np.random.default_rng(labels)
    targets = np.repeat(np.arange(labels), 30)
    centres = generator.standard_normal((labels, 20))
    scale = np.geomspace(0.01, 100, 20)
    columns = (centres[targets] + 2 * generator.standard_normal((len(targets), 20))) * scale
    unseen = 3 * generator.standard_normal((200, 20)) * scale
    return columns.astype(np.float32), targets, unseen.astype(np.float32)


def _fitted(labels: int, config: Config) -> tuple[Network, np.ndarray]:
    columns, targets, unseen = _clusters(labels)
    network = Network(config, 20, labels)
    network.fit(columns, targets)
    return network.eval(), unseen


@pytest.mark.parametrize("labels", [2, 3, 8])
@pytest.mark.parametrize("config", [Config(), Config(c=10.0, gamma=0.01, folds=3)])
def test_decisions_and_probabilities_are_scikit_learns(labels: int, config: Config) -> None:
    network, unseen = _fitted(labels, config)
    columns, targets, _ = _clusters(labels)
    # The columns as 64 bit numbers, as which the network takes them.
    columns, wide = columns.astype(np.float64), unseen.astype(np.float64)
    machine = SVC(C=config.c, gamma=config.gamma)
    calibrated = CalibratedClassifierCV(machine, method="sigmoid", cv=config.folds, ensemble=False)
    scaled = StandardScaler().fit(columns)
    calibrated.fit(scaled.transform(columns), targets)
    decisions = make_pipeline(StandardScaler(), machine).fit(columns, targets)
    standardised = torch.from_numpy(scaled.transform(wide))
    with torch.no_grad():
        ours = network.decisions(standardised).numpy()
        probabilities = network.probabilities(standardised).numpy()
        logits, embedding = network(torch.from_numpy(unseen)[:, :, None], None)
    theirs = decisions.decision_function(wide)
    np.testing.assert_allclose(ours[:, 1] if labels == 2 else ours, theirs, atol=1e-6, rtol=0)
    expected = calibrated.predict_proba(scaled.transform(wide))
    np.testing.assert_allclose(probabilities, expected, atol=1e-6, rtol=0)
    np.testing.assert_allclose(torch.softmax(logits, 1), expected, atol=1e-6, rtol=0)
    np.testing.assert_allclose(embedding, scaled.transform(wide), atol=1e-5, rtol=1e-6)


def test_a_sequence_is_averaged_over_its_own_frames() -> None:
    network, unseen = _fitted(3, Config())
    column = torch.from_numpy(unseen[:4])
    steps = column[:, :, None].repeat(1, 1, 6)
    steps[:, :, 0] += 1
    steps[:, :, 1] -= 1
    mask = torch.ones(4, 6)
    mask[:, 4:] = 0
    steps[:, :, 4:] = 0
    with torch.no_grad():
        alone, together = network(column[:, :, None], None)[0], network(steps, mask)[0]
    torch.testing.assert_close(together, alone, atol=1e-3, rtol=1e-3)


def test_it_is_saved_and_loaded_with_its_vectors() -> None:
    network, unseen = _fitted(4, Config())
    other = Network(Config(), 20, 4)
    with pytest.raises(RecipeError, match="svm is not fitted"):
        other(torch.zeros(1, 20, 1), None)
    other.load_state_dict(network.state_dict())
    features = torch.from_numpy(unseen)[:, :, None]
    with torch.no_grad():
        assert torch.equal(other(features, None)[0], network(features, None)[0])


def test_too_few_clips_of_a_label_are_told_in_one_line() -> None:
    with pytest.raises(RecipeError, match="label 1 has 4 training clips, svm needs 5"):
        Network(Config(), 3, 2).fit(np.zeros((24, 3)), np.array([0] * 20 + [1] * 4))


@pytest.mark.slow
def test_the_graph_answers_as_torch_does(tmp_path: Path) -> None:
    network, unseen = _fitted(8, Config())
    path = exported(network, 20, None, tmp_path)
    clips = torch.from_numpy(unseen)[:, :, None]
    assert_equals_torch(path, network, [clips, clips[:1], torch.randn(3, 20, 33)], padded=True)
