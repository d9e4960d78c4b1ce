"""Hears the emotion in speech and knows how sure it is.

>>> import sertain
>>> answer = sertain.predict("interview.wav")  # doctest: +SKIP
>>> answer.label, answer.confidence  # doctest: +SKIP
('angry', 0.71)
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sertain.predict import Baseline, Model, Prediction, load, predict

__version__ = "0.1.0"
__all__ = ["Baseline", "Model", "Prediction", "__version__", "load", "predict"]


def __getattr__(name: str) -> Any:
    # Imported when asked for: `import sertain` itself loads nothing but this file.
    if name == "predict":
        return importlib.import_module("sertain.predict")
    if name in {"Baseline", "Model", "Prediction", "load"}:
        return getattr(importlib.import_module("sertain.predict"), name)
    raise AttributeError(f"module 'sertain' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
