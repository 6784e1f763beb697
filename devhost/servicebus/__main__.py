"""`python -m devhost.servicebus`: the server as a process of its own.

Prints one JSON line on stdout when it serves: `{"ready": true, "port": N, "pid": N}`. Everything else goes
to stderr. SIGTERM and SIGINT stop it cleanly. Exit codes: 0 stopped, 1 the database failed, 2 wrong use or
configuration.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from devhost.servicebus.config import Config, ConfigError, load_config
from devhost.servicebus.server import serve
from devhost.servicebus.store import StoreError


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line and serve until a signal comes; return the exit code."""
    options = _parse(arguments)
    logging.basicConfig(
        level=options.log_level, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    try:
        return asyncio.run(_run(load_config(options.config), options))
    except (ConfigError, StoreError, ValueError, OSError) as problem:
        print(f"devhost.servicebus: {problem}", file=sys.stderr)
        return 2


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m devhost.servicebus", description="Local Service Bus.")
    parser.add_argument("--config", type=Path, required=True, help="JSON file with queues and topics")
    parser.add_argument("--port", type=int, default=0, help="TCP port on 127.0.0.1 (default: a free one)")
    parser.add_argument("--database", type=Path, help="SQLite file (default: memory only)")
    parser.add_argument("--key-name", required=True, help="name of the shared access key")
    parser.add_argument("--key", help="the shared access key (default: environment SERVICEBUS_KEY)")
    parser.add_argument("--log-level", default="INFO", choices=("DEBUG", "INFO", "WARNING", "ERROR"))
    options = parser.parse_args(arguments)
    options.key = options.key or os.environ.get("SERVICEBUS_KEY")
    if not options.key:
        parser.error("a key is needed: --key or the environment variable SERVICEBUS_KEY")
    return options


async def _run(config: Config, options: argparse.Namespace) -> int:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with serve(
        config,
        key_name=options.key_name,
        key=options.key,
        database=options.database,
        port=options.port,
    ) as server:
        server.failed.add_done_callback(lambda _failed: stop.set())
        print(json.dumps({"ready": True, "port": server.port, "pid": os.getpid()}), flush=True)
        await stop.wait()
        return 1 if server.failed.done() else 0


if __name__ == "__main__":
    sys.exit(main())
