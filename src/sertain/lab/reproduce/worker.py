"""A process that does one job after another: a run, the figures of runs, the speed of a model.

Started as ``python -m sertain.lab.reproduce.worker``, it reads a job a line as JSON from standard
input and answers each by a line on standard output.  What libraries print goes into the job's log.
When standard input ends, because who gave the jobs has ended or was killed, it ends at once, with
every process that it started: it leads a process group of its own.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sertain.errors import SertainError

Job = Mapping[str, Any]


def main(done: Callable[[Job], dict[str, Any]]) -> None:
    """Work until standard input ends; ``done`` does a job and gives its value or error."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    given = os.dup(0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    jobs: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_hear, args=(given, jobs), daemon=True).start()
    while True:
        answer = done(json.loads(jobs.get()))
        sys.stdout.flush()  # a log is whole before its job is told to be done
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def answered(job: Job) -> dict[str, Any]:
    """Do a job; gives ``value``, or ``error`` in one line."""
    log_to(Path(job["log"]))
    try:
        from sertain.lab.reproduce import jobs  # noqa: PLC0415 - torch is slow, and may be missing

        kinds: Mapping[str, Callable[[Job], Any]] = {
            "run": jobs.run,
            "figures": jobs.figures,
            "speed": jobs.speed,
        }
        return {"value": kinds[job["kind"]](job)}
    except SertainError as error:
        traceback.print_exc()
        return {"error": str(error)}
    except Exception as error:  # one run that fails must not stop the others
        traceback.print_exc()
        first = (str(error).strip() or "no reason given").splitlines()[0]
        return {"error": f"{type(error).__name__}: {first}"}


def _hear(given: int, jobs: queue.SimpleQueue[bytes]) -> None:
    """Take lines until there is no one to give them.

    Not through ``sys.stdin``: processes that are forked from here close that, and would wait for
    its lock, which this thread holds, for ever.
    """
    held = b""
    while part := os.read(given, 1 << 16):
        *lines, held = (held + part).split(b"\n")
        for line in lines:
            jobs.put(line)
    os.killpg(os.getpgid(0), signal.SIGKILL)


def log_to(path: Path) -> None:
    """Let everything that is printed, by this process and its own, go into a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)


if __name__ == "__main__":
    main(answered)
