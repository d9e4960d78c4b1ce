"""A worker whose jobs are small deeds: sleep, fail, die, start a child."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from sertain.errors import RecipeError
from sertain.lab.reproduce import worker


def do(job: Mapping[str, Any]) -> dict[str, Any]:
    match job["kind"]:
        case "fail":
            return {"error": str(RecipeError("it is broken", "mend it"))}
        case "die":
            os.kill(os.getpid(), signal.SIGKILL)
        case "print":
            print("to the log")
            subprocess.run(["echo", "from a child"], check=True)
        case "fork":  # a process that is forked closes standard input first
            process = get_context("fork").Process(target=time.sleep, args=(0,))
            process.start()
            process.join(30)
            return {"value": process.exitcode}
        case "linger":
            child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
            Path(job["pids"]).write_text(f"{os.getpid()} {child.pid}")
            time.sleep(600)
    return {"value": [job["kind"], os.environ["OMP_NUM_THREADS"], os.getpid()]}


def answered(job: Mapping[str, Any]) -> dict[str, Any]:
    worker.log_to(Path(job["log"]))
    return do(job)


if __name__ == "__main__":
    worker.main(answered)
