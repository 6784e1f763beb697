"""`python -m devhost.http_host`: the app's HTTP functions alone, on the settings in the environment.

For several host processes on one storage, as a Function app has several instances: no timers, no queues.
Prints one JSON line on stdout when it serves: `{"ready", "port", "pid"}`. SIGTERM and SIGINT stop it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import secrets
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from devhost.functionhost.host import FunctionHost
from devhost.functionhost.keys import HostKeys
from devhost.loopback import IDLE_SECONDS, bound_to

ROOT = Path(__file__).resolve().parent.parent


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield  # ours close the app's clients first


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until a signal comes; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m devhost.http_host", description="HTTP functions alone.")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 picks a free one")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as state:
        return asyncio.run(_serve(options.port, Path(state)))


async def _serve(port: int, state: Path) -> int:
    host = FunctionHost(
        ROOT, environment=os.environ, state_dir=state, keys=HostKeys(master=secrets.token_hex(16))
    )
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    server = _Server(
        uvicorn.Config(
            host,
            lifespan="off",
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_keep_alive=IDLE_SECONDS,
        )
    )
    with bound_to(port) as listener:
        listener.listen(512)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        bound = listener.getsockname()[1]
        print(json.dumps({"ready": True, "port": bound, "pid": os.getpid()}), flush=True)
        await asyncio.wait([serving, asyncio.create_task(stop.wait())], return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        await serving
    await host.module.source.aclose()
    return 0


if __name__ == "__main__":
    sys.exit(main())
