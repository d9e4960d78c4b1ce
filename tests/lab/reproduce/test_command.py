"""``sertain reproduce`` from its words to the table: whole, killed, failing, quick, and refused."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import sync_playwright
from sklearn import metrics as peer

from sertain import bundle
from sertain.cli.main import main
from sertain.lab.reproduce import record
from tests.lab.reproduce.conftest import CODES, RECIPE, ROWS

pytestmark = pytest.mark.train

PATIENCE_S = 300.0
FOLDS, SEEDS = 4, 2


def command(table: Path, savee: Path, out: Path, *more: str) -> list[str]:
    words = ["reproduce", "--rows", str(table), "--corpus", f"savee={savee}", "--out", str(out)]
    return [*words, "--seeds", str(SEEDS), "--jobs", "2", *more]


def read(out: Path) -> dict[str, Any]:
    values: dict[str, Any] = json.loads((out / "table.json").read_text())
    return values


@pytest.fixture(scope="module")
def made(savee: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole table, and what is kept of it."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "tones.yaml").write_text(RECIPE)
    (folder / "rows.yaml").write_text(ROWS.replace("FOLDER", str(folder)))
    words = command(folder / "rows.yaml", savee, folder / "out", "--publish", str(folder / "kept"))
    assert main(words) == 0
    return folder


def test_the_figures_are_those_of_the_written_answers(made: Path) -> None:
    (row,) = read(made / "out")["rows"]
    held = json.loads((made / "out" / "tones" / "savee4.json").read_text())
    by_seed = defaultdict(list)
    for line in csv.DictReader(io.StringIO(record.predictions(held))):
        by_seed[line["seed"]].append((line["label"], line["predicted"]))
    assert sorted(by_seed) == ["0", "1"]
    assert {len(answers) for answers in by_seed.values()} == {4 * len(CODES) * 3}
    right = [peer.accuracy_score(*zip(*answers, strict=True)) for answers in by_seed.values()]
    recalls = [
        peer.balanced_accuracy_score(*zip(*answers, strict=True)) for answers in by_seed.values()
    ]
    cell = row["unseen"]
    assert cell["figures"]["wa"]["mean"] == pytest.approx(np.mean(right))
    assert cell["figures"]["wa"]["sd"] == pytest.approx(np.std(right, ddof=1))
    assert cell["figures"]["uar"]["mean"] == pytest.approx(np.mean(recalls))
    assert cell["figures"]["uar"]["low"] <= np.mean(recalls) <= cell["figures"]["uar"]["high"]
    assert row["under_published"]["difference"] == pytest.approx(
        100 * np.mean(right) - 50, abs=0.01
    )


def test_kept_probabilities_are_those_of_the_run_to_three_decimals(made: Path) -> None:
    out = made / "out" / "tones"
    whole = gzip.decompress((out / "savee4" / "predictions.csv.gz").read_bytes()).decode()
    short = record.predictions(json.loads((out / "savee4.json").read_text()))
    pairs = zip(csv.DictReader(io.StringIO(whole)), csv.DictReader(io.StringIO(short)), strict=True)
    for one, other in pairs:
        assert [one[n] for n in ("clip", "fold", "seed", "label", "predicted", "certain")] == [
            other[n] for n in ("clip", "fold", "seed", "label", "predicted", "certain")
        ]
        for name in other:
            if name.startswith("p_"):
                assert float(other[name]) == pytest.approx(float(one[name]), abs=0.0005001)


def test_the_row_says_what_it_rests_on(made: Path) -> None:
    (row,) = read(made / "out")["rows"]
    cell = row["unseen"]
    assert (cell["seeds"], cell["folds"]) == ([0, 1], [FOLDS, FOLDS])
    assert cell["clips"] == 84
    assert cell["hardware"].startswith(("a core of ", "NVIDIA"))
    assert row["parameters"] > 0
    assert row["speed"]["times_real_time"] > 1
    assert (made / "out" / cell["page"]).is_file()
    assert (made / "out" / cell["record"]).is_file()
    assert bundle.verify(bundle.read(made / "out" / "tones" / "bundle"))


def test_the_table_stands_as_markdown_and_as_a_page_that_asks_for_nothing(made: Path) -> None:
    (row,) = read(made / "out")["rows"]
    accuracy = f"{100 * row['under_published']['figures']['wa']['mean']:.1f}"
    for name in ("table.md", "table.html"):
        text = (made / "out" / name).read_text()
        assert "X1" in text
        assert accuracy in text
        assert "not a result" not in text
    page = (made / "out" / "table.html").read_text()
    assert "http" not in page
    assert "<script" not in page


@pytest.mark.parametrize("width", [390, 1400])
def test_the_page_fits_a_phone_and_a_desk(made: Path, width: int) -> None:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": width, "height": 800})
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto((made / "out" / "table.html").as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.get_by_text("X1").first.is_visible()
        assert len(asked) == 1
        browser.close()


def test_what_is_kept_has_every_link_that_its_pages_name(made: Path) -> None:
    kept = made / "kept"
    assert sorted(path.relative_to(kept).as_posix() for path in kept.rglob("*.*")) == [
        "table.html",
        "table.json",
        "table.md",
        "tones/savee4.json",
        *(
            f"tones/savee4/fold-{fold}-seed-{seed}.json.gz"
            for fold in range(FOLDS)
            for seed in range(SEEDS)
        ),
        "tones/speed.json",
    ]
    assert "](tones/savee4.json)" in (kept / "table.md").read_text()
    assert 'href="tones/savee4.json"' in (kept / "table.html").read_text()


@pytest.mark.slow
def test_a_killed_table_goes_on_to_the_same_figures(
    made: Path, table: Path, savee: Path, tmp_path: Path
) -> None:
    out, kept = tmp_path / "out", tmp_path / "kept"
    words = command(table, savee, out, "--publish", str(kept))
    words = [sys.executable, "-m", "sertain.cli.main", *words]
    process = subprocess.Popen(words, stderr=subprocess.DEVNULL, env=dict(os.environ))
    end = time.monotonic() + PATIENCE_S
    while len(list(kept.rglob("fold-*.json.gz"))) < 2 and time.monotonic() < end:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    first = {path: path.stat().st_mtime_ns for path in out.rglob("outcome.json")}
    assert 2 <= len(first) < FOLDS * SEEDS
    assert not (out / "table.json").exists()
    # What was finished is kept before the table is.
    assert 2 <= len(list(kept.rglob("fold-*.json.gz"))) <= len(first)
    again = subprocess.run(words, capture_output=True, text=True, check=False)
    assert again.returncode == 0
    assert f"8 runs, {len(first)} of them finished before" in again.stderr
    assert {path: path.stat().st_mtime_ns for path in first} == first
    ours, theirs = (read(folder)["rows"][0]["unseen"] for folder in (out, made / "out"))
    assert ours["figures"] == theirs["figures"]
    assert read(kept)["rows"][0]["unseen"]["figures"] == theirs["figures"]


@pytest.mark.slow
def test_a_run_that_fails_is_named_and_stops_no_other(
    made: Path, table: Path, savee: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    broken = out / "tones" / "savee4" / "fold-1-seed-0"
    broken.mkdir(parents=True)
    (broken / "outcome.json").write_text("{")
    assert main(command(table, savee, out)) == 1
    values = read(out)
    (failed,) = values["failed"]
    (reason,) = failed["reasons"]
    assert reason.startswith("fold 2 of 4, seed 0: ")
    assert "outcome.json is damaged; remove its folder" in reason
    assert reason in capsys.readouterr().err
    text = (out / "table.md").read_text()
    assert reason in text
    cell = values["rows"][0]["unseen"]
    assert (cell["state"], cell["seeds"], cell["of_seeds"]) == ("done", [1], SEEDS)
    figures = read(made / "out")["rows"][0]["unseen"]["figures"]
    assert cell["figures"]["uar"]["sd"] is None
    assert f"{100 * cell['figures']['wa']['mean']:.1f}, 1 of 2 seeds" in text
    assert len(list(out.rglob("fit/summary.json"))) == FOLDS * SEEDS - 1
    shutil.rmtree(broken)
    assert main(command(table, savee, out)) == 0
    assert read(out)["rows"][0]["unseen"]["figures"] == figures


def test_a_quick_table_says_that_it_is_no_result(
    table: Path, savee: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    words = ["reproduce", "--rows", str(table), "--corpus", f"savee={savee}", "--quick"]
    assert main([*words, "--out", str(out)]) == 0
    assert capsys.readouterr().out.startswith("quick: not a result\n")
    values = read(out)
    assert (values["quick"], values["runs"]) == (True, 1)
    (row,) = values["rows"]
    assert row["unseen"]["folds"] == [1, FOLDS]
    assert row["unseen"]["clips"] == 3 * len(CODES)  # of one man
    assert "difference" not in row["under_published"]
    for name in ("table.md", "table.html"):
        assert "quick: not a result" in (out / name).read_text()
    assert main(command(table, savee, out)) == 1
    assert "out holds quick runs; name another folder" in capsys.readouterr().err


def test_a_row_whose_weights_are_out_of_reach_says_so_and_stays_empty(
    savee: Path, tmp_path: Path
) -> None:
    (tmp_path / "nothing").mkdir()
    resnet = f"{{name: resnet, parameters: {{weights: {tmp_path}/nothing}}}}"
    picture = RECIPE.replace("averaged, parameters: {columns: [mfcc], n_mfcc: 13}", "picture")
    (tmp_path / "resnet.yaml").write_text(picture.replace("{name: svm}", resnet))
    (tmp_path / "rows.yaml").write_text(
        ROWS.replace("FOLDER", str(tmp_path)).replace("tones.yaml", "resnet.yaml")
    )
    out = tmp_path / "out"
    assert main(command(tmp_path / "rows.yaml", savee, out)) == 0
    values = read(out)
    assert values["runs"] == 0
    assert "nothing holds no config.json" in values["rows"][0]["empty"]
    said = f"X1: empty, because the folder {tmp_path}/nothing holds no config.json"
    assert said in (out / "table.md").read_text()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("corpus", "X1 on savee4: savee4 needs the 4 speakers of savee, but 3 are at hand"),
        ("folder", "X1 on savee4: the folder named for savee"),
        ("recipe", "unknown key tones.clipp; did you mean 'clip'"),
        ("protocol", "X1 on savee5: unknown protocol 'savee5'; did you mean 'savee4'"),
        ("table", "unknown key rows.rows.0.accurcy; did you mean 'accuracy'"),
    ],
)
def test_what_is_missing_or_wrong_is_one_line_before_anything_trains(
    change: str,
    said: str,
    table: Path,
    savee: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    place = tmp_path / "savee"
    if change == "corpus":
        shutil.copytree(savee, place, ignore=shutil.ignore_patterns("KL_*"))
    elif change == "folder":
        place = tmp_path / "nowhere"
    else:
        place = savee
    edits = {
        "recipe": (tmp_path / "tones.yaml", "clip: ", "clipp: "),
        "protocol": (table, "protocol: savee4", "protocol: savee5"),
        "table": (table, "accuracy:", "accurcy:"),
    }
    if change in edits:
        path, old, new = edits[change]
        path.write_text(path.read_text().replace(old, new, 1))
    assert main(command(table, place, tmp_path / "out")) == 1
    told = capsys.readouterr().err
    assert told.startswith(f"sertain: {said}")
    assert told.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_ctrl_c_ends_all_runs_with_130(table: Path, savee: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    process = subprocess.Popen(
        [sys.executable, "-m", "sertain.cli.main", *command(table, savee, out)],
        stderr=subprocess.PIPE,
        text=True,
    )
    end = time.monotonic() + PATIENCE_S
    while not list(out.rglob("log.txt")) and time.monotonic() < end:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    assert said.rstrip().endswith("sertain: interrupted")
