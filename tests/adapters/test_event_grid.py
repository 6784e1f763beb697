"""EventGridPublisher: what goes over the wire (CloudEvents 1.0, contract section 8)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from azure.core.credentials import AzureKeyCredential

from shared.adapters.event_grid import EventGridPublisher, event_grid_client
from shared.domain.events import EventType
from tests.adapters.builders import logged
from tests.unit.events.test_cloud_events import cloud_events_schema

Received = list[tuple[str, bytes]]


@pytest.fixture
async def topic() -> AsyncIterator[tuple[EventGridPublisher, Received]]:
    received: Received = []

    async def take(request: web.Request) -> web.Response:
        assert request.headers["aeg-sas-key"] == "key"
        received.append((request.headers["Content-Type"], await request.read()))
        return web.Response()

    app = web.Application(client_max_size=2_000_000)
    app.router.add_post("/topic", take)
    async with TestServer(app, host="127.0.0.1") as server:
        client = event_grid_client(f"http://127.0.0.1:{server.port}/topic", AzureKeyCredential("key"))
        publisher = EventGridPublisher(client, "/security-copilot")
        yield publisher, received
        await publisher.aclose()


async def test_the_wire_form(topic: tuple[EventGridPublisher, Received]) -> None:
    publisher, received = topic
    await publisher.publish([logged(7, data={"finding_id": "finding-7", "title": "Überall"})])
    (content_type, body), *rest = received
    assert rest == []
    assert content_type.startswith("application/cloudevents-batch+json")
    (sent,) = orjson.loads(body)
    assert datetime.fromisoformat(sent.pop("time")) == datetime(2025, 8, 5, 17, 42, 58, tzinfo=UTC)
    assert [sent] == [
        {
            "specversion": "1.0",
            "id": "evt-20250805-174258-00000007",
            "source": "/security-copilot/production",
            "type": "com.securitycopilot.finding.created",
            "subject": "findings/finding-7",
            "datacontenttype": "application/json",
            "data": {"finding_id": "finding-7", "title": "Überall"},
            "sequence": "0000000003",
        }
    ]


@pytest.mark.parametrize(
    ("count", "size", "requests"), [(0, 10, 0), (100, 10, 1), (101, 10, 2), (10, 200_000, 3)]
)
async def test_requests_stay_within_the_limits(
    topic: tuple[EventGridPublisher, Received], count: int, size: int, requests: int
) -> None:
    publisher, received = topic
    await publisher.publish([logged(number, data={"text": "x" * size}) for number in range(1, count + 1)])
    assert len(received) == requests
    assert all(len(body) < 1_000_000 for _, body in received)
    sent = [one["id"] for _, body in received for one in orjson.loads(body)]
    assert sent == [logged(number).public_id for number in range(1, count + 1)]


@pytest.mark.parametrize("kind", list(EventType))
async def test_every_kind_of_event_is_a_cloud_event(
    topic: tuple[EventGridPublisher, Received], kind: EventType
) -> None:
    publisher, received = topic
    await publisher.publish([logged(1, type=kind)])
    (sent,) = orjson.loads(received[0][1])
    assert list(cloud_events_schema().iter_errors(sent)) == []
    assert sent["type"] == f"com.securitycopilot.{kind.value}"
