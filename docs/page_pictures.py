"""Take docs/pictures/page-*.png as Chromium shows the page: ``python docs/page_pictures.py``."""

from __future__ import annotations

import argparse
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

import sertain
from sertain.service.page.server import running

HERE = Path(__file__).resolve().parent
PICTURES = HERE / "pictures"
CLIPS = HERE.parent / "examples" / "clips"
ONE = ("slow-low.opus",)
SOME = ("even.wav", "lively.flac", "german.opus", "music.opus")
PATIENCE_MS = 60_000
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def answered(page: Page, address: str, names: tuple[str, ...]) -> None:
    """Give the page these clips and wait until their answers stand there, one open."""
    page.set_default_timeout(PATIENCE_MS)
    page.goto(address)
    page.get_by_role("button", name="Record").wait_for()
    page.wait_for_timeout(1500)  # the upload is wired a moment after it is drawn
    page.set_input_files("#recordings input[type=file]", [str(CLIPS / name) for name in names])
    page.locator("#answer .answer").first.wait_for()
    page.wait_for_timeout(1500)  # pictures and fonts


def main() -> None:
    """Take both pictures: one recording on a desk, four on a phone in the dark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=PICTURES, help="another folder than docs' own")
    out: Path = parser.parse_args().out
    with running({"default": sertain.load()}) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        desk = browser.new_page(viewport={"width": 1100, "height": 900}, color_scheme="light")
        answered(desk, address, ONE)
        desk.screenshot(path=out / "page-desktop.png", full_page=True)
        phone = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme="dark")
        answered(phone, address, SOME)
        phone.get_by_role("heading", name=f"{len(SOME)} recordings").evaluate(
            "heading => window.scrollTo(0, heading.getBoundingClientRect().top + scrollY - 20)"
        )
        phone.wait_for_timeout(500)
        phone.screenshot(path=out / "page-phone.png")
        browser.close()


if __name__ == "__main__":
    main()
