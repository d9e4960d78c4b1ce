"""Round numbers for an axis, and how they are written."""

from __future__ import annotations

import math
from typing import Final

_STEPS_S: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600)


def round_steps(span: float, most: int) -> float:
    """The smallest of 1, 2, 5 × 10ⁿ that divides ``span`` into at most ``most`` parts.

    >>> round_steps(3.3, 8), round_steps(0.9, 8)
    (0.5, 0.2)
    """
    rough = span / most
    ten = 10.0 ** math.floor(math.log10(rough))
    return next((ten * part for part in (1, 2, 5) if ten * part >= rough * (1 - 1e-6)), ten * 10)


def times(duration_s: float, most: int = 10) -> tuple[list[tuple[float, str]], str]:
    """Places on a time axis with their words, and the axis' name with its unit.

    >>> times(3.3)
    ([(0.0, '0'), (0.5, '0.5'), (1.0, '1'), (1.5, '1.5'), (2.0, '2'), (2.5, '2.5'), (3.0, '3')], \
'time (s)')
    >>> times(200)[0][-1], times(200)[1]
    ((180, '3:00'), 'time (min:s)')
    """
    if duration_s < 60:
        step = round_steps(duration_s, most)
        places = [number * step for number in range(int(duration_s / step + 1e-6) + 1)]
        return [(at, f"{at:.6g}") for at in places], "time (s)"
    longest = _STEPS_S[-1]
    fitting = (step for step in _STEPS_S if duration_s / step <= most)
    whole = next(fitting, longest * math.ceil(duration_s / most / longest))
    ticks = range(0, int(duration_s) + 1, whole)
    if duration_s < 3600:
        return [(at, f"{at // 60}:{at % 60:02}") for at in ticks], "time (min:s)"
    return [(at, f"{at // 3600}:{at // 60 % 60:02}") for at in ticks], "time (h:min)"


def span(peak: float) -> float:
    """The least of 1, 2, 5 × 10ⁿ that is no less than ``peak``; 1 for silence and above.

    >>> span(0.03), span(0.6), span(0.0)
    (0.05, 1.0, 1.0)
    """
    if not 0 < peak < 1:
        return 1.0
    return min(1.0, round_steps(peak, 1))


def clock(seconds: float) -> str:
    """A length for people.

    >>> clock(3.14), clock(125), clock(3725)
    ('3.1 s', '2:05 min', '1:02:05 h')
    """
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02} h" if hours else f"{minutes}:{rest:02} min"
