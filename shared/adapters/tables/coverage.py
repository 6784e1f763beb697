"""Coverage ledgers in one table: a partition per scan, spilling over several rows when large."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Final

from azure.data.tables.aio import TableServiceClient

from shared.adapters.parallel import each
from shared.adapters.tables.batches import write_rows
from shared.adapters.tables.codec import (
    COMPRESS_ABOVE_BYTES,
    MAX_PAYLOAD_BYTES,
    MAX_ROW_BYTES,
    RowTooLargeError,
    deflate,
    encode,
    inflate,
    pack,
    unpack,
)
from shared.adapters.tables.keys import part
from shared.adapters.tables.table import Action, Entity, Table, Write
from shared.domain.coverage import Coverage
from shared.ports.errors import StorageUnavailableError

_HEAD: Final = "head"
_READS: Final = 5
_READ_PAUSE_SECONDS: Final = 0.2


class CoverageRows:
    """The ledger of a scan: a head row that names its content by digest, and the parts of that content.

    Parts are written before the head that names them, and the parts of an older content removed after it, so
    that a reader sees one content or the other, never a mixture.
    """

    def __init__(self, service: TableServiceClient, name: str) -> None:
        self._table = Table(service, name)

    async def aclose(self) -> None:
        """Release the table client."""
        await self._table.aclose()

    async def put(self, coverage: Coverage) -> None:
        """Write or replace.

        Raises:
            RowTooLargeError: more than MAX_PAYLOAD_BYTES of JSON.
        """
        scan_id = part(coverage.scan_id)
        data = encode(coverage)
        if len(data) > MAX_PAYLOAD_BYTES:
            raise RowTooLargeError(f"a coverage ledger may have {MAX_PAYLOAD_BYTES} bytes, not {len(data)}")
        deflated = len(data) > COMPRESS_ABOVE_BYTES
        content = deflate(data) if deflated else data
        digest = hashlib.sha256(content).hexdigest()[:16]
        chunks = [content[at : at + MAX_ROW_BYTES] for at in range(0, len(content), MAX_ROW_BYTES)]
        await each(
            [
                Write(
                    Action.PUT,
                    {"PartitionKey": scan_id, "RowKey": _part_key(digest, number), **_chunk(chunk)},
                )
                for number, chunk in enumerate(chunks)
            ],
            self._table.write,
        )
        head = {
            "PartitionKey": scan_id,
            "RowKey": _HEAD,
            "digest": digest,
            "parts": len(chunks),
            "whole_deflated": deflated,
        }
        await self._table.write(Write(Action.PUT, head))
        await self._delete_others(scan_id, digest)

    async def _delete_others(self, scan_id: str, digest: str) -> None:
        where = "PartitionKey eq @scan and RowKey ge @low and RowKey lt @high"
        rows = self._table.rows(where, {"scan": scan_id, "low": "p", "high": "q"}, select=("RowKey",))
        stale = [entity["RowKey"] async for entity in rows if not entity["RowKey"].startswith(f"p{digest}")]
        await write_rows(
            self._table, [Write(Action.DELETE, {"PartitionKey": scan_id, "RowKey": row}) for row in stale]
        )

    async def get(self, scan_id: str) -> Coverage | None:
        """The ledger, or None.

        Raises:
            StorageUnavailableError: it was replaced again and again while it was read.
        """
        for _ in range(_READS):
            head = await self._table.get(part(scan_id), _HEAD)
            if head is None:
                return None
            keys = [_part_key(head["digest"], number) for number in range(head["parts"])]
            chunks = await each(keys, lambda key: self._table.get(scan_id, key))
            content = [unpack(chunk) for chunk in chunks if chunk is not None]
            if len(content) == len(keys):
                data = b"".join(content)
                return Coverage.model_validate_json(inflate(data) if head["whole_deflated"] else data)
            await asyncio.sleep(_READ_PAUSE_SECONDS)
        raise StorageUnavailableError("the coverage ledger changes while it is read")


def _part_key(digest: str, number: int) -> str:
    return f"p{digest}~{number:04d}"


def _chunk(data: bytes) -> Entity:
    return pack(data)
