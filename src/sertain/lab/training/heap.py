"""Memory that large tensors leave behind stays with the process, for the next step's."""

from __future__ import annotations

import ctypes
import sys
from typing import Final

_TRIM_THRESHOLD: Final = -1
_MMAP_THRESHOLD: Final = -3
"""Names of the GNU C library's options, in malloc.h."""
_LARGEST: Final = 2**30


def keep() -> None:
    """Keep freed memory up to a gigabyte a block, where the C library is GNU's.

    Else every large tensor of every step is asked of the kernel anew, which fills it with zeros
    first: a sixth of a step of the head on an encoder's states (measured, one core).
    """
    if not sys.platform.startswith("linux"):
        return
    option = getattr(ctypes.CDLL(None), "mallopt", None)
    if option is not None:
        option(_MMAP_THRESHOLD, _LARGEST)
        option(_TRIM_THRESHOLD, _LARGEST)
