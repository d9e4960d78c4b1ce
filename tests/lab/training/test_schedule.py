"""The learning rate moves as the recipe says."""

from __future__ import annotations

import pytest
import torch

from sertain.lab.recipes.parts import Plateau, Training
from sertain.lab.training.schedule import Waiting, optimiser, schedule

pytestmark = pytest.mark.train


def _network() -> torch.nn.Module:
    return torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))


def _training(**values: object) -> Training:
    return Training.model_validate({"learning_rate": 1.0, **values})


def test_norms_and_biases_do_not_decay() -> None:
    made = optimiser(_network().parameters(), _training(optimiser="adam", weight_decay=0.5))
    assert type(made) is torch.optim.Adam
    shapes = [[p.dim() for p in group["params"]] for group in made.param_groups]
    assert shapes == [[2], [1, 1, 1]]
    assert [group["weight_decay"] for group in made.param_groups] == [0.5, 0.0]


def test_an_exponential_rate_falls_every_few_epochs_to_its_floor() -> None:
    training = _training(
        schedule={"name": "exponential", "decay": 0.5, "every_epochs": 2, "floor": 0.2}
    )
    made = optimiser(_network().parameters(), training)
    moving = schedule(made, training, steps=100)
    assert moving is not None
    assert moving["interval"] == "epoch"
    rates = []
    for _ in range(7):
        rates.append(made.param_groups[0]["lr"])
        made.step()
        moving["scheduler"].step()
    assert rates == pytest.approx([1, 1, 0.5, 0.5, 0.25, 0.25, 0.2])


def test_one_cycle_is_highest_after_the_warm_up_and_ends_near_nothing() -> None:
    training = _training(schedule={"name": "one_cycle", "warm_up": 0.3})
    made = optimiser(_network().parameters(), training)
    moving = schedule(made, training, steps=101)
    assert moving is not None
    rates = []
    for _ in range(100):
        made.step()
        moving["scheduler"].step()
        rates.append(made.param_groups[0]["lr"])
    assert rates.index(max(rates)) == pytest.approx(29, abs=1)
    assert rates[-1] < 1e-5


def test_a_constant_rate_and_a_plateau_do_not_move_by_themselves() -> None:
    for name in ("constant", "plateau"):
        training = _training(schedule={"name": name})
        assert schedule(optimiser(_network().parameters(), training), training, 10) is None


def test_a_plateau_counts_as_keras_does() -> None:
    """``patience`` 2: the second epoch without a loss lower by 1e-4 lowers the rate."""
    training = _training(schedule={"name": "plateau"})
    made = optimiser(_network().parameters(), training)
    waiting = Waiting(Plateau(name="plateau", factor=0.5, patience=2, floor=0.2))
    rates = []
    for number, loss in enumerate([1.0, 0.9, 0.9, 0.89995, 0.9, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8]):
        if number == 4:  # a killed run goes on where it was
            held, waiting = waiting.state_dict(), Waiting(waiting.how)
            waiting.load_state_dict(held)
        waiting.step(loss, made)
        rates.append(made.param_groups[0]["lr"])
    assert rates == pytest.approx([1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.2, 0.2])
