"""Webhooks, the long poll and schedules on the local stack, with the documentation's own receivers."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from devhost.demo.client import ApiClient, ApiError
from tests.e2e.stack import Stack, scan, until
from tests.e2e.test_events import published
from tests.unit.events.test_receivers import load

pytestmark = pytest.mark.local_stack

SECRET = "your-webhook-secret"


@pytest.fixture
def inbox() -> Iterator[tuple[Any, str]]:
    module = load("webhook_receiver")
    taken = module.Inbox()
    server = ThreadingHTTPServer(("127.0.0.1", 0), module.handler(SECRET, taken))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield taken, f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def test_every_channel_tells_the_same(sample_stack: ApiClient, inbox: tuple[Any, str]) -> None:
    taken, url = inbox
    client = sample_stack
    kinds = ["scan.started", "finding.created", "scan.completed"]
    _, _, made = client.call("POST", "/v1/webhooks", {"url": url, "events": kinds, "secret": SECRET})
    assert client.call("POST", f"/v1/webhooks/{made['webhook_id']}/test", {})[2]["delivered"] is True
    assert taken.waiting.get(timeout=5)["event_type"] == "webhook.test"
    poll = load("long_poll")
    begin = client.get("/v1/events")["next_after"]
    scan(client)
    polled: list[dict[str, Any]] = []
    after = begin
    while not any(one["event_type"] == "scan.completed" for one in polled):
        answer = poll.poll(f"{client.base_url}/v1", client.api_key, after)
        polled, after = polled + answer["events"], answer["next_after"]
    posted = [taken.waiting.get(timeout=60) for _ in polled]

    def key(kind: str, data: dict[str, Any]) -> tuple[str, str]:
        return kind, data.get("finding_id") or data["scan_id"]

    by_poll = {key(one["event_type"], one["data"]): one["data"] for one in polled}
    assert {key(one["event_type"], one["data"]): one["data"] for one in posted} == by_poll
    on_topic = until(lambda: len(published(client)) >= len(polled) and published(client), 40)
    assert {one["id"] for one in on_topic} >= {one["event_id"] for one in polled}
    numbers: defaultdict[str, list[int]] = defaultdict(list)
    for one in polled:
        numbers[one["subject"]].append(one["sequence"])
    assert all(found == list(range(found[0], found[0] + len(found))) for found in numbers.values())

    def all_delivered() -> bool:
        log = client.rows(f"/v1/webhooks/{made['webhook_id']}/deliveries", "deliveries")
        return len(log) == len(polled) and {one["status"] for one in log} == {"delivered"}

    until(all_delivered, 30)
    client.call("DELETE", f"/v1/webhooks/{made['webhook_id']}")


def test_a_scheduled_scan_fires_by_itself(sample_stack: ApiClient) -> None:
    client = sample_stack
    body = {"name": "often", "cron": "*/5 * * * * *", "scan": {"scan_type": "network"}}
    _, _, made = client.call("POST", "/v1/schedules", body)
    url = f"/v1/schedules/{made['schedule_id']}"
    run = until(lambda: client.get(url)["last_run"], 60)
    client.call("DELETE", url)
    assert run["outcome"] == "started" and run["due"] >= made["next_run"]
    end = client.wait(run["scan_id"], 120, lambda _: None)
    assert end["status"] == "completed"
    with pytest.raises(ApiError, match="404"):
        client.get(url)


def test_what_was_to_be_delivered_is_delivered_after_a_kill(tmp_path: Path, inbox: tuple[Any, str]) -> None:
    taken, url = inbox
    stack = Stack(Path(__file__).resolve().parents[2] / "samples" / "estate.jsonl", tmp_path / "state")
    client = stack.start()
    kinds = ["finding.created", "scan.completed"]
    client.call("POST", "/v1/webhooks", {"url": url, "events": kinds, "secret": SECRET})
    end = scan(client)
    stack.kill()
    with stack:
        client = stack.start()
        records = {one["id"] for one in client.rows("/v1/findings", "findings")}
        told: set[str] = set()
        while not {end["scan_id"], *records} <= told:
            event = taken.waiting.get(timeout=120)
            told.add(event["data"].get("finding_id") or event["data"]["scan_id"])
