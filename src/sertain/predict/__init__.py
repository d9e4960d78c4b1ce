"""The answer: a model is loaded once and names the emotion in recordings of any length.

The room is named like its main function, so the module itself answers when it is called:
``sertain.predict("a.wav")`` and ``sertain.predict.predict("a.wav")`` are the same.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from sertain.predict.baseline import Baseline, Known, Pool
from sertain.predict.model import Model, load, predict
from sertain.predict.prediction import Failure, Outcome, Prediction

__all__ = [
    "Baseline",
    "Failure",
    "Known",
    "Model",
    "Outcome",
    "Pool",
    "Prediction",
    "load",
    "predict",
]


class _Callable(ModuleType):
    """This room, callable: importing it puts the module where ``sertain.predict`` was asked for."""

    def __call__(self, *args: Any, **kwargs: Any) -> Prediction:
        return predict(*args, **kwargs)


sys.modules[__name__].__class__ = _Callable
