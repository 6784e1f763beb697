"""Posture snapshots in memory."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from shared.adapters.memory.paging import newest_first
from shared.domain.posture import PostureSnapshot
from shared.domain.scan import ScanType


class MemoryPostureStore:
    """Twin of `TablePostureStore`."""

    def __init__(self) -> None:
        self._snapshots: dict[tuple[str, int], PostureSnapshot] = {}

    async def aclose(self) -> None:
        """Nothing to release."""

    async def put(self, snapshot: PostureSnapshot) -> None:
        """See `PostureStore.put`."""
        self._snapshots[snapshot.scan_id, snapshot.run] = snapshot

    async def get(self, scan_id: str, run: int, scan_type: ScanType) -> PostureSnapshot | None:
        """See `PostureStore.get`."""
        found = self._snapshots.get((scan_id, run))
        return found if found is not None and found.scan_type is scan_type else None

    async def newest(self, scan_type: ScanType) -> AsyncGenerator[PostureSnapshot, None]:
        """See `PostureStore.newest`."""
        return self._newest(scan_type)

    async def _newest(self, scan_type: ScanType) -> AsyncGenerator[PostureSnapshot, None]:
        of_type = [one for one in self._snapshots.values() if one.scan_type is scan_type]
        for one in sorted(of_type, key=lambda one: (newest_first(one.scan_id), -one.run)):
            yield one
