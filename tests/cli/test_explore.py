"""`sertain explore` on a user's own folder, a table and real recordings."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.lab import tones

pytestmark = pytest.mark.train


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A folder with a sub-folder for each of three emotions, and a broken file."""
    folder = tmp_path / "my takes"
    (tmp_path / "made").mkdir()
    for clip in tones.make(tmp_path / "made", speakers=2, takes=1):
        place = folder / str(clip.emotion)
        place.mkdir(parents=True, exist_ok=True)
        shutil.copy(clip.path, place)
    return folder


def test_a_folder_of_ones_own_where_a_broken_clip_costs_its_row_and_the_exit_code(
    run: Run, mine: Path, tmp_path: Path
) -> None:
    (mine / "sad" / "broken.wav").write_text("no sound")
    out = tmp_path / "out"
    done = run("explore", str(mine), "--out", str(out), "--features", "vu_deepemonet")
    assert done.code == 1
    assert done.out == f"wrote {out / 'explore.html'}\nwrote {out / 'features.csv'} (6 rows)\n"
    first, last = done.err.splitlines()
    assert first == f"7 clips, into {out}"
    assert last.startswith("sertain: 1 of 7 clips cannot be heard, the first: ")
    with (out / "features.csv").open(newline="", encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    assert {row["emotion"] for row in table} == {"angry", "happy", "sad"}
    assert {row["corpus"] for row in table} == {"my takes"}
    assert (out / "figures" / "my-takes-classes.svg").is_file()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("ravdes",), "'ravdes' is no known corpus; did you mean 'ravdess'?"),
        (("no/such/folder",), "there is no table or folder no/such/folder; check the path"),
        (("FOLDER", "--channel", "song"), "has no clip of song; leave out --channel"),
    ],
)
def test_what_is_missing_is_said_in_one_line(
    run: Run, mine: Path, words: tuple[str, ...], message: str
) -> None:
    done = run("explore", *(str(mine) if word == "FOLDER" else word for word in words))
    assert (done.code, done.out) == (1, "")
    assert message in done.err
    assert done.err.count("\n") == 1


def test_an_unknown_set_of_columns_is_wrong_usage(run: Run) -> None:
    assert run("explore", "savee", "--features", "mfcc").code == 2
    assert run("explore").code == 2


@pytest.mark.corpus
def test_savee_as_it_was_published(run: Run, corpora_root: Path, tmp_path: Path) -> None:
    done = run("explore", "savee", "--corpora", str(corpora_root), "--table", "none",
               "--out", str(tmp_path))  # fmt: skip
    assert done.code == 0, done.err
    page = (tmp_path / "explore.html").read_text("utf-8")
    # 480 clips of 4 men, 120 of them neutral.
    assert "<td>480</td><td>4 (0, 4)</td><td>7</td>" in page
    assert '<th scope="row">neutral</th><td>120</td><td>120</td>' in page
