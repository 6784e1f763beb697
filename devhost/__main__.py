"""`python -m devhost`: the product on this machine, in one command.

    python -m devhost --estate FILE [--port N] [--state DIR] [--forgetful] [--faults FILE]
    python -m devhost --azure [--subscription ID] [--port N] [--state DIR]

Prints one JSON line on stdout when it serves: ready, base_url, api_key (the admin's), keys by role, entra
(with --estate: the local tenant and its service principals), pid. All else goes to stderr. SIGTERM and SIGINT
stop it and all it started.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from devhost.loopback import IDLE_SECONDS, bound_to
from devhost.stack import LocalStack, StackOptions

ROOT = Path(__file__).resolve().parent.parent

STOP_LIMIT_SECONDS: Final = 1.0
"""How long a stop waits for running invocations. Those it cancels give their messages back: a scan goes on
from there when the stack starts again on the same state."""


class _Threads(ThreadPoolExecutor):
    """Threads that nobody waits for at the end: what cancelled invocations left running has no taker."""

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        super().shutdown(wait=False, cancel_futures=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line, serve until a signal comes, return the exit code."""
    options = parse(arguments)
    logging.basicConfig(
        level=os.environ.get("LOG_LEVEL", "WARNING"),
        stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )
    stack = StackOptions(
        options.estate, options.state, options.faults, options.subscription, options.forgetful
    )
    return serve(stack, options.port, lambda line: print(json.dumps(line), flush=True))


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line; exits with 2 and a reason when it is wrong."""
    parser = argparse.ArgumentParser(prog="python -m devhost", description="The product on this machine.")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--estate", type=Path, help="JSONL file with the resources to serve")
    source.add_argument("--azure", action="store_true", help="read real Azure with your own login")
    parser.add_argument("--subscription", help="with --azure: the only subscription of `production`")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (default: a free one)")
    parser.add_argument("--state", type=Path, help="folder that outlives the process (default: none)")
    parser.add_argument("--forgetful", action="store_true", help="keep storage in memory, beside any --state")
    parser.add_argument("--faults", type=Path, help="with --estate: JSON file of faults to inject")
    options = parser.parse_args(arguments)
    for name in ("estate", "faults"):
        path = getattr(options, name)
        if path is not None and not path.is_file():
            parser.error(f"--{name}: no such file: {path}")
    if not 0 <= options.port <= 65535:
        parser.error("--port: a number from 0 to 65535")
    if options.state is not None and options.state.exists() and not options.state.is_dir():
        parser.error(f"--state: not a folder: {options.state}")
    if options.subscription and not options.azure:
        parser.error("--subscription goes with --azure")
    if options.faults and options.azure:
        parser.error("--faults goes with --estate")
    if options.state is not None:
        options.state = options.state.resolve()
    return options


def serve(options: StackOptions, port: int, announce: Callable[[dict[str, object]], None]) -> int:
    """Run the stack and the host; `announce` gets the ready line. 0 stopped, 1 something failed."""
    with bound_to(port) as listener:
        base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        stack = LocalStack(options)
        # Signals during the start end it too, through the same way out.
        previous = signal.signal(signal.SIGTERM, _interrupt)
        try:
            settings = stack.start(base_url)
            os.environ.update(settings)
            signal.signal(signal.SIGTERM, previous)
            return asyncio.run(_serve(stack, settings, listener, base_url, announce))
        except KeyboardInterrupt:
            return 0
        except Exception as error:
            logging.getLogger("devhost").debug("start failed", exc_info=True)
            print(f"devhost: {type(error).__name__}: {error}", file=sys.stderr)
            return 1
        finally:
            stack.stop()


async def _serve(
    stack: LocalStack,
    settings: dict[str, str],
    listener: socket.socket,
    base_url: str,
    announce: Callable[[dict[str, object]], None],
) -> int:
    import uvicorn  # noqa: PLC0415 - not needed to refuse a command line

    from devhost.event_sink import EventSink  # noqa: PLC0415
    from devhost.functionhost.asgi import Receive, Scope, Send  # noqa: PLC0415
    from devhost.functionhost.host import FunctionHost  # noqa: PLC0415
    from devhost.functionhost.keys import HostKeys  # noqa: PLC0415

    host = FunctionHost(
        ROOT,
        environment={**os.environ, **settings},
        state_dir=stack.folder / "timers",
        keys=HostKeys(master=stack.secrets["host"]),
        stop_limit_seconds=STOP_LIMIT_SECONDS,
    )
    sink = EventSink(stack.secrets["topic"], stack.api_keys["admin"])

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and sink.serves(scope["path"]):
            await sink(scope, receive, send)
        else:
            await host(scope, receive, send)

    ready = asyncio.Event()

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets=sockets)
            ready.set()

        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield  # ours are below: the stand-ins must be stopped before the process ends

    server = Server(
        uvicorn.Config(
            application,
            lifespan="off",
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_keep_alive=IDLE_SECONDS,
        )
    )
    loop = asyncio.get_running_loop()
    loop.set_default_executor(_Threads())
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await host.start()
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    await ready.wait()
    announce(
        {
            "ready": True,
            "base_url": base_url,
            "api_key": stack.api_keys["admin"],
            "keys": stack.api_keys,
            **({} if stack.entra is None else {"entra": stack.entra.described}),
            "pid": os.getpid(),
        }
    )
    watch = asyncio.create_task(_watch_over(stack))
    await asyncio.wait(
        [asyncio.create_task(stop.wait()), serving, watch], return_when=asyncio.FIRST_COMPLETED
    )
    lost = watch.done()
    if lost:
        print("devhost: storage ended by itself, and what it held in memory with it", file=sys.stderr)
    await host.stop()
    source = getattr(host.module, "source", None)
    if source is not None:
        await source.aclose()
    server.should_exit = True
    await serving
    watch.cancel()
    return 1 if lost else 0


async def _watch_over(stack: LocalStack) -> None:
    """Start a stand-in again that ended by itself; return when storage did, which cannot be mended."""
    while not stack.storage_lost:
        for child in stack.fallen():
            print(f"devhost: {child.module} ended by itself and is started again", file=sys.stderr)
            stack.start_again(child)
            await asyncio.to_thread(child.wait_ready)
        await asyncio.sleep(0.5)


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # Not sys.exit, which waits for every thread of every pool. All that was started is stopped by now.
    os._exit(code)
