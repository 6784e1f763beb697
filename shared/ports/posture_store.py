"""Store of posture snapshots."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Protocol

from shared.domain.posture import PostureSnapshot
from shared.domain.scan import ScanType


class PostureStore(Protocol):
    """One snapshot for each run of a scan that was finalised."""

    async def put(self, snapshot: PostureSnapshot) -> None:
        """Write the snapshot of its run, replacing the one that is there. Safe to repeat."""
        ...

    async def get(self, scan_id: str, run: int, scan_type: ScanType) -> PostureSnapshot | None:
        """The snapshot of that run, or None."""
        ...

    async def newest(self, scan_type: ScanType) -> AsyncGenerator[PostureSnapshot, None]:
        """Snapshots of scans of this type, streamed: latest scan first, of one scan the latest run first.

        Whoever stops early closes the stream.
        """
        ...
