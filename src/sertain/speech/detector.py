"""Silero VAD 6.2.3 (MIT, see silero/LICENSE) in its form for whole sequences."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sertain.speech.segments import Segment, segments

if TYPE_CHECKING:
    import onnxruntime

SAMPLE_RATE = 16_000
FRAME_SAMPLES = 512

_CONTEXT_SAMPLES = 64
_STATE_SHAPE = (1, 1, 128)
_GRAPH = Path(__file__).parent / "silero" / "silero_vad_16k_sequence.onnx"

_FRAMES_AT_ONCE = 1875
"""A minute per run of the graph, so that its memory does not grow with the recording."""


class SpeechDetector:
    """Says for each 32 ms how probable it is that somebody speaks.

    Feed it blocks of any size one after the other; it keeps what it needs of the past. One detector
    per recording; making one is cheap, the graph is read once per process.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forgets the recording heard so far."""
        self._context = np.zeros(_CONTEXT_SAMPLES, dtype=np.float32)
        self._waiting = np.zeros(0, dtype=np.float32)
        self._h = np.zeros(_STATE_SHAPE, dtype=np.float32)
        self._c = np.zeros(_STATE_SHAPE, dtype=np.float32)

    def probabilities(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """One probability per frame of 512 samples of a whole recording.

        Parameters
        ----------
        samples: float32 (n,) at 16 kHz, in −1…1.

        Returns
        -------
        float32 (ceil(n / 512),); the last frame is filled up with zeros.
        """
        self.reset()
        return np.concatenate([self.feed(samples), self.finish()])

    def feed(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        """The probabilities of the frames that this block completes, float32 (k,)."""
        waiting = np.concatenate([self._waiting, np.asarray(block, dtype=np.float32).reshape(-1)])
        whole = len(waiting) - len(waiting) % FRAME_SAMPLES
        self._waiting = waiting[whole:]
        return self._run(waiting[:whole].reshape(-1, FRAME_SAMPLES))

    def finish(self) -> NDArray[np.float32]:
        """The probability of the frame begun, filled up with zeros; float32 (0,) or (1,)."""
        rest, self._waiting = self._waiting, self._waiting[:0]
        if not len(rest):
            return np.zeros(0, dtype=np.float32)
        return self._run(np.pad(rest, (0, FRAME_SAMPLES - len(rest)))[None])

    def _run(self, frames: NDArray[np.float32]) -> NDArray[np.float32]:
        found: list[NDArray[np.float32]] = [np.zeros(0, dtype=np.float32)]
        for start in range(0, len(frames), _FRAMES_AT_ONCE):
            part = frames[start : start + _FRAMES_AT_ONCE]
            tails = part[:, -_CONTEXT_SAMPLES:]
            contexts = np.concatenate([self._context[None], tails[:-1]])
            self._context = tails[-1].copy()
            feed = {"input": np.hstack([contexts, part]), "h": self._h, "c": self._c}
            speech, self._h, self._c = _session().run(["speech_probs", "hn", "cn"], feed)
            found.append(speech)
        return np.concatenate(found)


def detect(samples: NDArray[np.float32]) -> list[Segment]:
    """Where somebody speaks in float32 (n,) samples at 16 kHz; empty where nobody does."""
    probabilities = SpeechDetector().probabilities(samples)
    return segments(probabilities, duration_s=len(samples) / SAMPLE_RATE)


@cache
def _session() -> onnxruntime.InferenceSession:
    import onnxruntime  # noqa: PLC0415

    options = onnxruntime.SessionOptions()
    # The graph is a chain over time: more threads only wait for each other.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(_GRAPH), options, providers=["CPUExecutionProvider"])
