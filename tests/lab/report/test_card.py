"""The cards in the wheel: their figures are those of the committed evaluations."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sertain.bundle import find

RESULTS = Path(__file__).parents[3] / "results"


@pytest.mark.parametrize("name", ["default", "fast"])
@pytest.mark.parametrize("protocol", ["luna5", "loco"])
def test_a_shipped_card_says_what_was_measured(name: str, protocol: str) -> None:
    card = find(name).card()
    section = card[card.index(f"Protocol **{protocol}**") :].split("\nProtocol **")[0]
    results = json.loads((RESULTS / name / protocol / "results.json").read_text("utf-8"))
    kinds = {"": results, **results.get("with_reference", {})}
    assert ("told of the voices" in section) == (len(kinds) > 1)
    for kind, one in kinds.items():
        figures = one["pooled"]["figures"] if one["pooled"] else one["mean_of_folds"]
        uar = figures["uar"]
        shown = f"{uar['mean']:.3f} | {uar['low']:.3f} to {uar['high']:.3f} |"
        row = next(
            line
            for line in section.splitlines()
            if line.startswith(f"| {kind} |" if kind else ("| UAR (", "| mean of folds |"))
        )
        assert shown in row
