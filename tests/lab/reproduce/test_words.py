"""What the table says in words, from figures written by hand."""

from __future__ import annotations

from typing import Any

import pytest

from sertain.lab.reproduce import words

pytestmark = pytest.mark.train


def _row(name: str, system: str, accuracy: float | None, **more: Any) -> dict[str, Any]:
    """A row of one protocol; without an accuracy it is not run yet."""
    cell: dict[str, Any] = {"protocol": "published/x", "state": "waiting"}
    if accuracy is not None:
        cell |= {"state": "done", "figures": {"wa": {"mean": accuracy, "sd": None, "low": None}}}
    return {
        "row": name,
        "system": system,
        "beside": None,
        "tried": None,
        "empty": None,
        "under_published": cell,
        **more,
    }


def _table(*rows: dict[str, Any], quick: bool = False) -> dict[str, Any]:
    return {"quick": quick, "rows": rows}


@pytest.mark.parametrize(
    ("own", "said"),
    [(0.801, "beats the best row that is done: 80.1 against 76.5 of B8"), (0.7, "does not beat")],
)
def test_our_network_is_compared_with_the_best_row_of_the_report(own: float, said: str) -> None:
    reports = _row("B1", "B", 0.62), _row("B8", "B", 0.7651), _row("B9", "B", None)
    (told,) = words.compared(_table(*reports, _row("own-B", "own", own)))
    assert told.startswith("Under the protocol of B our network ")
    assert said in told


def test_nothing_is_compared_before_both_are_there() -> None:
    assert words.compared(_table(_row("B1", "B", None), _row("own-B", "own", 0.8))) == []
    assert words.compared(_table(_row("B1", "B", 0.6), _row("own-B", "own", None))) == []
    both = _row("B1", "B", 0.6), _row("own-B", "own", 0.8)
    assert words.compared(_table(*both, quick=True)) == []


def test_what_was_tried_stands_at_a_row_that_is_not_reached() -> None:
    row = _row("B3", "B", 0.6, tried="a higher rate")
    for reached, told in ((False, ["not reached, tried: a higher rate"]), (True, [])):
        row["under_published"]["reached"] = reached
        assert words.told(row) == told
    assert words.told(_row("B3", "B", None, tried="a higher rate")) == []
