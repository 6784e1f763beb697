"""Running many awaitables with a bound on how many are under way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeVar

T = TypeVar("T")
U = TypeVar("U")

STORAGE_PARALLELISM: Final = 8


async def each(
    items: Sequence[T], work: Callable[[T], Awaitable[U]], *, limit: int = STORAGE_PARALLELISM
) -> list[U]:
    """`work` of every item, results in the order of the items, at most `limit` at a time.

    The first failure cancels the rest and is raised as it is, not inside a group.
    """
    results: dict[int, U] = {}
    waiting = iter(enumerate(items))

    async def worker() -> None:
        for place, item in waiting:
            results[place] = await work(item)

    tasks = [asyncio.ensure_future(worker()) for _ in range(min(limit, len(items)))]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return [results[place] for place in range(len(items))]
