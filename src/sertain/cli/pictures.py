"""``sertain predict --pictures DIR``: the pictures of what is answered, beside the answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from sertain.errors import AudioError

if TYPE_CHECKING:
    from sertain.batch import Recording
    from sertain.predict import Failure, Outcome


class Pictured:
    """Gives outcomes on and draws each recording that was answered, in a folder that it makes."""

    def __init__(
        self,
        folder: Path,
        planned: Sequence[Recording | Failure],
        *,
        max_duration_s: float | None,
    ) -> None:
        """``planned`` are the recordings in the order of the outcomes."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise click.UsageError(
                f"--pictures: no folder can be made at {folder} ({error.strerror})"
            ) from None
        self._folder = folder
        self._planned = planned
        self._max_duration_s = max_duration_s
        self._taken: set[str] = set()
        self.drawn = 0
        self.undrawn: list[str] = []

    def __call__(self, outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
        """Draw what each outcome is about, before it is given on."""
        from sertain.batch import Recording  # noqa: PLC0415
        from sertain.predict import Prediction  # noqa: PLC0415

        for recording, outcome in zip(self._planned, outcomes, strict=True):
            if isinstance(recording, Recording) and isinstance(outcome, Prediction):
                from sertain.formats.table import answer  # noqa: PLC0415

                self._draw(recording, answer(outcome))
            yield outcome

    def _draw(self, recording: Recording, title: str) -> None:
        from sertain.pictures import draw, overview  # noqa: PLC0415

        name = "standard input" if recording.name == "-" else Path(recording.name).name
        if not isinstance(recording.source, Path):
            recording.source.seek(0)  # it was heard to its end for the answer
        try:
            heard = overview(recording.source, max_duration_s=self._max_duration_s)
            stem = self._stem(name)
            for sheet in draw(heard, title=title, name=name):
                (self._folder / f"{stem}-{sheet.name}.png").write_bytes(sheet.png)
        except (AudioError, OSError) as error:
            self.undrawn.append(f"no pictures of {recording.name}: {error}")
        else:
            self.drawn += 1

    def _stem(self, name: str) -> str:
        """The file's name without suffix; a second one of that name is numbered."""
        stem = Path(name).stem.replace(" ", "-")
        numbered = chain([stem], (f"{stem}-{number}" for number in count(2)))
        free = next(each for each in numbered if each.casefold() not in self._taken)
        self._taken.add(free.casefold())
        return free

    def said(self) -> list[str]:
        """What was drawn in a line, after a line for each recording that could not be."""
        from sertain.pictures import PICTURES  # noqa: PLC0415

        recordings = "recording" if self.drawn == 1 else "recordings"
        done = f"{len(PICTURES)} pictures each of {self.drawn} {recordings} in {self._folder}"
        return [*self.undrawn, done]


def kept(stdin: BinaryIO, until: ExitStack) -> BinaryIO:
    """Standard input that can be read again, for the answer first and then for its pictures."""
    from sertain.audio.source import opened  # noqa: PLC0415

    try:
        return until.enter_context(opened(stdin)).file
    except AudioError:
        return stdin  # there is nothing in it, which the answer says
