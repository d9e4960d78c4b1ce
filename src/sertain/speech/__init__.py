"""Where somebody speaks: detection, segments, utterances."""

from sertain.speech.detector import (
    FRAME_SAMPLES,
    LOOKAHEAD_S,
    SAMPLE_RATE,
    SpeechDetector,
    detect,
)
from sertain.speech.segments import (
    FRAME_S,
    Segment,
    SegmentTracker,
    segments,
    speech_s,
    utterances,
)

__all__ = [
    "FRAME_S",
    "FRAME_SAMPLES",
    "LOOKAHEAD_S",
    "SAMPLE_RATE",
    "Segment",
    "SegmentTracker",
    "SpeechDetector",
    "detect",
    "segments",
    "speech_s",
    "utterances",
]
