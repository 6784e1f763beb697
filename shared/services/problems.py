"""Why a message failed last: noted by the worker, told by whoever accounts for the dead letter.

The broker knows only that a message was delivered too often.
"""

from __future__ import annotations

from typing import Final

from shared.domain.text import one_line
from shared.ports.errors import MissingError
from shared.services.engine import Engine

MAX_NOTE: Final = 500


async def note_problem(engine: Engine, scan_id: str, work: str, error: Exception) -> None:
    """Keep what went wrong with a piece of work; the latest note stands."""
    await engine.blobs.put(
        _name(scan_id, work), one_line(f"{type(error).__name__}: {error}", MAX_NOTE).encode()
    )


async def noted_problem(engine: Engine, scan_id: str, work: str) -> str | None:
    """The latest note, or None."""
    try:
        return (await engine.blobs.get(_name(scan_id, work))).decode("utf-8", "replace")
    except MissingError:
        return None


def _name(scan_id: str, work: str) -> str:
    return f"{scan_id}/problems/{work}.txt"
