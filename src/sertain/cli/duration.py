"""``--max-duration``: the option of every command that hears recordings of any length."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import click

_HOUR_S: Final = 3600.0


class Duration(click.ParamType[float | None]):
    """Hours, minutes, seconds: ``90``, ``90s``, ``15m``, ``6h`` or ``none``."""

    name = "TIME"
    _UNITS: Final = {"s": 1.0, "m": 60.0, "h": _HOUR_S}

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float | None:
        """Seconds, or ``None`` for ``none``; anything else is a usage error."""
        text = str(value).strip().lower()
        if text == "none":
            return None
        unit = self._UNITS.get(text[-1:])
        try:
            seconds = float(text[:-1] if unit else text) * (unit or 1.0)
        except ValueError:
            seconds = -1.0
        if not seconds > 0:
            self.fail(f"{value!r} is no time; write 90, 90s, 15m, 6h or none", param, ctx)
        return seconds


def max_duration_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--max-duration`` (``max_duration``, in seconds)."""
    option = click.option(
        "--max-duration",
        type=Duration(),
        default="6h",
        show_default=True,
        help="Refuse recordings longer than this: 90, 90s, 15m, 6h, none.",
    )
    return option(command)
