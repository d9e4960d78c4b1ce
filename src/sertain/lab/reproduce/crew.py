"""Workers side by side: each a process, one of which may die without the others noticing."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

_MODULE: Final = "sertain.lab.reproduce.worker"
_ONE_THREAD: Final = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
RUNS_A_GPU: Final = 4
"""How many runs share a graphics card: one of these networks leaves most of it idle."""


_Waiting = queue.PriorityQueue[tuple[bool, int, Mapping[str, Any] | None]]
"""Whether a job comes later, its number, and the job; none where a worker is to go home."""


@dataclass(frozen=True)
class Reply:
    """What became of a job: ``began``, then a ``value``, or an ``error`` in one line."""

    job: Mapping[str, Any]
    value: Any = None
    error: str | None = None
    began: bool = False


def gpu_count() -> int:
    """Count the graphics cards that torch can use."""
    import torch  # noqa: PLC0415 - workers' side of this module does without

    return torch.cuda.device_count()


def default_size(gpus: int) -> int:
    """Give one worker a core, or, where there are graphics cards, a few a card."""
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    cores = len(allowed) if allowed else os.cpu_count() or 1
    return max(1, min(cores, RUNS_A_GPU * gpus) if gpus else cores)


class Crew:
    """Takes jobs in any order, also while it works, and gives a reply for each when it is done."""

    def __init__(self, size: int, gpus: int, module: str = _MODULE) -> None:
        self._waiting: _Waiting = queue.PriorityQueue()
        self._added = itertools.count()
        self._replies: queue.Queue[Reply] = queue.Queue()
        self._open = 0
        self._workers = [
            _Worker(module, self._waiting, self._replies, _environment(number, gpus))
            for number in range(size)
        ]

    def add(self, jobs: Sequence[Mapping[str, Any]], *, first: bool = False) -> None:
        """Take more jobs, in their order; ``first`` are done before those that wait."""
        self._open += len(jobs)
        for job in jobs:
            self._waiting.put((not first, next(self._added), job))

    def replies(self) -> Iterator[Reply]:
        """Give a reply when a job begins and one when it ends, until no job is left."""
        while self._open:
            reply = self._replies.get()
            if not reply.began:
                self._open -= 1
            yield reply

    def dismiss(self) -> None:
        """End all workers at once, whatever they do."""
        for worker in self._workers:
            worker.stop()
        for _ in self._workers:
            self._waiting.put((False, -1 - next(self._added), None))


@contextmanager
def crew(size: int, gpus: int = 0, module: str = _MODULE) -> Iterator[Crew]:
    """Open a crew, and end its processes on the way out, whatever the way is."""
    opened = Crew(size, gpus, module)
    try:
        yield opened
    finally:
        opened.dismiss()


class _Worker:
    """Hands jobs to one process, and starts another one where that died."""

    def __init__(
        self,
        module: str,
        waiting: _Waiting,
        replies: queue.Queue[Reply],
        environment: Mapping[str, str],
    ) -> None:
        self._module = module
        self._waiting, self._replies = waiting, replies
        self._environment = environment
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()
        self._stopped = False
        threading.Thread(target=self._work, daemon=True).start()

    def _work(self) -> None:
        while (job := self._waiting.get()[2]) is not None and not self._stopped:
            self._replies.put(Reply(job, began=True))
            self._replies.put(self._reply(job))

    def stop(self) -> None:
        """End the process, whatever it does, and take no more jobs."""
        with self._lock:
            self._stopped = True
            self._kill()

    def _reply(self, job: Mapping[str, Any]) -> Reply:
        process = self._started()
        if process is None:
            return Reply(job, error="stopped")
        assert process.stdin is not None
        assert process.stdout is not None
        answer = ""
        with contextlib.suppress(OSError, ValueError):  # it died, and the pipe with it
            process.stdin.write(json.dumps(job) + "\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        if not answer.endswith("\n"):
            return Reply(job, error=self._buried(process))
        return Reply(job, **json.loads(answer))

    def _started(self) -> subprocess.Popen[str] | None:
        with self._lock:
            if self._stopped:
                return None
            if self._process is None:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", self._module],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                    encoding="utf-8",
                    env=dict(self._environment),
                    process_group=0,
                )
                threading.Thread(target=_bury, args=(self._process,), daemon=True).start()
            return self._process

    def _buried(self, process: subprocess.Popen[str]) -> str:
        """Say how a process died, and let the next job have a new one."""
        with self._lock:
            code = process.wait()
            self._kill()
            self._process = None
        if code >= 0:
            return f"its process ended with the code {code}"
        hint = "; too little memory?" if -code == signal.SIGKILL else ""
        return f"its process was ended by {signal.Signals(-code).name}{hint}"

    def _kill(self) -> None:
        """End the process and all that it started."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError, ValueError):
                assert pipe is not None
                pipe.close()


def _bury(process: subprocess.Popen[str]) -> None:
    """What a dead process started may live, and hold its pipe open: end that, too."""
    process.wait()
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _environment(number: int, gpus: int) -> dict[str, str]:
    """One thread each: workers that share cores by many threads wait for one another."""
    found = {**os.environ, **dict.fromkeys(_ONE_THREAD, "1")}
    if gpus:
        named = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")
        cards = [card for card in named if card] or [str(card) for card in range(gpus)]
        found["CUDA_VISIBLE_DEVICES"] = cards[number % len(cards)]
    return found
