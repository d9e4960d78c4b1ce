"""The README's figures are those in results/, its links lead somewhere, its commands exist."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from sertain.cli.main import COMMANDS

PROJECT = Path(__file__).resolve().parents[1]
README = (PROJECT / "README.md").read_text(encoding="utf-8")
NAMES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "examples/README.md")
PAGES = [PROJECT / name for name in NAMES] + sorted((PROJECT / "docs").rglob("*.md"))
MARKED = "# A\n<!-- figures -->\nstale\n<!-- end of figures -->\nend\n"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_every_link_of_a_page_leads_to_a_file(page: Path) -> None:
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text(encoding="utf-8"))
    assert not [link for link in links if not (page.parent / link).exists()]


def test_every_command_in_the_readme_exists() -> None:
    shown = set(re.findall(r"\bsertain (\w+)", "".join(re.findall(r"```(.*?)```", README, re.S))))
    assert "predict" in shown
    assert shown <= set(COMMANDS)


def test_every_make_target_in_the_readme_exists() -> None:
    targets = re.findall(r"^(\w+):", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.M)
    assert set(re.findall(r"^make (\w+)", README, re.M)) <= set(targets)


@pytest.mark.train
def test_the_figures_are_those_of_the_results() -> None:
    from benchmarks.readme import filled  # noqa: PLC0415

    assert filled(README, PROJECT / "results") == README


@pytest.mark.train
def test_an_evaluation_is_shown_with_interval_seeds_and_leak(tmp_path: Path) -> None:
    from benchmarks.readme import filled  # noqa: PLC0415

    def measured(mean: float, low: float | None, high: float | None) -> dict[str, Any]:
        return {"mean": mean, "sd": None, "low": low, "high": high}

    figures = {name: measured(0.5, 0.25, 0.75) for name in ("uar", "wa", "macro_f1")}
    alone = {"ece": measured(0.0625, None, None), "half_error": measured(0.125, None, None)}
    record = {
        "protocol": {"name": "tess_random", "leak": "speakers on both sides"},
        "recipe": {"name": "small", "hash": "0"},
        "seeds": [0, 1],
        "pooled": {"clips": 1440, "figures": figures | alone},
        "with_reference": {
            "batch": {"pooled": {"figures": {"uar": measured(0.6, 0.5, 0.7)}}},
            "voice": {"pooled": None, "mean_of_folds": {"uar": measured(0.7, None, None)}},
        },
    }
    folder = tmp_path / "results" / "small"
    folder.mkdir(parents=True)
    (folder / "results.json").write_text(json.dumps(record), encoding="utf-8")
    page = filled(
        "# A\n<!-- figures -->\nstale\n<!-- end of figures -->\nend\n", tmp_path / "results"
    )
    interval = "0.500 (0.250 to 0.750)"
    assert page.startswith("# A\n<!-- figures -->\n")
    assert page.endswith("<!-- end of figures -->\nend\n")
    assert "stale" not in page
    assert (
        f"| [tess_random](results/small/results.md) | small | 2 | 1,440 | {interval} "
        f"| 0.600 (0.500 to 0.700) | 0.700 | {interval} | 0.062 | 0.125 "
        "| speakers on both sides |\n"
    ) in page


@pytest.mark.train
def test_a_benchmark_shows_only_what_has_a_target(tmp_path: Path) -> None:
    from benchmarks.measure import Row  # noqa: PLC0415
    from benchmarks.readme import filled  # noqa: PLC0415

    kept = Row("import", 12.5, "ms", 150.0)
    missed = Row("speed", 467.3, "× real time", 500.0, above=True)
    bare = Row("bare", 8.0, "ms")
    folder = tmp_path / "results" / "benchmarks"
    folder.mkdir(parents=True)
    record = {
        "title": "Start-up",
        "hardware": {"processor": "P", "cores": 2},
        "rows": [vars(row) | {"met": row.met} for row in (kept, missed, bare)],
    }
    (folder / "startup.json").write_text(json.dumps(record), encoding="utf-8")
    page = filled(MARKED, tmp_path / "results")
    link = "[Start-up](results/benchmarks/startup.md)"
    assert f"| {link} | import | 12.5 ms | ≤ 150 ms | yes |\n" in page
    assert f"| {link} | speed | 467 × real time | ≥ 500 × real time | no |\n" in page
    assert "bare" not in page
