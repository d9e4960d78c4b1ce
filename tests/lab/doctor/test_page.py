"""The page: what it shows and plays, what it saves, and whom it answers."""

from __future__ import annotations

import io
import json
import shutil
import urllib.error
import urllib.request
import wave
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from sertain.corpora import decisions
from sertain.corpora.clip import Clip
from sertain.lab.doctor import server
from sertain.lab.doctor.diagnosis import Diagnosis
from sertain.lab.doctor.server import Desk
from sertain.lab.doctor.suspects import Suspect
from sertain.lab.doctor.swaps import Pair
from sertain.labels import Emotion
from tests.lab import tones

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Clip]:
    """Two speakers, three emotions, two takes of 0.6 s."""
    return tones.make(tmp_path_factory.mktemp("tones"), speakers=2, takes=2, corpus="mine")


@pytest.fixture
def desk(clips: list[Clip], tmp_path: Path) -> Desk:
    """Three suspects and a pair that seems swapped; nothing is decided."""
    twin = clips[1].key
    found = Diagnosis(
        name="mine",
        clips=tuple(clips),
        data_hash="0123456789",
        by="vectors",
        apart="speakers",
        folds=2,
        uar=0.9,
        unjudged=0,
        suspects=(
            Suspect(clips[0], Emotion.SAD, 0.9, 0.01, (twin,)),
            Suspect(clips[2], Emotion.HAPPY, 0.8, 0.02),
            Suspect(clips[4], Emotion.ANGRY, 0.7, 0.03),
        ),
        pairs=(Pair((Emotion.HAPPY, Emotion.SAD), 0.1, 0.0, 0.2, 8, 2, swapped=True),),
        others={"tess": 700},
        decided=0,
    )
    return Desk(found, tmp_path / "decisions.csv", "eva")


@pytest.fixture
def address(desk: Desk) -> Iterator[str]:
    with server.running(desk) as own:
        yield own


def asked(url: str, body: object = None, **headers: str) -> tuple[int, bytes]:
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, headers)) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def saved(tmp_path: Path) -> list[list[str]]:
    """The table without its header and the time of each row."""
    lines = (tmp_path / "decisions.csv").read_text("utf-8").splitlines()
    return [line.split(",")[:-1] for line in lines[1:]]


def test_a_decision_is_on_disk_when_it_is_answered(
    address: str, clips: list[Clip], tmp_path: Path
) -> None:
    first, second = clips[0], clips[2]
    assert asked(address + "decide", {"clips": [first.key], "decision": "keep"})[0] == 200
    change = {"clips": [second.key], "decision": "change", "new_label": "happy"}
    assert asked(address + "decide", change)[0] == 200
    assert saved(tmp_path) == [
        [first.key, str(first.emotion), "keep", "", "eva"],
        [second.key, str(second.emotion), "change", "happy", "eva"],
    ]
    assert asked(address + "decide", {"clips": [first.key], "decision": ""})[0] == 200
    left, applied = decisions.apply(decisions.read(tmp_path / "decisions.csv"), clips)
    assert (applied.changed, applied.kept) == (1, 0)
    assert left[2].emotion is Emotion.HAPPY


def test_decisions_are_found_again(desk: Desk, clips: list[Clip], tmp_path: Path) -> None:
    desk.decide([clips[0].key], "drop", None)
    again = Desk(desk.found, tmp_path / "decisions.csv", "ben")
    assert again.rows == desk.rows
    assert [row.who for row in again.rows.values()] == ["eva"]


def test_a_label_that_was_changed_before_is_decided_about_as_it_was_published(
    desk: Desk, clips: list[Clip], tmp_path: Path
) -> None:
    published = {clips[0].key: Emotion.SAD}  # an earlier decision made it angry
    own = Desk(desk.found, tmp_path / "decisions.csv", "eva", published)
    own.decide([clips[0].key], "change", "happy")
    assert saved(tmp_path) == [[clips[0].key, "sad", "change", "happy", "eva"]]
    own.decide([clips[0].key], "change", "sad")
    assert saved(tmp_path) == [[clips[0].key, "sad", "keep", "", "eva"]]


@pytest.mark.parametrize(
    "body",
    [
        {"clips": ["mine/strange"], "decision": "drop"},
        {"clips": [], "decision": "drop"},
        {"clips": ["KEY"], "decision": "burn"},
        {"clips": ["KEY"], "decision": "change"},
        {"clips": ["KEY"], "decision": "change", "new_label": "grumpyish"},
        ["drop"],
        "drop",
    ],
)
def test_what_is_no_decision_changes_nothing(
    address: str, clips: list[Clip], body: object, tmp_path: Path
) -> None:
    if isinstance(body, dict):
        body = {**body, "clips": [key.replace("KEY", clips[0].key) for key in body["clips"]]}
    assert asked(address + "decide", body)[0] == 400
    assert not (tmp_path / "decisions.csv").exists()


