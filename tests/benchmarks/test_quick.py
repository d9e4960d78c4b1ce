"""What `benchmarks.quick` reads of a table, and what it asks of a bundle."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks.measure import PROGRAM, PROJECT

from benchmarks import quick
from sertain.errors import ProtocolError

pytestmark = pytest.mark.train


def _row(name: str, recipe: str, empty: str | None = None) -> dict[str, str | None]:
    return {"row": name, "recipe": recipe, "empty": empty}


def test_a_recipe_of_two_rows_is_asked_once_and_an_empty_one_not_at_all(tmp_path: Path) -> None:
    held = {"rows": [_row("A1", "a"), _row("A1s", "a"), _row("E4", "e", "no weights")]}
    found = quick.recipes(held)
    assert found == {"a": (("A1", "A1s"), None), "e": (("E4",), "no weights")}
    assert quick.asked("gone", tmp_path, "e", found["e"]) == quick.Row(("E4",), "e", "no weights")


def test_a_bundle_answers_through_the_command(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    fast = PROJECT / "src" / "sertain" / "weights" / "fast"
    (tmp_path / "a" / "bundle").symlink_to(fast)
    row = quick.asked(str(PROGRAM), tmp_path, "a", (("A1",), None))
    assert row.sum == pytest.approx(1, abs=1e-6)
    assert row.mb == len((fast / "model.onnx").read_bytes()) / 1e6
    text = quick.page(601.0, [row, quick.Row(("E4",), "e", "no weights")])
    assert "took 10.0 minutes (target 10: missed)" in text
    assert "Each of its 1 bundles" in text
    assert "| E4 | e | empty: no weights |  |  |" in text


def test_a_program_beside_torch_is_no_base_install(tmp_path: Path) -> None:
    with pytest.raises(ProtocolError, match="stands beside torch"):
        quick.main(["--program", str(PROGRAM), "--out", str(tmp_path)])
