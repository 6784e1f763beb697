"""`python -m devhost.entra --folder DIR`: the tenant as a process of its own.

Clients come in the environment variable ENTRA_CLIENTS, a JSON list of `{"client_id", "secret", "roles"}`.
Prints one JSON line on stdout when it serves: `{"ready", "port", "pid"}`. SIGTERM and SIGINT stop it. Exit
code 2: the folder, the clients or the port cannot be used.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from devhost.entra.certificates import ensure, server_context, signing_key
from devhost.entra.issuer import Client, TokenIssuer
from devhost.entra.server import serve


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until a signal comes; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m devhost.entra", description="Local token issuer.")
    parser.add_argument("--folder", type=Path, required=True, help="certificates and keys are kept here")
    parser.add_argument("--tenant", required=True, help="tenant id")
    parser.add_argument("--api-uri", required=True, help="App ID URI of the API: audience of v1.0 tokens")
    parser.add_argument("--api-client-id", required=True, help="client id of it: audience of v2.0 tokens")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 picks a free one")
    options = parser.parse_args(arguments)
    try:
        return asyncio.run(_run(options))
    except (OSError, ValueError, TypeError, KeyError) as error:
        print(f"devhost.entra: {type(error).__name__}: {error}", file=sys.stderr)
        return 2


def _clients() -> list[Client]:
    listed = json.loads(os.environ.get("ENTRA_CLIENTS", "[]"))
    return [Client(one["client_id"], one["secret"], tuple(one["roles"])) for one in listed]


async def _run(options: argparse.Namespace) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    files = ensure(options.folder, datetime.now(UTC))
    issuer = TokenIssuer(options.tenant, options.api_uri, options.api_client_id, _clients(), time.time)
    issuer.add_key(signing_key(files))
    async with serve(issuer, server_context(files), options.port) as port:
        print(json.dumps({"ready": True, "port": port, "pid": os.getpid()}), flush=True)
        await stop.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
