"""The page of a run: whole, readable without pictures, and drawn from its folder alone."""

from __future__ import annotations

import io
import json
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from sertain.corpora.clip import Clip
from sertain.errors import RecipeError
from sertain.lab.report import validation
from sertain.lab.report.runs import draw
from sertain.labels import Emotion
from tests.lab.report import runs

pytestmark = pytest.mark.train

THREE = {"classes", "confusion-counts", "confusion-rates"}


class Page(HTMLParser):
    """What a page asks for, its identifiers and its words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.ids: list[str] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in {"src", "href", "xlink:href", "srcset", "action"} and value:
                self.asked.append(value)
            if name == "id" and value:
                self.ids.append(value)
        assert tag not in {"script", "link", "iframe", "object"}

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.words.append(data.strip())


def page(path: Path) -> Page:
    return Page(path.read_text("utf-8"))


def figures(folder: Path) -> set[str]:
    """The names of the figures, each of which is there as SVG and as PNG."""
    names = {path.stem for path in (folder / "figures").iterdir()}
    assert {path.name for path in (folder / "figures").iterdir()} == {
        f"{name}.{suffix}" for name in names for suffix in ("svg", "png")
    }
    return names


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished training with its report; only read."""
    folder = runs.training(tmp_path_factory.mktemp("runs") / "trained")
    assert draw(folder) == folder / "report.html"
    return folder


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an evaluation of two folds that score other labels; only read."""
    folder = runs.evaluation(tmp_path_factory.mktemp("runs") / "apart", pooled=False)
    draw(folder)
    return folder


def test_a_training_shows_its_curves_and_what_it_answered(trained: Path) -> None:
    shown = page(trained / "report.html")
    assert figures(trained) == {"loss", "accuracy", "uar", *THREE}
    assert "Training of mine, seed 3" in shown.words
    assert "tones <& pitches>" in shown.words
    assert "1,234,567" in shown.words
    assert "2, weights of epoch 2" in shown.words
    # The recall of happy is 6 of 8, precision 6 of 13.
    row = shown.words.index("happy", shown.words.index("precision", 0))
    assert {"0.462", "0.750", "0.571"} <= set(shown.words[row:])


def test_nothing_is_asked_of_anybody(trained: Path, apart: Path) -> None:
    for folder in (trained, apart):
        shown = page(folder / "report.html")
        assert all(value.startswith(("data:", "#")) for value in shown.asked)
        assert len(set(shown.ids)) == len(shown.ids) > 0
        text = (folder / "report.html").read_text("utf-8")
        named = re.findall(r"(?:href=\"#|url\(#)([^\")]+)", text)
        assert named
        assert set(named) <= set(shown.ids)
        addresses = set(re.findall(r"https?://[^\"'<\s]+", text))
        assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}


def test_every_figure_says_what_it_shows_and_follows_the_colour_of_the_text(
    trained: Path,
) -> None:
    for path in (trained / "figures").glob("*.svg"):
        root = ET.parse(path).getroot()
        assert root.attrib["role"] == "img"
        assert len(root.attrib["aria-label"]) > 40
        text = path.read_text("utf-8")
        assert "currentColor" in text
        assert "#010203" not in text
        assert "prefers-color-scheme:dark" in text
        title = Image.open(path.with_suffix(".png")).text
        assert title["Description"] == root.attrib["aria-label"]


def test_a_png_has_white_paper_and_dark_ink(trained: Path) -> None:
    content = (trained / "figures" / "loss.png").read_bytes()
    grey = np.asarray(Image.open(io.BytesIO(content)).convert("L"))
    assert (grey[:3] == 255).all()
    assert grey.min() < 10


def test_a_training_under_way_shows_its_curves_so_far(tmp_path: Path) -> None:
    runs.training(tmp_path)
    (tmp_path / "summary.json").unlink()
    (tmp_path / "validation.csv").unlink()
    shown = page(draw(tmp_path))
    assert figures(tmp_path) == {"loss", "accuracy", "uar"}
    assert any("not finished" in word for word in shown.words)


def test_an_evaluation_shows_all_folds_together(tmp_path: Path) -> None:
    shown = page(draw(runs.evaluation(tmp_path / "run", leak="speakers on both sides")))
    assert figures(tmp_path / "run") == {"loss", "accuracy", "uar", *THREE}
    assert "mine on savee4" in shown.words
    assert "Leak: speakers on both sides." in shown.words
    assert "2 of 4" in shown.words
    assert "0.400 to 0.600" in shown.words
    # 1.75 in the first fold, 1.25 in the second.
    svg = (tmp_path / "run" / "figures" / "loss.svg").read_text("utf-8")
    assert "validation from 1.500 in epoch 1 to 1.500 in epoch 2" in svg


def test_folds_that_score_other_labels_stand_apart(apart: Path) -> None:
    shown = page(apart / "report.html")
    names = {f"{fold}-{name}" for fold in ("dc", "je-x") for name in THREE}
    assert figures(apart) == {"loss", "accuracy", "uar", *names}
    assert "JE/x: Confusion, rates" in shown.words


def test_an_evaluation_whose_trainings_are_elsewhere_is_drawn_all_the_same(tmp_path: Path) -> None:
    folder = runs.evaluation(tmp_path / "run")
    for fold in range(2):
        (folder / f"fold-{fold}-seed-0" / "fit" / "csv" / "metrics.csv").unlink()
    assert "No figures of epochs lie in this folder." in page(draw(folder)).words
    assert figures(folder) == THREE


def test_a_bundle_on_outside_clips_has_its_page(tmp_path: Path) -> None:
    shown = page(draw(runs.outside(tmp_path / "run")))
    assert figures(tmp_path / "run") == THREE
    assert "mine 1.0 on trailer.csv" in shown.words
    assert "24 scored of 30" in shown.words


def test_drawing_again_gives_the_same_files(trained: Path, tmp_path: Path) -> None:
    def contents(folder: Path) -> dict[str, bytes]:
        files = [folder / "report.html", *(folder / "figures").iterdir()]
        return {path.name: path.read_bytes() for path in files}

    with matplotlib.rc_context({"font.size": 30.0, "axes.facecolor": "red"}):
        draw(runs.training(tmp_path))  # a user's own settings change nothing
    assert contents(tmp_path) == contents(trained)


def test_what_is_no_run_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"holds no run: neither results.json nor run.json"):
        draw(tmp_path)
    (tmp_path / "results.json").write_text("[1, 2")
    with pytest.raises(RecipeError, match="cannot be read"):
        draw(tmp_path)
    (tmp_path / "results.json").write_text(json.dumps({"protocol": {}}))
    with pytest.raises(RecipeError, match=r"cannot be read \(KeyError"):
        draw(tmp_path)


class Loud:
    """Answers the emotion whose number is the clip's name."""

    labels = (Emotion.HAPPY, Emotion.SAD, Emotion.CALM)

    def logits(self, clips: list[Clip]) -> NDArray[np.float32]:
        return np.eye(3, dtype=np.float32)[[int(clip.name[-1]) for clip in clips]] * 4


def test_validation_answers_are_kept_over_the_labels_that_a_corpus_has(tmp_path: Path) -> None:
    clips = [
        Clip("two", "x0", Path(), Emotion.HAPPY, "two/a"),
        Clip("two", "x2", Path(), Emotion.SAD, "two/a"),  # "calm" is no label of this corpus
        Clip("one", "y2", Path(), Emotion.CALM, "one/a"),
    ]
    path = validation.keep(Loud(), clips, tmp_path)
    lines = path.read_text("utf-8").splitlines()
    assert lines[0] == "clip,corpus,channel,speaker,label,predicted,p_happy,p_sad,p_calm"
    # Between two labels of equal logits the first one is answered, with half a chance each.
    assert lines[2] == "two/x2,two,speech,two/a,sad,happy,0.5,0.5,"
    assert lines[3] == "one/y2,one,speech,one/a,calm,calm,,,1"
    answered = validation.read(tmp_path)
    assert answered is not None
    assert answered.labels == ("happy", "sad", "calm")
    assert answered.counts == ((1.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 0.0, 1.0))
