"""EventGridPublisher: what goes over the wire (CloudEvents 1.0, contract section 8)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from azure.core.credentials import AzureKeyCredential

from shared.adapters.event_grid import EventGridPublisher, event_grid_client
from tests.adapters.builders import event

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
    await publisher.publish([event(7, data={"finding_id": "finding-7", "title": "Überall"})])
    (content_type, body), *rest = received
    assert rest == []
    assert content_type.startswith("application/cloudevents-batch+json")
    (sent,) = orjson.loads(body)
    assert datetime.fromisoformat(sent.pop("time")) == datetime(2025, 8, 5, 17, 42, 58, tzinfo=UTC)
    assert [sent] == [
        {
            "specversion": "1.0",
            "id": "evt-0007",
            "source": "/security-copilot/production",
            "type": "com.securitycopilot.finding.created",
            "subject": "findings/finding-7",
            "datacontenttype": "application/json",
            "data": {"finding_id": "finding-7", "title": "Überall"},
        }
    ]


@pytest.mark.parametrize(
    ("count", "size", "requests"), [(0, 10, 0), (100, 10, 1), (101, 10, 2), (10, 200_000, 3)]
)
async def test_requests_stay_within_the_limits(
    topic: tuple[EventGridPublisher, Received], count: int, size: int, requests: int
) -> None:
    publisher, received = topic
    await publisher.publish([event(number, data={"text": "x" * size}) for number in range(count)])
    assert len(received) == requests
    assert all(len(body) < 1_000_000 for _, body in received)
    ids: Callable[[bytes], list[str]] = lambda body: [each["id"] for each in orjson.loads(body)]  # noqa: E731
    assert [each for _, body in received for each in ids(body)] == [f"evt-{n:04d}" for n in range(count)]
