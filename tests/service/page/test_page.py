"""What a visitor sees, in a real browser: answers, errors, tables, the microphone, the keyboard."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import FileChooser, Page

import sertain
from sertain.service.page.examples import EXAMPLES
from tests.bundle.voices import voice_bundle
from tests.service.page.conftest import CLIPS, Served, Visit, drop, said, serving

pytestmark = pytest.mark.slow


def predict(folder: Path, model: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """What the command line says of files in ``folder``."""
    return subprocess.run(
        [sys.executable, "-m", "sertain.cli.main", "predict", "-m", model, *arguments],
        cwd=folder,
        capture_output=True,
        check=False,
    )


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    """A folder with a voice, another one, silence, and a text."""
    voice, rate = soundfile.read(CLIPS / "even.wav", dtype="float32")
    soundfile.write(tmp_path / "Grüße & co.wav", voice, rate)
    soundfile.write(tmp_path / "03-01-06-01-02-01-12.wav", np.clip(voice * 3, -1, 1), rate)
    soundfile.write(tmp_path / "silence.flac", np.zeros(2 * rate), rate)
    (tmp_path / "text.wav").write_text("no sound at all\n" * 20)
    return tmp_path


def reach(page: Page) -> float:
    """How far the widest part of the page reaches to the right, in pixels."""
    page.wait_for_timeout(500)
    parts = "h1, #limits, #recordings, #answer, #several, #downloads, #sheets, #sheets *, #answer *"
    return float(
        page.evaluate(
            "parts => Math.max(document.documentElement.scrollWidth, ...[...document"
            ".querySelectorAll(parts)].map(e => e.getBoundingClientRect().right))",
            parts,
        )
    )


def test_a_recording_gets_the_answer_of_the_python_interface(
    visit: Visit, served: Served, recordings: Path, width: int
) -> None:
    page = visit(width=width)
    file = recordings / "Grüße & co.wav"
    drop(page, file)
    answer = sertain.predict(file, model=served.models[0])
    assert answer.probabilities is not None
    shown = said(page)
    assert f"{answer.label}, {answer.confidence:.2f}" in shown
    ranked = sorted(answer.probabilities.values(), reverse=True)
    bars = page.locator("#answer table.bars tr").all_inner_texts()
    assert [row.split()[-1] for row in bars] == [f"{value:.2f}" for value in ranked]
    for fact in ("64 kB", "2.0 s", "16 kHz", "level 1.0"):
        assert fact in shown
    names = page.get_by_role("img").all()
    alts = [image.get_attribute("aria-label") or "" for image in names]
    assert [alt.split()[0] for alt in alts if alt] == ["Waveform", "Spectrogram,", "Output"]
    assert reach(page) <= width


def test_the_name_says_the_true_emotion_beside_the_predicted_one(
    visit: Visit, recordings: Path
) -> None:
    page = visit()
    drop(page, recordings / "03-01-06-01-02-01-12.wav")
    cells = page.locator("#answer table.facts").first.locator("td").all_inner_texts()
    # The model knows neutral, angry and sad only.
    assert cells[0] == "fearful (ravdess)"
    assert cells[1] in {"neutral", "angry", "sad"}
    assert cells[2] == "≠ differs"


@pytest.mark.corpus
def test_a_clip_of_a_corpus_is_recognised(visit: Visit, corpora_root: Path) -> None:
    clips = sorted((corpora_root / "crema-d").rglob("*_ANG_*"))
    if not clips:
        pytest.skip("CREMA-D is not among the corpora")
    page = visit()
    drop(page, clips[0])
    assert "angry (crema-d)" in said(page)


def long_silence(folder: Path) -> Path:
    """Six hours and a minute, in a file of a few megabytes at most."""
    with soundfile.SoundFile(folder / "long.flac", "w", samplerate=1000, channels=1) as file:
        for _ in range(361):
            file.write(np.zeros(60_000, np.float32))
    return folder / "long.flac"


@pytest.mark.parametrize("kind", ["text", "empty", "cut", "long"])
def test_what_cannot_be_heard_gets_the_line_of_the_command_line(
    visit: Visit, served: Served, recordings: Path, kind: str
) -> None:
    file = recordings / f"{kind}.wav"
    if kind == "empty":
        file.write_bytes(b"")
    elif kind == "cut":
        file.write_bytes((CLIPS / "even.wav").read_bytes()[:200])
    elif kind == "long":
        file = long_silence(recordings)
    page = visit()
    drop(page, file) if kind != "long" else page.set_input_files(
        "#recordings input[type=file]", str(file)
    )
    page.get_by_role("alert").wait_for()
    told = predict(recordings, served.models[0], file.name).stderr.decode().strip()
    assert told.startswith(f"sertain: '{file.name}'")
    shown = " ".join(page.get_by_role("alert").inner_text().split())
    assert shown == told.replace("sertain:", "Failed:", 1)
    drop(page, CLIPS / "even.wav")  # the page goes on
    assert page.get_by_role("alert").count() == 0


def test_silence_is_answered_no_speech(visit: Visit, recordings: Path) -> None:
    page = visit()
    drop(page, recordings / "silence.flac")
    assert page.locator("#answer h2").inner_text() == "no speech"


def test_a_file_over_the_limit_is_refused_and_the_page_goes_on(
    visit: Visit, recordings: Path
) -> None:
    page = visit()
    (recordings / "large.wav").write_bytes(bytes(4 * 2**20 + 1))
    page.set_input_files("#recordings input[type=file]", str(recordings / "large.wav"))
    page.get_by_text('exceed the maximum allowed size of 4.0 Mb: "large.wav"').wait_for()
    drop(page, CLIPS / "even.wav")


def test_uploads_are_gone_when_the_answer_is_shown(
    visit: Visit, served: Served, recordings: Path
) -> None:
    page = visit()
    drop(page, *sorted(recordings.iterdir()))
    page.locator("#sheets summary").first.wait_for()
    assert served.uploads == []


def test_several_recordings_give_a_table_and_a_sheet_each(
    visit: Visit, recordings: Path, width: int
) -> None:
    page = visit(width=width)
    files = sorted(recordings.iterdir())
    drop(page, *files)
    assert "4 recordings, 1 of them failed" in said(page)
    summaries = page.locator("#sheets summary").all_inner_texts()
    assert [each.split(": ")[0] for each in summaries] == [file.name for file in files]
    page.locator("#sheets summary").nth(1).click()
    assert page.locator("#sheets details[open] .picture").count() == 3
    assert reach(page) <= width


def column(page: Page, number: int) -> list[str]:
    cells = page.locator(f"#answers [role=gridcell][aria-colindex='{number}']")
    return [cell.strip() for cell in cells.all_inner_texts()]


def test_the_downloads_are_what_the_command_line_writes(
    visit: Visit, served: Served, recordings: Path
) -> None:
    page = visit()
    files = sorted(recordings.iterdir())
    drop(page, *files)
    for name in ("csv", "json"):
        with page.expect_download() as download:
            page.locator("#downloads").get_by_role("link", name=name.upper()).click()
        assert download.value.suggested_filename == f"answers.{name}"
        written = predict(recordings, served.models[0], "-f", name, *(f.name for f in files))
        assert Path(download.value.path()).read_bytes() == written.stdout
    assert [row["file"] for row in json.loads(written.stdout)] == [file.name for file in files]


def test_the_model_can_be_chosen_and_its_card_read(visit: Visit, served: Served) -> None:
    page = visit()
    drop(page, CLIPS / "even.wav")
    assert "level 1.0" in said(page)
    page.get_by_role("radio", name=served.models[1]).check()
    drop(page, CLIPS / "lively.flac")
    assert "doubtful 1.0" in said(page)
    assert "uncertain: perhaps" in said(page)
    page.get_by_role("tab", name="The model").click()
    page.locator("#card").get_by_text("doubtful 1.0 in short").wait_for()
    card = said(page, "#card")
    for fact in ("CC0-1.0", "below 0.99", "luna5 UAR 0.625 0.580 to 0.671", "For tests only"):
        assert fact in card


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_one_click(visit: Visit, example: str) -> None:
    page = visit()
    page.get_by_role("button", name=example).click()
    page.locator("#answer").get_by_text(EXAMPLES[example].name, exact=True).wait_for()
    silent = page.locator("#answer h2").inner_text() == "no speech"
    assert silent == (example == "music, nobody speaks")


@pytest.mark.parametrize("path", EXAMPLES.values(), ids=lambda path: path.name)
def test_the_examples_are_the_projects_own_clips(path: Path) -> None:
    assert path.read_bytes() == (CLIPS / path.name).read_bytes()


def test_a_voice_is_recorded_from_the_microphone(visit: Visit, served: Served, width: int) -> None:
    page = visit(width=width)
    before = time.monotonic()
    page.get_by_role("button", name="Record").click()
    page.locator("#microphone .stop-button").wait_for()
    page.wait_for_timeout(3000)
    page.locator("#microphone .stop-button").click()
    page.locator("#answer .sheet").wait_for()
    passed = time.monotonic() - before  # on a busy machine the buttons take their time
    cells = page.locator("#answer table.facts td").all()
    facts = {cell.get_attribute("data-column"): cell.inner_text() for cell in cells}
    assert 1.5 <= float(facts["length"].removesuffix(" s")) <= passed
    assert float(facts["speech"].removesuffix(" s")) > 1
    assert served.uploads == []


def test_the_microphone_stops_by_itself_after_a_minute(visit: Visit) -> None:
    page = visit()
    page.clock.install()
    page.get_by_role("button", name="Record").click()
    page.locator("#microphone .stop-button").wait_for()
    page.wait_for_timeout(1500)
    page.clock.fast_forward(60_000)
    page.locator("#answer .sheet").wait_for()


def focused(page: Page) -> str:
    """The name of what the keyboard acts on; nothing where that is the page as a whole."""
    return str(
        page.evaluate(
            "(e => e === document.body ? '' : e.getAttribute('aria-label') || e.innerText)"
            "(document.activeElement)"
        )
    ).strip()


def tab_to(page: Page, what: str) -> None:
    for _ in range(40):
        page.keyboard.press("Tab")
        if focused(page).startswith(what):
            return
    pytest.fail(f"no Tab leads to {what}")


def test_the_keyboard_alone_does_it_all(visit: Visit, served: Served, recordings: Path) -> None:
    page = visit()
    choosers: list[FileChooser] = []

    def opened(chooser: FileChooser) -> None:  # a bound method of a list has no room for its marks
        choosers.append(chooser)

    page.on("filechooser", opened)
    tab_to(page, "Click to upload")
    for _ in range(200):  # the button is there before it listens
        page.keyboard.press("Enter")
        page.wait_for_timeout(500)
        if choosers:
            break
    files = sorted(recordings.iterdir())
    choosers[0].set_files([str(file) for file in files])
    page.locator("#answer").get_by_text("4 recordings").wait_for()
    page.locator("#sheets summary").first.wait_for()
    # Sorting by file: the second column.
    tab_to(page, "Sort by")
    page.locator("[role=option][aria-label=nr]").wait_for()
    page.keyboard.press("ArrowDown")
    page.locator("[role=option].active[aria-label=file]").wait_for()
    page.keyboard.press("Enter")
    page.locator("[role=option]").first.wait_for(state="detached")
    assert page.input_value("#sort input") == "file"
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    last_first = sorted((file.name for file in files), key=str.casefold, reverse=True)
    for _ in range(100):
        if column(page, 2) == last_first:
            break
        page.wait_for_timeout(100)
    assert page.locator("#backwards input").is_checked()
    assert column(page, 2) == last_first
    tab_to(page, "CSV")
    with page.expect_download():
        page.keyboard.press("Enter")
    tab_to(page, files[1].name)
    page.keyboard.press("Enter")
    page.locator("#sheets details[open]").wait_for()
    tab_to(page, "a woman, German")
    page.keyboard.press("Enter")
    page.locator("#answer").get_by_text("german.opus").wait_for()
    tab_to(page, "Click to upload")  # past the tab called Recordings
    tab_to(page, "Record")
    page.keyboard.press("Enter")
    page.locator("#microphone .stop-button").wait_for()
    page.wait_for_timeout(2000)
    tab_to(page, "Stop")
    page.keyboard.press("Enter")
    page.locator("#answer").get_by_text("audio.wav").wait_for()
    page.get_by_role("radio", name=served.models[0]).focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert page.get_by_role("radio", name=served.models[1]).is_checked()
    page.get_by_role("tab", name="Recordings").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator("#card").get_by_text("doubtful 1.0 in short").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(visit: Visit, recordings: Path, width: int, scheme: str) -> None:
    page = visit(width=width, scheme=scheme)

    def serious() -> list[str]:
        found: list[str] = []
        for _ in range(10):  # colours fade in
            page.wait_for_timeout(500)
            violations = Axe().run(page).response["violations"]
            found = [
                f"{each['help']}: {each['nodes'][0]['html'][:200]}"
                for each in violations
                if each["impact"] in {"serious", "critical"}
            ]
            if not found:
                break
        return found

    assert serious() == []
    drop(page, recordings / "text.wav")
    assert serious() == []
    drop(page, recordings / "03-01-06-01-02-01-12.wav")
    assert serious() == []
    drop(page, *sorted(recordings.iterdir()))
    page.locator("#sheets summary").nth(1).click()
    assert serious() == []
    page.get_by_role("tab", name="The model").click()
    page.locator("#card").get_by_text("level 1.0 in short").wait_for()
    assert serious() == []


def test_dark_and_light_follow_the_visitors_system(visit: Visit) -> None:
    def background(scheme: str) -> int:
        page = visit(scheme=scheme)
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(int(part) for part in str(colour).split("(")[1].rstrip(")").split(",")[:3])

    assert background("light") > 600
    assert background("dark") < 150


def test_one_voice_is_known_if_the_visitor_says_so(visit: Visit, tmp_path: Path) -> None:
    model = voice_bundle(tmp_path / "voice").path
    clips = [CLIPS / name for name in ("even.wav", "lively.flac", "slow-low.opus")]
    with serving(tmp_path / "temporary", "--no-browser", models=(str(model),)) as served:
        page = visit(address=served.address)
        page.get_by_label("of one voice or one microphone").check()
        page.wait_for_timeout(1000)  # colours fade in
        violations = Axe().run(page).response["violations"]
        assert not [each for each in violations if each["impact"] in {"serious", "critical"}]
        drop(page, *clips)
        page.locator("#sheets summary").first.click()
        known = sertain.load(model).with_baseline(clips).predict(clips[0])
        assert known.confidence is not None
        shown = said(page, "#sheets")
        assert "batch, 7.2 s: " in shown
        assert f"{known.confidence:.2f}" in shown
        assert served.uploads == []


def test_a_model_that_knows_no_voices_does_not_offer_it(visit: Visit) -> None:
    page = visit()
    assert not page.get_by_label("of one voice or one microphone").is_visible()
