"""``python -m devhost.azure --estate FILE``: serves until SIGTERM or SIGINT.

Prints one JSON line on stdout when it serves: ``{"ready", "port", "pid", "identity_header"}``. Everything
else goes to stderr. Exit status 2 when the estate, the faults or the port cannot be used.
"""

import argparse
import asyncio
import logging
import os
import signal
import sys
from pathlib import Path

import orjson

from devhost.azure.change_events import EVENT_WEBHOOK
from devhost.azure.estate_file import EstateError
from devhost.azure.faults import Faults, FaultsError, load_faults
from devhost.azure.server import serve


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m devhost.azure",
        description="Serve an estate file as Azure Resource Manager and Resource Graph on loopback.",
    )
    parser.add_argument(
        "--estate", type=Path, required=True, metavar="FILE", help="JSONL, one resource a line"
    )
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 picks a free one")
    parser.add_argument("--faults", type=Path, metavar="FILE", help="what goes wrong, see docs/faults.md")
    parser.add_argument(
        "--identity-header", metavar="VALUE", help="expected X-IDENTITY-HEADER; default: random"
    )
    parser.add_argument(
        "--quota", type=int, metavar="N", help="Resource Graph queries in 5 s (default 15, 0 = not counted)"
    )
    return parser.parse_args(argv)


def _faults(arguments: argparse.Namespace) -> Faults:
    faults = load_faults(arguments.faults) if arguments.faults else Faults()
    if arguments.quota is None:
        return faults
    if not 0 <= arguments.quota <= 1_000_000:
        raise FaultsError("--quota must be from 0 to 1000000")
    limits = faults.resource_graph.model_copy(update={"quota": arguments.quota})
    return faults.model_copy(update={"resource_graph": limits})


async def _serve(arguments: argparse.Namespace, faults: Faults) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stop.set)
    async with serve(
        arguments.estate,
        faults,
        port=arguments.port,
        identity_header=arguments.identity_header,
        event_webhook=os.environ.get(EVENT_WEBHOOK) or None,
    ) as standin:
        file = standin.app.estate.file
        logging.getLogger("devhost.azure").info(
            "%d resources in %d subscriptions; %d malformed lines, %d duplicates",
            len(file),
            len(file.subscriptions),
            file.malformed,
            file.duplicates,
        )
        ready = {"ready": True, "port": standin.port, "pid": os.getpid()}
        sys.stdout.write(orjson.dumps({**ready, "identity_header": standin.identity_header}).decode() + "\n")
        sys.stdout.flush()
        await stop.wait()


def main(argv: list[str] | None = None) -> int:
    """Run the command; gives the exit status."""
    arguments = _arguments(argv)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(name)s: %(message)s")
    try:
        asyncio.run(_serve(arguments, _faults(arguments)))
    except (EstateError, FaultsError, OSError) as error:
        sys.stderr.write(f"devhost.azure: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
