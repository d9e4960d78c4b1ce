"""Ask for the emotion of recordings from Python: ``python examples/in_python.py [FILE…]``."""

from __future__ import annotations

import sys
from pathlib import Path

import sertain
from sertain.errors import SertainError


def main() -> None:
    """Print one line for each recording; the clips beside this script when none is named."""
    clips = Path(__file__).resolve().parent / "clips"
    files = [Path(name) for name in sys.argv[1:]] or sorted(clips.iterdir())
    model = sertain.load()
    for file in files:
        try:
            answer = model.predict(file)
        except SertainError as error:
            print(f"{file.name}: {error}")
            continue
        if answer.confidence is None:
            print(f"{file.name}: {answer.label}")
        else:
            doubt = "" if answer.is_certain else ", but not certain"
            print(f"{file.name}: {answer.label} ({answer.confidence:.2f}{doubt})")


if __name__ == "__main__":
    main()
