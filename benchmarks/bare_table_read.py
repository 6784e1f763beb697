"""`python -m benchmarks.bare_table_read`: the floor of `finding_reads`, an ASGI app that does one table read.

`GET /<PartitionKey>/<RowKey>` answers the JSON that the row of the table `Findings` holds: no caller, no
quota, no model, no log. It is read with Microsoft's client (`azure.data.tables.aio`) as its documentation
shows, or with `--own-read` as the product reads it. Prints one JSON line on stdout when it serves:
`{"ready", "port", "pid"}`.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import Any
from urllib.parse import unquote

import uvicorn
from azure.data.tables.aio import TableClient

from devhost.loopback import bound_to
from shared.adapters.storage_clients import table_service
from shared.adapters.tables.point_read import read_row

STORAGE = "AzureWebJobsStorage"


async def serve() -> int:
    """Serve until SIGTERM."""
    own = "--own-read" in sys.argv
    connection = os.environ[STORAGE]
    service = table_service(connection_string=connection)
    table = (
        service.get_table_client("Findings")
        if own
        else TableClient.from_connection_string(connection, "Findings")
    )
    async with service, table:

        async def app(scope: Any, receive: Any, send: Any) -> None:
            partition, row = unquote(scope["raw_path"].decode()).strip("/").split("/")
            entity = await (read_row(table, partition, row) if own else table.get_entity(partition, row))
            body: bytes = (entity or {})["d0"]
            headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": body})

        config = uvicorn.Config(
            app, lifespan="off", log_level="warning", access_log=False, server_header=False
        )
        with bound_to(0) as listener:
            listener.listen(512)
            ready = {"ready": True, "port": listener.getsockname()[1], "pid": os.getpid()}
            print(json.dumps(ready), flush=True)
            await uvicorn.Server(config).serve(sockets=[listener])
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(serve()))
