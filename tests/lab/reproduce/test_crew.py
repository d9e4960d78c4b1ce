"""Workers are processes: one may fail or die, and none outlives who gave it work."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from sertain.lab.reproduce.crew import Reply, crew, default_size

MODULE = "tests.lab.reproduce.helper"
PATIENCE_S = 60.0


def done(jobs: list[dict[str, str]], size: int = 2) -> dict[str, Reply]:
    with crew(size, module=MODULE) as team:
        team.add(jobs)
        return {reply.job["name"]: reply for reply in team.replies() if not reply.began}


def job(kind: str, folder: Path, name: str | None = None, **more: str) -> dict[str, str]:
    name = name or kind
    return {"kind": kind, "name": name, "log": str(folder / f"{name}.log"), **more}


def waited(for_what: Callable[[], bool]) -> bool:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if for_what():
            return True
        time.sleep(0.05)
    return False


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and was not asked for counts as dead."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_a_failure_and_a_death_stop_no_other_job(tmp_path: Path) -> None:
    found = done(
        [job("fail", tmp_path), job("die", tmp_path)]
        + [job("work", tmp_path, f"work {number}") for number in range(4)]
    )
    assert found["fail"].error == "it is broken; mend it"
    assert found["die"].error == "its process was ended by SIGKILL; too little memory?"
    for number in range(4):
        kind, threads, pid = found[f"work {number}"].value
        assert (kind, threads) == ("work", "1")
        assert pid != os.getpid()


def test_every_job_begins_once_and_ends_once(tmp_path: Path) -> None:
    with crew(2, module=MODULE) as team:
        team.add([job("work", tmp_path, str(number)) for number in range(3)])
        told = [(reply.job["name"], reply.began) for reply in team.replies()]
    assert sorted(told) == [(str(n), began) for n in range(3) for began in (False, True)]
    for number in range(3):
        assert told.index((str(number), True)) < told.index((str(number), False))


def test_jobs_are_done_in_their_order_but_for_those_that_come_first(tmp_path: Path) -> None:
    with crew(1, module=MODULE) as team:
        team.add([job("work", tmp_path, name) for name in ("a", "b", "c")])
        order = []
        for reply in team.replies():
            if reply.began:
                order.append(reply.job["name"])
            elif reply.job["name"] == "a":
                team.add([job("work", tmp_path, "next")], first=True)
    assert order.index("next") < order.index("c")
    assert [name for name in order if name != "next"] == ["a", "b", "c"]


def test_what_is_printed_goes_into_the_log_and_into_no_answer(tmp_path: Path) -> None:
    assert done([job("print", tmp_path)])["print"].error is None
    assert (tmp_path / "print.log").read_text().split("\n")[:2] in (
        ["to the log", "from a child"],
        ["from a child", "to the log"],
    )


def test_a_job_may_fork_processes_of_its_own(tmp_path: Path) -> None:
    assert done([job("fork", tmp_path)], size=1)["fork"].value == 0


def test_workers_and_their_children_end_with_a_killed_parent(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    code = f"""
from sertain.lab.reproduce.crew import crew
with crew(1, module={MODULE!r}) as team:
    team.add([{job("linger", tmp_path, pids=str(pids))!r}])
    list(team.replies())
"""
    parent = subprocess.Popen([sys.executable, "-c", code])
    assert waited(lambda: pids.is_file() and len(pids.read_text().split()) == 2)
    below = [int(pid) for pid in pids.read_text().split()]
    assert all(map(alive, below))
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert waited(lambda: not any(map(alive, below)))


def test_leaving_the_crew_ends_what_is_under_way(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    with crew(1, module=MODULE) as team:
        team.add([job("linger", tmp_path, pids=str(pids))])
        assert waited(lambda: pids.is_file() and len(pids.read_text().split()) == 2)
    assert waited(lambda: not any(alive(int(pid)) for pid in pids.read_text().split()))


def test_a_core_has_one_run_and_a_graphics_card_four_at_most() -> None:
    cores = len(os.sched_getaffinity(0))
    assert default_size(0) == cores
    assert default_size(1) == min(4, cores)
