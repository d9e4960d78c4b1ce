"""From a waveform to features: torch modules equal to librosa's functions, exportable to ONNX.

Every front end lives in a module of its own name that has ``Config`` (its parameters, checked)
and ``FrontEnd`` (``forward(waveform (batch, n)) -> (batch, rows, frames)``, ``rows`` and
``frames_of(lengths)``).
"""
