"""Work on many recordings side by side, its results in their order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

from sertain.predict.cores import cores

Item = TypeVar("Item")
Result = TypeVar("Result")


def abreast(
    work: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    workers: int | None = None,
    ahead: int | None = None,
) -> Iterator[Result]:
    """Yield the result for each of ``items``, in their order, as soon as it is known.

    Parameters
    ----------
    work: is done to each item, in a thread; threads do, since decoding, resampling and the
        networks leave Python's lock alone.
    items: what to work on.
    workers: items worked on at once, by default one a core.
    ahead: results kept at most while an earlier one is waited for; ``None`` sets no limit.
    """
    count = min(workers or cores(), len(items))
    if count <= 1:
        yield from map(work, items)
        return
    pool = ThreadPoolExecutor(count, thread_name_prefix="sertain-recording")
    try:
        left = iter(items)
        running: deque[Future[Result]] = deque()
        running.extend(pool.submit(work, item) for item in islice(left, ahead))
        while running:
            result = running.popleft().result()
            running.extend(pool.submit(work, item) for item in islice(left, 1))
            yield result
    finally:
        # Who stops reading, or presses Ctrl-C, does not wait for what was only planned.
        pool.shutdown(wait=False, cancel_futures=True)
