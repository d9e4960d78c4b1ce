"""A progress bar that a room below the command line moves."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)


class Bar:
    """A :class:`sertain.corpora.meter.Meter` on standard error; silent off a terminal."""

    def __init__(self, *, in_bytes: bool) -> None:
        counter: ProgressColumn = DownloadColumn() if in_bytes else MofNCompleteColumn()
        console = Console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            counter,
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task: TaskID | None = None

    def __enter__(self) -> Bar:
        """Show the bar."""
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Wipe the bar."""
        self._progress.stop()

    def start(self, what: str, total: int | None) -> None:
        """Begin a piece of work."""
        if self._task is not None:
            self._progress.remove_task(self._task)
        self._task = self._progress.add_task(what, total=total)

    def advance(self, units: int) -> None:
        """Move on."""
        if self._task is not None:
            self._progress.advance(self._task, units)
