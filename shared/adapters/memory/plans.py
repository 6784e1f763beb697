"""Plans in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from shared.domain.plan import Marker, PlanDigest, PlannedPage, Shard
from shared.ports.errors import MissingError


class MemoryPlanStore:
    """Twin of `TablePlanStore`."""

    def __init__(self) -> None:
        self._pages: defaultdict[str, dict[int, PlannedPage]] = defaultdict(dict)
        self._shards: defaultdict[str, dict[str, Shard]] = defaultdict(dict)
        self._markers: defaultdict[str, dict[str, Marker]] = defaultdict(dict)
        self._worked: defaultdict[str, dict[str, datetime]] = defaultdict(dict)

    async def aclose(self) -> None:
        """Nothing to release."""

    async def insert_page(self, page: PlannedPage, shards: Sequence[Shard]) -> bool:
        """See `PlanStore.insert_page`. A shard that is already there stays as it is."""
        pages = self._pages[page.scan_id]
        if page.number in pages:
            return False
        pages[page.number] = page
        await self.insert_shards(page.scan_id, shards)
        return True

    async def get_page(self, scan_id: str, number: int) -> PlannedPage | None:
        """See `PlanStore.get_page`."""
        return self._pages[scan_id].get(number)

    async def pages(self, scan_id: str) -> list[PlannedPage]:
        """See `PlanStore.pages`."""
        return [page for _, page in sorted(self._pages[scan_id].items())]

    async def insert_shards(self, scan_id: str, shards: Sequence[Shard]) -> None:
        """See `PlanStore.insert_shards`."""
        for shard in shards:
            self._shards[scan_id].setdefault(shard.shard_id, shard)

    async def get_shard(self, scan_id: str, shard_id: str) -> Shard | None:
        """See `PlanStore.get_shard`."""
        return self._shards[scan_id].get(shard_id)

    async def shards(self, scan_id: str) -> list[Shard]:
        """See `PlanStore.shards`."""
        return [shard for _, shard in sorted(self._shards[scan_id].items())]

    async def raise_attempt(self, scan_id: str, shard_id: str) -> Shard:
        """See `PlanStore.raise_attempt`."""
        stored = self._shards[scan_id].get(shard_id)
        if stored is None:
            raise MissingError(f"shard {shard_id} of {scan_id} is not stored")
        raised = stored.model_copy(update={"attempt": stored.attempt + 1})
        self._shards[scan_id][shard_id] = raised
        return raised

    async def delete_shards(self, scan_id: str, shard_ids: Sequence[str]) -> None:
        """See `PlanStore.delete_shards`."""
        for shard_id in shard_ids:
            self._shards[scan_id].pop(shard_id, None)
        await self.delete_markers(scan_id, shard_ids)

    async def supersede_pages(self, scan_id: str, numbers: Sequence[int]) -> None:
        """See `PlanStore.supersede_pages`."""
        pages = self._pages[scan_id]
        for number in numbers:
            if number in pages:
                pages[number] = pages[number].model_copy(update={"superseded": True})

    async def insert_marker(self, marker: Marker) -> bool:
        """See `PlanStore.insert_marker`."""
        return self._markers[marker.scan_id].setdefault(marker.shard_id, marker) is marker

    async def delete_markers(self, scan_id: str, shard_ids: Sequence[str]) -> None:
        """See `PlanStore.delete_markers`."""
        for shard_id in shard_ids:
            self._markers[scan_id].pop(shard_id, None)

    async def markers(self, scan_id: str) -> list[Marker]:
        """See `PlanStore.markers`."""
        return [marker for _, marker in sorted(self._markers[scan_id].items())]

    async def note_work(self, scan_id: str, shard_id: str, at: datetime) -> None:
        """See `PlanStore.note_work`."""
        self._worked[scan_id][shard_id] = at

    async def digest(self, scan_id: str) -> PlanDigest:
        """See `PlanStore.digest`."""
        pages = self._pages[scan_id]
        last = max(pages, default=None)
        waiting = self._shards[scan_id].keys() - self._markers[scan_id].keys()
        return PlanDigest(
            last_page=last,
            next=None if last is None else pages[last].next,
            shards={shard_id: shard.stage for shard_id, shard in self._shards[scan_id].items()},
            marked=frozenset(self._markers[scan_id]),
            worked_at=max((at for one, at in self._worked[scan_id].items() if one in waiting), default=None),
        )
