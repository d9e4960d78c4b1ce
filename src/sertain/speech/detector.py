"""Silero VAD 6.2.3 (MIT, see silero/LICENSE) in its form for whole sequences."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sertain.speech.level import LOOKAHEAD_FRAMES, Leveller
from sertain.speech.segments import FRAME_S, Segment, segments

if TYPE_CHECKING:
    import onnxruntime

SAMPLE_RATE = 16_000
FRAME_SAMPLES = 512

LOOKAHEAD_S = LOOKAHEAD_FRAMES * FRAME_S
"""Seconds of sound after a frame that must be heard before its probability is given."""

_CONTEXT_SAMPLES = 64
_STATE_SHAPE = (1, 1, 128)
_GRAPH = Path(__file__).parent / "silero" / "silero_vad_16k_sequence.onnx"

_FRAMES_AT_ONCE = 1875
"""A minute per run of the graph, so that its memory does not grow with the recording."""


class SpeechDetector:
    """Says for each 32 ms how probable it is that somebody speaks.

    Feed it blocks of any size one after the other; it keeps what it needs of the past, and
    raises quiet voices to a usual level. One detector per recording; making one is cheap, the graph
    is read once per process.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forgets the recording heard so far."""
        self._context = np.zeros(_CONTEXT_SAMPLES, dtype=np.float32)
        self._waiting = np.zeros(0, dtype=np.float32)
        self._leveller = Leveller()
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
        """The probabilities that this block, float32 (n,), makes sure, float32 (k,).

        They come ``LOOKAHEAD_S`` behind the sound; :meth:`finish` gives those of the end.
        """
        waiting = np.concatenate([self._waiting, np.asarray(block, dtype=np.float32).reshape(-1)])
        whole = len(waiting) - len(waiting) % FRAME_SAMPLES
        self._waiting = waiting[whole:]
        return self._run(self._leveller.feed(waiting[:whole].reshape(-1, FRAME_SAMPLES)))

    def finish(self) -> NDArray[np.float32]:
        """The probabilities of the last ``LOOKAHEAD_S`` and of the frame begun, float32 (k,)."""
        rest, self._waiting = self._waiting, self._waiting[:0]
        last = [np.zeros(0, dtype=np.float32)]
        if len(rest):
            frame = np.pad(rest, (0, FRAME_SAMPLES - len(rest)))[None]
            last.append(self._run(self._leveller.feed(frame)))
        last.append(self._run(self._leveller.finish()))
        return np.concatenate(last)

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
