"""``sertain evaluate --bundle``: a user's table in, figures out, from the base install."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sertain import audio
from sertain.cli.main import main
from tests.bundle.bundles import level_bundle, softmax_of_level

CLIPS = Path(__file__).parents[3] / "examples" / "clips"
RATE = 16_000


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(level_bundle(tmp_path_factory.mktemp("models") / "level").path)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Loud speech is angry, soft speech neutral; one part, one silence, one broken file."""
    spoken = audio.load(CLIPS / "even.wav", sample_rate=RATE).samples[0]
    loud = spoken / np.abs(spoken).max()
    pause = np.zeros(RATE, np.float32)
    soundfile.write(tmp_path / "loud.wav", loud, RATE)
    soundfile.write(tmp_path / "soft.wav", 0.01 * loud, RATE)
    soundfile.write(tmp_path / "both.wav", np.concatenate([0.01 * loud, pause, loud]), RATE)
    soundfile.write(tmp_path / "silent.wav", np.zeros(RATE), RATE)
    (tmp_path / "broken.wav").write_bytes(b"RIFF nothing")
    second = (len(loud) + RATE) / RATE
    rows = [
        ("file", "emotion", "speaker", "start", "end"),
        ("loud.wav", "anger", "anna", "", ""),
        ("soft.wav", "neutral", "anna", "", ""),
        ("both.wav", "angry", "bela", f"{second:.4f}", ""),
        ("both.wav", "neutral", "bela", "", f"{second - 0.5:.4f}"),
        ("silent.wav", "sad", "bela", "", ""),
        ("broken.wav", "sad", "bela", "", ""),
    ]
    path = tmp_path / "clips.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def test_a_table_is_heard_scored_and_written(
    model: str, table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    command = ["evaluate", "--bundle", model, "--table", str(table), "--out", str(out)]
    assert main(command) == 0
    line = capsys.readouterr().out
    assert line.startswith("level 1.0: UAR ")
    assert "3 labels (chance 0.333), 4 of 6 clips scored, interval over 4 clips within" in line
    found = json.loads((out / "results.json").read_text())
    assert found["labels"] == ["neutral", "angry", "sad"]
    assert found["counts"]["no_speech"] == {"sad": 1}
    assert list(found["counts"]["broken"]) == ["clips/broken"]
    assert found["bundle"]["name"] == "level"
    page = (out / "results.md").read_text()
    assert "| without speech | 1 | sad 1 |" in page
    assert "fewer than 5 speakers" in page

    with (out / "predictions.csv").open() as file:
        rows = {row["clip"]: row for row in csv.DictReader(file)}
    assert [row["outcome"] for row in rows.values()].count("scored") == 4
    loud = audio.load(table.parent / "loud.wav", sample_rate=RATE).samples[0]
    # The loud one: what the graph answers to its level, by formula, at least roughly (the cut).
    level = float(np.sqrt(np.mean(loud**2)))
    assert float(rows["clips/loud"]["p_angry"]) == pytest.approx(
        softmax_of_level(level)[1], abs=0.05
    )
    # A part is answered as the file that holds nothing else.
    part = next(row for key, row in rows.items() if key.startswith("clips/both@") and "angry" in
                row["label"])  # fmt: skip
    assert float(part["p_angry"]) == pytest.approx(float(rows["clips/loud"]["p_angry"]), abs=0.01)
    assert rows["clips/broken"]["note"]


def test_a_folder_with_a_folder_per_emotion_is_a_table_too(
    model: str, table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for word, name in (("neutral", "soft.wav"), ("angry", "loud.wav")):
        (tmp_path / "mine" / word).mkdir(parents=True)
        (table.parent / name).rename(tmp_path / "mine" / word / name)
    command = ["evaluate", "--bundle", model, "--table", str(tmp_path / "mine")]
    assert main([*command, "--out", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert "2 of 2 clips scored, interval over 2 clips" in said
    assert "No speaker is named" in (tmp_path / "out" / "results.md").read_text()


def _without_a_column(table: Path) -> None:
    table.write_text(table.read_text().replace("emotion", "mood"))


def _of_strange_labels(table: Path) -> None:
    text = table.read_text()
    for word in ("anger", "angry", "neutral", "sad"):
        text = text.replace(word, "happy")
    table.write_text(text)


def _of_no_emotion(table: Path) -> None:
    table.write_text(table.read_text().replace("anger", "angst und bange"))


def _without_rows(table: Path) -> None:
    table.write_text(table.read_text().splitlines()[0])


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_without_a_column, "has no column 'emotion'; it has file, mood"),
        (_of_strange_labels, "the model knows neutral, angry, sad and the clips have happy"),
        (_of_no_emotion, "row 1 of"),
        (_without_rows, "has no rows"),
        (Path.unlink, "there is no table or folder"),
    ],
)
def test_what_cannot_be_scored_is_one_line(
    spoil: Callable[[Path], None],
    message: str,
    model: str,
    table: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    spoil(table)
    command = ["evaluate", "--bundle", model, "--table", str(table)]
    assert main([*command, "--out", str(tmp_path / "out")]) == 1
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--bundle", "default"], "a bundle and its clips stand alone"),
        (["--table", "clips.csv"], "a bundle and its clips stand alone"),
        (["x", "--bundle", "default", "--table", "a.csv"], "a bundle and its clips stand alone"),
    ],
)
def test_a_bundle_and_its_clips_stand_alone(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", *words]) == 2
    assert message in capsys.readouterr().err


def test_unknown_corpora_and_bundles_name_what_is_near(
    model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", "--bundle", model, "--table", "ravdes"]) == 1
    assert "did you mean 'ravdess'?" in capsys.readouterr().err


def test_the_base_install_suffices(model: str, table: Path, tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "for name in ('torch', 'lightning', 'pydantic', 'yaml', 'pandas', 'sklearn', 'scipy'):\n"
        "    sys.modules[name] = None\n"
        "from sertain.cli.main import main\n"
        f"sys.exit(main(['evaluate', '--bundle', {model!r}, '--table', {str(table)!r}, "
        f"'--out', {str(tmp_path / 'out')!r}]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "results.md").is_file()
