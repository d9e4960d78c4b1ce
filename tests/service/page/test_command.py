"""The command around the page: its port, its end, its browser, its extra, many visitors."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import soundfile
from gradio_client import Client, handle_file

import sertain
from sertain.bundle import installed
from sertain.predict import Prediction
from tests.service.page.conftest import CLIPS, Served, serving

pytestmark = pytest.mark.slow


def folders(temporary: Path) -> list[Path]:
    return list(temporary.glob("sertain-page-*"))


def test_ctrl_c_stops_it_cleanly(models: tuple[str, ...], tmp_path: Path) -> None:
    with serving(tmp_path, "--no-browser", models=models[:1]) as page:
        assert len(folders(tmp_path)) == 1
        page.process.send_signal(signal.SIGINT)
        out, err = page.process.communicate(timeout=60)
    assert page.process.returncode == 0
    assert out == "sertain page: stopped\n"
    assert err == ""
    assert folders(tmp_path) == []


def test_a_kill_leaves_no_upload(models: tuple[str, ...], tmp_path: Path) -> None:
    with serving(tmp_path, "--no-browser", models=models[:1]) as page:
        (folder,) = folders(tmp_path)
        (folder / "upload.wav").write_bytes(b"voice")
        page.process.kill()
        page.process.communicate(timeout=60)
    until = time.monotonic() + 30
    while folder.exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert not folder.exists()


def test_a_taken_port_is_one_line(models: tuple[str, ...]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "sertain.cli.main", "page", "--port", str(port), "--no-browser",
             "-m", models[0]],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith(
        f"sertain: port {port} cannot be used (address already in use); "
        "name another one: sertain page --port "
    )


def test_the_browser_is_opened_unless_it_is_not_wanted(
    models: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opener = tmp_path / "opener"
    opener.write_text(f'#!/bin/sh\necho "$1" >> {tmp_path}/opened\n')
    opener.chmod(0o755)
    monkeypatch.setenv("BROWSER", str(opener))
    opened = tmp_path / "opened"
    with serving(tmp_path / "t", models=models[:1]) as page:
        until = time.monotonic() + 30
        while not opened.exists() and time.monotonic() < until:
            time.sleep(0.05)
        assert opened.read_text() == page.address + "\n"
    opened.unlink()
    with serving(tmp_path / "t", "--no-browser", models=models[:1]):
        time.sleep(1)
    assert not opened.exists()


def test_it_listens_on_this_computer_only(served: Served) -> None:
    port = served.address.rstrip("/").rsplit(":", 1)[1]
    table = Path("/proc/net/tcp")
    if not table.exists():
        pytest.skip("no /proc/net/tcp on this system")
    rows = [line.split() for line in table.read_text().splitlines()[1:]]
    listening = [row[1] for row in rows if row[3] == "0A" and row[1].endswith(f":{int(port):04X}")]
    assert listening == [f"0100007F:{int(port):04X}"]


def test_only_this_command_needs_gradio() -> None:
    code = (
        "import sys, sertain.service.page, sertain.cli.main, sertain.cli.page\n"
        "assert not {'gradio', 'starlette', 'PIL', 'fastapi'} & set(sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_without_its_extra_it_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "gradio.py").write_text("import a_library_nobody_has")
    done = subprocess.run(
        [sys.executable, "-m", "sertain.cli.main", "page", "--no-browser"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )
    assert done.returncode == 1
    assert done.stderr.endswith("run: pip install 'sertain[page]'\n")
    assert len(done.stderr.splitlines()) == 1


def test_many_at_once_each_get_the_answer_to_their_own_recording(
    served: Served, tmp_path: Path
) -> None:
    voice, rate = soundfile.read(CLIPS / "even.wav", dtype="float32")
    model = sertain.load(served.models[0])
    expected: dict[str, Prediction] = {}
    for person in range(4):
        for turn in range(3):
            # The third turn is the same sound under the same name for all of them.
            loud = 1.0 if turn == 2 else 0.3 + 0.2 * person + 0.05 * turn
            file = tmp_path / ("same.wav" if turn == 2 else f"person-{person}-{turn}.wav")
            soundfile.write(file, np.clip(voice * loud, -1, 1), rate)
            expected[file.name] = model.predict(file)

    def ask(person: int) -> list[tuple[str, str]]:
        client = Client(served.address, verbose=False)
        answered = []
        for name in [f"person-{person}-0.wav", f"person-{person}-1.wav", "same.wav"]:
            _, shown, *_ = client.predict(
                [handle_file(tmp_path / name)], served.models[0], api_name="/answer"
            )
            answered.append((name, shown))
        return answered

    with ThreadPoolExecutor(4) as pool:
        answers = [each for person in pool.map(ask, range(4)) for each in person]
    assert len(answers) == 12
    for name, shown in answers:
        right = expected[name]
        assert f">{name}<" in shown
        assert right.probabilities is not None
        for value in right.probabilities.values():
            assert f"<td>{value:.2f}</td>" in shown
    assert served.uploads == []


ABANDON = """
import sys, time
from pathlib import Path
import httpx, sertain
from sertain.service.page import layout, server

layout.ABANDONED_S = 15  # looked after every second
with server.running({"level": sertain.load(sys.argv[1])}) as address:
    with open(sys.argv[2], "rb") as file:
        sent = httpx.post(f"{address}gradio_api/upload", files={"files": file})
    stored = Path(sent.json()[0])
    print(stored.exists())
    until = time.monotonic() + 60
    while stored.exists() and time.monotonic() < until:
        time.sleep(0.2)
    print(stored.exists())
"""


def test_an_upload_whose_answer_nobody_asks_for_is_deleted(models: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ABANDON, models[0], str(CLIPS / "even.wav")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["True", "False"], done.stderr


def test_without_a_choice_the_embedded_models_are_offered(tmp_path: Path) -> None:
    if not installed():
        pytest.skip("no model is embedded")
    with serving(tmp_path, "--no-browser", models=()) as page:
        client = Client(page.address, verbose=False)
        file = handle_file(CLIPS / "even.wav")
        _, shown, *_ = client.predict([file], "default", api_name="/answer")
    assert sertain.load().name in shown
