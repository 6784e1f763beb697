"""Plans in the table `Plans`: a partition per scan, rows `page~000001`, `shard~<id>`, `mark~<id>` and
`work~<id>`: the latest sign of life from work on a shard."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Final

from azure.data.tables.aio import TableServiceClient

from shared.adapters.parallel import each
from shared.adapters.tables.batches import write_rows
from shared.adapters.tables.codec import Model, decode, encode, pack
from shared.adapters.tables.keys import part
from shared.adapters.tables.table import Action, Entity, Table, Write, etag_of
from shared.domain.plan import Marker, PlanDigest, PlannedPage, Shard, ShardStage
from shared.ports.errors import (
    AlreadyExistsError,
    MissingError,
    StorageUnavailableError,
)

MAX_PAGE_SHARDS: Final = 90
_PAGE: Final = "page~"
_SHARD: Final = "shard~"
_MARK: Final = "mark~"
_WORK: Final = "work~"
_WITHIN: Final = "PartitionKey eq @scan and RowKey ge @low and RowKey lt @high"
_AFTER_TILDE: Final = "\x7f"
_ROUNDS: Final = 5


class TablePlanStore:
    """`PlanStore` on Azure Tables."""

    def __init__(self, service: TableServiceClient, *, prefix: str = "") -> None:
        self._table = Table(service, f"{prefix}Plans")

    async def aclose(self) -> None:
        """Release the table client."""
        await self._table.aclose()

    async def insert_page(self, page: PlannedPage, shards: Sequence[Shard]) -> bool:
        """See `PlanStore.insert_page`. A shard that is already there stays as it is.

        Raises:
            ValueError: more than MAX_PAGE_SHARDS shards.
        """
        if len(shards) > MAX_PAGE_SHARDS:
            raise ValueError(f"a page may have {MAX_PAGE_SHARDS} shards, this one has {len(shards)}")
        missing = {shard.shard_id: shard for shard in shards}
        for _ in range(_ROUNDS):
            writes = [Write(Action.CREATE, _page_row(page))]
            writes += [Write(Action.CREATE, _shard_row(shard)) for shard in missing.values()]
            try:
                await self._table.transact(writes)
            except AlreadyExistsError:
                if await self.get_page(page.scan_id, page.number) is not None:
                    return False
                for row in await self._keys(page.scan_id, _SHARD):
                    missing.pop(row.removeprefix(_SHARD), None)
            else:
                return True
        raise StorageUnavailableError("the plan changes too fast to add a page")

    async def get_page(self, scan_id: str, number: int) -> PlannedPage | None:
        """See `PlanStore.get_page`."""
        entity = await self._table.get(part(scan_id), _page_key(number))
        return None if entity is None else decode(PlannedPage, entity)

    async def pages(self, scan_id: str) -> list[PlannedPage]:
        """See `PlanStore.pages`."""
        return await self._all(scan_id, _PAGE, PlannedPage)

    async def insert_shards(self, scan_id: str, shards: Sequence[Shard]) -> None:
        """See `PlanStore.insert_shards`."""
        rows = {shard.shard_id: Write(Action.CREATE, _shard_row(shard)) for shard in reversed(shards)}
        if any(shard.scan_id != scan_id for shard in shards):
            raise ValueError("a shard belongs to another scan")
        await write_rows(self._table, rows.values())

    async def get_shard(self, scan_id: str, shard_id: str) -> Shard | None:
        """See `PlanStore.get_shard`."""
        entity = await self._table.get(part(scan_id), _SHARD + part(shard_id))
        return None if entity is None else decode(Shard, entity)

    async def shards(self, scan_id: str) -> list[Shard]:
        """See `PlanStore.shards`."""
        return await self._all(scan_id, _SHARD, Shard)

    async def raise_attempt(self, scan_id: str, shard_id: str) -> Shard:
        """See `PlanStore.raise_attempt`."""
        entity = await self._table.get(part(scan_id), _SHARD + part(shard_id))
        if entity is None:
            raise MissingError(f"shard {shard_id} of {scan_id} is not stored")
        stored = decode(Shard, entity)
        raised = stored.model_copy(update={"attempt": stored.attempt + 1})
        await self._table.write(Write(Action.REPLACE, _shard_row(raised), etag_of(entity)))
        return raised

    async def delete_shards(self, scan_id: str, shard_ids: Sequence[str]) -> None:
        """See `PlanStore.delete_shards`."""
        wanted = {_SHARD + shard_id for shard_id in shard_ids} | {_MARK + shard_id for shard_id in shard_ids}
        await self._delete(scan_id, wanted)

    async def supersede_pages(self, scan_id: str, numbers: Sequence[int]) -> None:
        """See `PlanStore.supersede_pages`; absent pages are no error."""

        async def supersede(number: int) -> None:
            entity = await self._table.get(part(scan_id), _page_key(number))
            if entity is None:
                return
            page = decode(PlannedPage, entity)
            if not page.superseded:
                marked = page.model_copy(update={"superseded": True})
                await self._table.write(Write(Action.PUT, _page_row(marked)))

        await each(list(dict.fromkeys(numbers)), supersede)

    async def insert_marker(self, marker: Marker) -> bool:
        """See `PlanStore.insert_marker`."""
        row = {
            "PartitionKey": part(marker.scan_id),
            "RowKey": _MARK + part(marker.shard_id),
            **pack(encode(marker)),
        }
        try:
            await self._table.write(Write(Action.CREATE, row))
        except AlreadyExistsError:
            return False
        return True

    async def delete_markers(self, scan_id: str, shard_ids: Sequence[str]) -> None:
        """See `PlanStore.delete_markers`."""
        await self._delete(scan_id, {_MARK + shard_id for shard_id in shard_ids})

    async def markers(self, scan_id: str) -> list[Marker]:
        """See `PlanStore.markers`."""
        return await self._all(scan_id, _MARK, Marker)

    async def note_work(self, scan_id: str, shard_id: str, at: datetime) -> None:
        """See `PlanStore.note_work`."""
        row = {"PartitionKey": part(scan_id), "RowKey": _WORK + part(shard_id), "at": at.isoformat()}
        await self._table.write(Write(Action.PUT, row))

    async def digest(self, scan_id: str) -> PlanDigest:
        """See `PlanStore.digest`: keys and stages of the partition, and the last page."""
        pages: list[str] = []
        shards: dict[str, ShardStage] = {}
        marked: list[str] = []
        worked: dict[str, datetime] = {}
        columns = ("RowKey", "stage", "at")
        rows = self._table.rows("PartitionKey eq @scan", {"scan": part(scan_id)}, select=columns)
        async for entity in rows:
            kind, _, name = str(entity["RowKey"]).partition("~")
            if kind == "page":
                pages.append(name)
            elif kind == "shard":
                shards[name] = ShardStage(entity["stage"])
            elif kind == "work":
                worked[name] = datetime.fromisoformat(entity["at"])
            else:
                marked.append(name)
        waiting = shards.keys() - set(marked)
        last = await self.get_page(scan_id, int(pages[-1])) if pages else None
        return PlanDigest(
            last_page=last.number if last else None,
            next=last.next if last else None,
            shards=shards,
            marked=frozenset(marked),
            worked_at=max((at for one, at in worked.items() if one in waiting), default=None),
        )

    async def _all(self, scan_id: str, prefix: str, model: type[Model]) -> list[Model]:
        rows: AsyncIterator[Entity] = self._table.rows(_WITHIN, _range(scan_id, prefix))
        return [decode(model, entity) async for entity in rows]

    async def _keys(self, scan_id: str, prefix: str) -> list[str]:
        rows = self._table.rows(_WITHIN, _range(scan_id, prefix), select=("RowKey",))
        return [entity["RowKey"] async for entity in rows]

    async def _delete(self, scan_id: str, wanted: set[str]) -> None:
        """Remove the rows that are there; one that somebody else removes meanwhile is no error."""
        if not wanted:
            return
        rows = self._table.rows("PartitionKey eq @scan", {"scan": part(scan_id)}, select=("RowKey",))
        present = [entity["RowKey"] async for entity in rows if entity["RowKey"] in wanted]
        await write_rows(
            self._table,
            [Write(Action.DELETE, {"PartitionKey": scan_id, "RowKey": row}) for row in present],
        )


def _range(scan_id: str, prefix: str) -> dict[str, str]:
    return {"scan": part(scan_id), "low": prefix, "high": prefix[:-1] + _AFTER_TILDE}


def _page_key(number: int) -> str:
    return f"{_PAGE}{number:06d}"


def _page_row(page: PlannedPage) -> Entity:
    return {
        "PartitionKey": part(page.scan_id),
        "RowKey": _page_key(page.number),
        **pack(encode(page)),
    }


def _shard_row(shard: Shard) -> Entity:
    return {
        "PartitionKey": part(shard.scan_id),
        "RowKey": _SHARD + part(shard.shard_id),
        "stage": shard.stage.value,
        **pack(encode(shard)),
    }
