"""EventOutbox and BlobStore: both implementations."""

from __future__ import annotations

import pytest

from shared.ports.errors import MissingError
from tests.adapters.builders import event
from tests.adapters.conftest import Stores


async def test_pending_is_oldest_first(stores: Stores) -> None:
    events = [event(number, -number) for number in range(30)]
    await stores.outbox.append(events)
    oldest = list(reversed(events))
    assert await stores.outbox.pending(10) == oldest[:10]
    assert await stores.outbox.pending(100) == oldest
    assert await stores.outbox.pending(0) == []


async def test_an_id_is_kept_once_as_first_written(stores: Stores) -> None:
    await stores.outbox.append([event(1), event(1, 9)])
    await stores.outbox.append([event(1, 5, data={"other": 1}), event(2, 1)])
    assert await stores.outbox.pending(10) == [event(1), event(2, 1)]


async def test_published_events_are_gone(stores: Stores) -> None:
    events = [event(number, number) for number in range(150)]
    await stores.outbox.append(events)
    await stores.outbox.mark_published([*events[:149], event(999)])
    assert await stores.outbox.pending(10) == [events[149]]
    await stores.outbox.mark_published([event(149, 12345)])
    assert await stores.outbox.pending(10) == []
    await stores.outbox.mark_published(events)


async def test_ids_may_hold_any_character(stores: Stores) -> None:
    odd = event(1, event_id="finding.created:/a\\b#c?d%e é~\x01" + "/" * 150)
    await stores.outbox.append([odd])
    assert await stores.outbox.pending(1) == [odd]
    await stores.outbox.mark_published([odd])
    assert await stores.outbox.pending(1) == []


async def test_blobs_are_replaced_and_read(stores: Stores) -> None:
    with pytest.raises(MissingError):
        await stores.blobs.get("scan-1/pages/1.json.gz")
    await stores.blobs.put("scan-1/pages/1.json.gz", b"one")
    await stores.blobs.put("scan-1/pages/1.json.gz", b"\x00" * 3_000_000)
    await stores.blobs.put("scan-1/empty", b"")
    assert await stores.blobs.get("scan-1/pages/1.json.gz") == b"\x00" * 3_000_000
    assert await stores.blobs.get("scan-1/empty") == b""


async def test_deleting_by_prefix(stores: Stores) -> None:
    for name in ("scan-1/a", "scan-1/b/c", "scan-10/a", "other"):
        await stores.blobs.put(name, b"x")
    assert await stores.blobs.delete_prefix("scan-1/") == 2
    assert await stores.blobs.delete_prefix("scan-1/") == 0
    assert await stores.blobs.get("scan-10/a") == b"x"
    with pytest.raises(MissingError):
        await stores.blobs.get("scan-1/a")
    with pytest.raises(ValueError, match="prefix"):
        await stores.blobs.delete_prefix("")


@pytest.mark.parametrize("name", ["", "x" * 513])
async def test_blob_names_have_limits(stores: Stores, name: str) -> None:
    with pytest.raises(ValueError, match="512"):
        await stores.blobs.put(name, b"")
