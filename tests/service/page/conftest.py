"""The page as a process of its own, and a real Chromium in front of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.bundle.bundles import level_bundle

CLIPS = Path(__file__).parents[3] / "examples" / "clips"
PATIENCE_MS = 120_000
_FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
    *("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"),
]


@dataclass(frozen=True)
class Served:
    """A page at work: its address, its process, its models, and where its uploads lie."""

    address: str
    process: subprocess.Popen[str]
    models: tuple[str, ...]
    temporary: Path

    @property
    def uploads(self) -> list[str]:
        """Everything that lies in its folder but the lock."""
        (folder,) = self.temporary.glob("sertain-page-*")
        return sorted(path.name for path in folder.rglob("*") if path.name != "lock")


@contextmanager
def serving(temporary: Path, *arguments: str, models: tuple[str, ...]) -> Iterator[Served]:
    """Start `sertain page` and wait until it says that it answers."""
    temporary.mkdir(exist_ok=True)
    named = [word for model in models for word in ("-m", model)]
    process = subprocess.Popen(
        [sys.executable, "-m", "sertain.cli.main", "page", "--port", "0", *arguments, *named],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(temporary)},
    )
    with process:
        try:
            assert process.stdout is not None
            said = process.stdout.readline()
            assert said.startswith("sertain page: http://127.0.0.1:"), process.stderr
            yield Served(said.split()[2], process, models, temporary)
        finally:
            process.terminate()
            try:
                process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()
                raise


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """Folders of two bundles that hear how loud a voice is; the second is never certain."""
    folder = tmp_path_factory.mktemp("models")
    first = level_bundle(folder / "level")
    second = level_bundle(folder / "doubtful", name="doubtful", uncertain_below=0.99)
    return str(first.path), str(second.path)


@pytest.fixture(scope="session")
def served(models: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    temporary = tmp_path_factory.mktemp("temporary")
    with serving(temporary, "--no-browser", "--max-mb", "4", models=models) as page:
        yield page


@pytest.fixture(scope="session")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the fake microphone hears: a voice, as a WAV at the rate of a sound card."""
    samples, rate = soundfile.read(CLIPS / "even.wav", dtype="float32")
    wav = tmp_path_factory.mktemp("microphone") / "spoken.wav"
    soundfile.write(wav, np.repeat(samples, 48_000 // rate), 48_000, subtype="PCM_16")
    return wav


# Not for the whole session: while it is open, no other test of this thread can run asyncio.
@pytest.fixture(scope="module")
def browser(spoken: Path) -> Iterator[Browser]:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        flags = [*_FLAGS, f"--use-file-for-fake-audio-capture={spoken}"]
        launched = playwright.chromium.launch(executable_path=found, args=flags)
        yield launched
        launched.close()


Visit = Callable[..., Page]


@pytest.fixture
def visit(browser: Browser, served: Served) -> Iterator[Visit]:
    """Open the page, at desktop's width unless said otherwise; no visit may ask another host."""
    contexts: list[BrowserContext] = []
    asked: list[str] = []

    def opened(*, width: int = 1280, scheme: str = "light", address: str = served.address) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if scheme == "dark" else "light",
            permissions=["microphone"],
            accept_downloads=True,
        )
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address)
        page.locator("#recordings input[type=file]").wait_for(state="attached")
        page.get_by_role("button", name="Record").wait_for()
        return page

    yield opened
    for context in contexts:
        context.close()
    hosts = {url.split("/")[2].split(":")[0] for url in asked if url.startswith("http")}
    assert hosts == {"127.0.0.1"}


@pytest.fixture(params=[1280, 390], ids=["desktop", "phone"])
def width(request: pytest.FixtureRequest) -> int:
    return int(request.param)


def drop(page: Page, *files: Path) -> None:
    """Give files to the page and wait for the answer to exactly these."""
    page.set_input_files("#recordings input[type=file]", [str(file) for file in files])
    if len(files) == 1:
        page.locator("#answer").get_by_text(files[0].name, exact=True).first.wait_for()
    else:
        page.locator("#answer").get_by_text(f"{len(files)} recordings").wait_for()


def said(page: Page, of: str = "#answer") -> str:
    """The text of a part of the page, in one line."""
    return " ".join(page.locator(of).inner_text().split())
