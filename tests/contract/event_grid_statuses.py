"""What Event Grid's own route can answer: it knows its callers by keys of another kind."""

from __future__ import annotations

from typing import Any

from shared.ports.errors import BrokerUnavailableError
from tests.contract.harness import Api, settings

EVENTGRID_KEY = "Zx81-event-grid-key-of-this-test"


class _NobodyNotes:
    async def note_all(self, changes: Any) -> int:
        raise BrokerUnavailableError("away")


async def statuses_of_event_grid(method: str) -> set[int]:
    """What Event Grid's own route answers without a key set, without one sent, and with a good one."""
    opened = settings(SECURITY_COPILOT_EVENTGRID_KEYS=EVENTGRID_KEY, SECURITY_COPILOT_FAILED_ATTEMPTS="1")
    reached = {(await Api().call(method, "/v1/eventgrid", role=None)).status}
    api, away, crashed = Api(opened), Api(opened), Api(opened)
    away.rewire(resource_changes=_NobodyNotes())
    crashed.rewire(resource_changes=None, failed_attempts=None)
    with_key = f"/v1/eventgrid?key={EVENTGRID_KEY}"
    elsewhere = {"WebHook-Request-Origin": "elsewhere.example"}
    for one, target, body, headers in (
        (api, with_key, None, {}),
        (api, with_key, b"[]", {**elsewhere, "Content-Type": "text/plain"}),
        (api, with_key, b"x" * (1024 * 1024 + 1), {}),
        (api, "/v1/eventgrid", None, {}),
        (api, "/v1/eventgrid?key=guess", None, {}),
        (away, with_key, {"eventType": "any", "data": {}}, {}),
        (crashed, with_key, None, {}),
    ):
        reached.add((await one.call(method, target, body, role=None, headers=headers)).status)
    return reached