def test_only_the_page_itself_is_answered(address: str, clips: list[Clip], tmp_path: Path) -> None:
    root = address.rsplit("/", 2)[0]
    keep = {"clips": [clips[0].key], "decision": "keep"}
    assert asked(address)[0] == 200
    assert asked(root + "/")[0] == 404
    assert asked(root + "/sound/0")[0] == 404
    assert asked(address + "sound/12")[0] == 404
    assert asked(address + "../../etc/passwd")[0] == 404
    assert asked(address, Host="evil.example")[0] == 404
    assert asked(address + "decide", keep, Origin="http://evil.example")[0] == 404
    assert asked(root + "/decide", keep)[0] == 404
    assert not (tmp_path / "decisions.csv").exists()


def test_a_clip_is_played_as_it_is_labelled_a_part_of_a_file(clips: list[Clip]) -> None:
    with wave.open(io.BytesIO(server.wav(clips[0]))) as file:
        assert (file.getframerate(), file.getnchannels(), file.getnframes()) == (16000, 1, 9600)
        played = np.frombuffer(file.readframes(9600), "<i2")
    assert np.abs(played.astype(int)).max() == 32000
    part = Clip("mine", "part", clips[0].path, Emotion.SAD, "mine/01", start_s=0.2, end_s=0.5)
    with wave.open(io.BytesIO(server.wav(part))) as file:
        assert file.getnframes() == 4800


def test_a_picture_is_small(address: str) -> None:
    status, png = asked(address + "picture/0")
    assert (status, png[:8]) == (200, b"\x89PNG\r\n\x1a\n")
    # Width and height stand big-endian behind the first chunk's name.
    assert (int.from_bytes(png[16:20]), int.from_bytes(png[20:24])) == (360, 96)


def test_words_of_a_corpus_cannot_break_the_page(clips: list[Clip], desk: Desk) -> None:
    evil = replace(clips[0], name="</script><script>alert(1)</script>")
    found = replace(
        desk.found, clips=(evil,), suspects=(Suspect(evil, Emotion.SAD, 0.9, 0.1),), pairs=()
    )
    shown = server.page.html(found, {})
    assert "<script>alert" not in shown


@pytest.mark.slow
def test_somebody_listens_and_decides_by_keyboard(
    address: str, clips: list[Clip], tmp_path: Path
) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        page.set_default_timeout(120_000)
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "console",
            lambda said: (
                wrong.append(f"{said.text} {said.location}") if said.type == "error" else None
            ),
        )
        page.goto(address)
        page.get_by_text("0 of 3 clips decided").wait_for()
        page.keyboard.press("c")  # to the probable label
        page.get_by_text("1 of 3 clips decided").wait_for()
        page.keyboard.press("d")
        page.get_by_text("2 of 3 clips decided").wait_for()
        page.keyboard.press("k")
        page.get_by_text("3 of 3 clips decided").wait_for()
        page.keyboard.press("u")
        page.get_by_text("2 of 3 clips decided").wait_for()
        assert [row[2:4] for row in saved(tmp_path)] == [["change", "sad"], ["drop", ""]]
        page.keyboard.press(" ")
        heard = "[...document.querySelectorAll('audio')].some(one => one.duration > 0.5)"
        for _ in range(300):  # the page allows no code made of text to wait with
            if page.evaluate(heard):
                break
            page.wait_for_timeout(100)
        else:
            pytest.fail("no sound could be played")
        violations = Axe().run(page).response["violations"]
        page.get_by_role("button", name="Exchange both labels of all 8 clips").click()
        page.get_by_text("9 decisions saved").wait_for()
        browser.close()
    assert wrong == []
    assert [each["id"] for each in violations if each["impact"] in {"serious", "critical"}] == []
    rows = {row[0]: row[2:4] for row in saved(tmp_path)}
    assert {tuple(rows[c.key]) for c in clips if c.emotion is Emotion.HAPPY} == {("change", "sad")}
    # What was dropped stays so.
    sad = [c.key for c in clips if c.emotion is Emotion.SAD]
    assert rows[sad[0]] == ["drop", ""]
    assert {tuple(rows[key]) for key in sad[1:]} == {("change", "happy")}
