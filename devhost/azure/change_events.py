"""What Azure's subscriptions tell Event Grid of writes, posted to one webhook in the Event Grid schema.

Shape after https://learn.microsoft.com/azure/event-grid/event-schema-subscriptions (example of a
ResourceWriteSuccess); delivery after https://learn.microsoft.com/azure/event-grid/delivery-and-retry, with
shorter pauses.
"""

import asyncio
import json
import logging
import uuid
from datetime import UTC, datetime
from typing import Any, Final

import aiohttp

from devhost.azure.arm_id import ArmPath

log = logging.getLogger(__name__)

EVENT_WEBHOOK: Final = "AZURE_STANDIN_EVENT_WEBHOOK"
"""Variable with the webhook that is told of writes; its key is no business of the process list."""
PAUSES: Final = (0.2, 1.0, 5.0, 10.0)
_SECONDS: Final = 30.0


class ChangeEvents:
    """Posts in the background, one after the other; without a webhook it does nothing."""

    def __init__(self, webhook: str | None, tenant_id: str) -> None:
        self._webhook = webhook
        self._tenant_id = tenant_id
        self._waiting: asyncio.Queue[dict[str, Any]] = asyncio.Queue(maxsize=10_000)
        self._task: asyncio.Task[None] | None = None

    def announce(self, path: ArmPath, verb: str) -> None:
        """A resource was written (`write`) or deleted (`delete`)."""
        if self._webhook is None or path.subscription is None:
            return
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run(self._webhook))
        try:
            self._waiting.put_nowait(self._event(path, verb))
        except asyncio.QueueFull:
            log.warning("an event of %s is dropped: too many wait", path.path)

    async def aclose(self) -> None:
        """Stop; what waits is lost."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _event(self, path: ArmPath, verb: str) -> dict[str, Any]:
        operation = f"{path.resource_type}/{verb}"
        kind = "Write" if verb == "write" else "Delete"
        return {
            "id": str(uuid.uuid4()),
            "topic": f"/subscriptions/{path.subscription}",
            "subject": path.path,
            "eventType": f"Microsoft.Resources.Resource{kind}Success",
            "eventTime": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
            "dataVersion": "2",
            "metadataVersion": "1",
            "data": {
                "authorization": {"scope": path.path, "action": operation, "evidence": {}},
                "correlationId": str(uuid.uuid4()),
                "resourceProvider": path.namespace,
                "resourceUri": path.path,
                "operationName": operation,
                "status": "Succeeded",
                "subscriptionId": path.subscription,
                "tenantId": self._tenant_id,
            },
        }

    async def _run(self, webhook: str) -> None:
        timeout = aiohttp.ClientTimeout(total=_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout, trust_env=False) as session:
            while True:
                event = await self._waiting.get()
                await self._deliver(session, webhook, event)

    @staticmethod
    async def _deliver(session: aiohttp.ClientSession, webhook: str, event: dict[str, Any]) -> None:
        headers = {"aeg-event-type": "Notification", "Content-Type": "application/json"}
        reason = ""
        for pause in (*PAUSES, None):
            try:
                async with session.post(webhook, data=json.dumps([event]), headers=headers) as response:
                    if response.status < 300:
                        return
                    reason = f"status {response.status}"
            except (aiohttp.ClientError, TimeoutError) as error:
                reason = type(error).__name__
            if pause is not None:
                await asyncio.sleep(pause)
        log.warning("an event of %s is dropped: %s", event["subject"], reason)
