"""How soon the page answers, and whether ten people at once each get their own answers."""

from __future__ import annotations

import argparse
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import soundfile

from benchmarks.measure import Row, write
from benchmarks.speech import talk, write_wav

ROUNDS = 15
OVER_PREDICT, PLUS_MS = 1.5, 300.0
PEOPLE, TURNS = 10, 20
CROWDS = 6
GROWTH_MB = 25.0
RATE = 16_000

# Sends one person's recordings one after the other and tells what came back, a line each.
VISITOR = """
import json, sys
from pathlib import Path
from gradio_client import Client, handle_file
address, model, *files = sys.argv[1:]
client = Client(address, verbose=False)
for file in files:
    _, shown, *_ = client.predict([handle_file(file)], model, api_name="/answer")
    print(json.dumps([Path(file).name, shown]), flush=True)
"""


def first_answers(address: str, wav: Path) -> list[float]:
    """Seconds from giving a file to a browser until its answer can be read, on warm pages."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    taken = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=flags)
        for number in range(ROUNDS + 1):
            page = browser.new_page()
            page.set_default_timeout(120_000)
            page.goto(address)
            page.get_by_role("button", name="Record").wait_for()
            page.wait_for_timeout(1500)
            began = time.perf_counter()
            page.set_input_files("#recordings input[type=file]", str(wav))
            page.locator("#answer .answer").wait_for()
            if number:  # the first one warms the browser
                taken.append(time.perf_counter() - began)
            page.close()
        browser.close()
    return taken


def resident_mb() -> float:
    """What this process holds in memory now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 1e6


def crowd(address: str, model: str, folder: Path) -> tuple[int, int, float]:
    """Send ``TURNS`` recordings of each of ``PEOPLE`` at once.

    Returns how many were answered, how many with another's answer, and the seconds it took.
    """
    import json  # noqa: PLC0415

    import sertain  # noqa: PLC0415

    loaded = sertain.load(model)
    expected = {}
    voice = talk(4.0, pause_s=(0.1, 0.2))
    for person in range(PEOPLE):
        rng = np.random.default_rng(person)
        for turn in range(TURNS):
            file = folder / f"person-{person}-{turn}.wav"
            start = int(rng.integers(0, RATE))
            soundfile.write(file, voice[start : start + 2 * RATE] * rng.uniform(0.2, 1), RATE)
            answer = loaded.predict(file)
            values = answer.probabilities or {}
            expected[file.name] = [f"{value:.2f}" for value in sorted(values.values())[::-1]]

    def visit(person: int) -> list[list[str]]:
        files = [str(folder / f"person-{person}-{turn}.wav") for turn in range(TURNS)]
        command = [sys.executable, "-c", VISITOR, address, model, *files]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        return [json.loads(line) for line in done.stdout.splitlines()]

    began = time.perf_counter()
    with ThreadPoolExecutor(PEOPLE) as pool:
        told = [each for person in pool.map(visit, range(PEOPLE)) for each in person]
    took = time.perf_counter() - began
    mixed = 0
    for name, shown in told:
        bars = re.findall(r"<td>(\d\.\d\d)</td></tr>", shown)
        mixed += f">{name}<" not in shown or bars != expected[name]
    return len(told), mixed, took


def main() -> None:
    """Measure and write the table."""
    import sertain  # noqa: PLC0415
    from sertain.service.page.server import running  # noqa: PLC0415

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="default", help="an embedded model or a bundle's folder")
    name: str = parser.parse_args().model
    model = sertain.load(name)
    with tempfile.TemporaryDirectory() as scratch, running({name: model}) as address:
        folder = Path(scratch)
        wav = folder / "four_seconds.wav"
        write_wav(wav, talk(4.0, pause_s=(0.1, 0.2)))
        alone = []
        for number in range(ROUNDS + 1):
            began = time.perf_counter()
            sertain.predict(wav, model=model)
            if number:
                alone.append(time.perf_counter() - began)
        # In a thread of its own, since the page's threads are at work in this process.
        shown: list[float] = []
        browser = threading.Thread(target=lambda: shown.extend(first_answers(address, wav)))
        browser.start()
        browser.join()
        crowds, held = [], []
        for _ in range(CROWDS):
            crowds.append(crowd(address, name, folder))
            held.append(resident_mb())
    predict_ms, page_ms = (1000 * statistics.median(each) for each in (alone, shown))
    answered, mixed, took = zip(*crowds, strict=True)
    rows = [
        Row("`sertain.predict` of 4 s, in the same process", predict_ms, "ms",
            low=1000 * min(alone), high=1000 * max(alone)),
        Row("the answer to 4 s in a browser, on a warm page", page_ms, "ms",
            OVER_PREDICT * predict_ms + PLUS_MS, low=1000 * min(shown), high=1000 * max(shown)),
        Row(f"{PEOPLE} people at once, {TURNS} uploads each, {CROWDS} times: answered",
            sum(answered), "uploads", CROWDS * PEOPLE * TURNS, above=True),
        Row("of these, with another's answer", sum(mixed), "uploads", 0),
        Row("memory gained over the last half of these", held[-1] - held[CROWDS // 2 - 1], "MB",
            GROWTH_MB),
        Row("memory held, after each time", held[-1], "MB", low=min(held), high=max(held)),
        Row(f"time for the {PEOPLE * TURNS} uploads of one time", statistics.median(took), "s",
            low=min(took), high=max(took)),
    ]  # fmt: skip
    how = (
        f"Median of {ROUNDS}. The target of an answer is 1.5 times `sertain.predict` plus 300 ms. "
        "Visitors run in processes of their own on the same cores; memory is that of the page's "
        "process."
    )
    write("page", "The page", how, rows)


if __name__ == "__main__":
    main()
