"""Asking the dependencies whether they answer."""

from __future__ import annotations

import asyncio
from typing import Final

from azure.core.exceptions import AzureError, HttpResponseError
from azure.data.tables.aio import TableServiceClient
from azure.servicebus.aio import ServiceBusClient

from shared.ports.messaging import Queue

PROBE_SECONDS: Final = 4.0


class StorageProbe:
    """Reads a row that need not exist."""

    name = "storage"

    def __init__(self, service: TableServiceClient) -> None:
        self._client = service.get_table_client("Scans")

    async def check(self) -> str | None:
        """See `HealthProbe.check`."""
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                await self._client.get_entity("health", "health")
        except HttpResponseError as error:
            return None if error.status_code == 404 else f"answers with HTTP status {error.status_code}"
        except TimeoutError:
            return f"no answer within {PROBE_SECONDS:.0f} s"
        except (AzureError, OSError) as error:
            return f"no answer ({type(error).__name__})"
        return None


class BrokerProbe:
    """Opens a link to a queue, sends nothing."""

    name = "broker"

    def __init__(self, client: ServiceBusClient, queue: Queue = Queue.PLAN) -> None:
        self._client = client
        self._queue = queue

    async def check(self) -> str | None:
        """See `HealthProbe.check`."""
        try:
            async with (
                asyncio.timeout(PROBE_SECONDS),
                self._client.get_queue_sender(self._queue.value) as sender,
            ):
                await sender.create_message_batch()
        except TimeoutError:
            return f"no answer within {PROBE_SECONDS:.0f} s"
        except (AzureError, OSError) as error:
            return f"no answer ({type(error).__name__})"
        return None
