"""HTTP to storage over a bounded number of connections: what is too much at once waits here, not there.

A request that waits for a connection has not been sent, so its time without an answer has not begun. Under
aiohttp's own bound of 100 a few subscriptions recorded at once make a slow account so much slower that
requests are given up as unanswered, and their work is done again.
https://docs.aiohttp.org/en/stable/client_advanced.html#limiting-connection-pool-size
"""

from __future__ import annotations

from typing import Final

import aiohttp
from azure.core.exceptions import ServiceRequestError
from azure.core.pipeline.transport import AioHttpTransport

CONNECTIONS: Final = 16
"""At 10 ms a transaction of 100 rows, 8 times what an account takes (20,000 rows a second:
https://learn.microsoft.com/azure/storage/tables/scalability-targets)."""


class BoundedTransport(AioHttpTransport):  # type: ignore[misc]  # azure-core loads it late, so untyped
    """azure-core's transport on aiohttp, with at most `CONNECTIONS` requests under way."""

    session: aiohttp.ClientSession | None

    async def open(self) -> None:
        """Open the session. What azure-core sets for its own sessions is set here too.

        Raises:
            ServiceRequestError: it was closed while this call was under way. azure-core's own ValueError says
                that the caller is wrong.
        """
        if self.session is None and self._has_been_opened:
            raise ServiceRequestError("the client was closed")
        if self.session is None:
            self.session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=CONNECTIONS),
                trust_env=self._use_env_settings,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
            )
        await super().open()
