"""The local Functions host: one ASGI application that serves HTTP, timers, queues and Event Grid."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from devhost.functionhost.app_settings import expand, resolve_connection
from devhost.functionhost.asgi import ClientGoneError, Receive, Response, Scope, Send, send_response
from devhost.functionhost.eventgrid import WEBHOOK_PATH, EventGridWebhook
from devhost.functionhost.host_rules import HostRefusedError, check_app
from devhost.functionhost.http import MAX_BODY_BYTES, HttpFunctions
from devhost.functionhost.indexing import IndexedFunction, load_app
from devhost.functionhost.invocation import Invoker, default_thread_count
from devhost.functionhost.keys import HostKeys
from devhost.functionhost.queues import QueuePump, QueueReceiver
from devhost.functionhost.routes import decode_path
from devhost.functionhost.servicebus_client import QueueOutputs, SdkReceiver, decode_many, decode_one
from devhost.functionhost.timers import Timer, TimerState

STOP_LIMIT_SECONDS = 30.0
"""How long ``stop`` waits for running invocations before it cancels them."""
_CLOSE_LIMIT_SECONDS = 10.0
"""How long connections may take to close after that."""


def utc_now() -> datetime:
    """The time now, with its zone."""
    return datetime.now(UTC)


class FunctionHost:
    """Runs the functions of one app directory as Azure would, on the caller's event loop.

    Serve it with any ASGI server; ``start`` and ``stop`` (or the server's lifespan events) run timers and
    queue pumps. Application settings come from ``environment``; code of the app that reads ``os.environ``
    sees the process's own, which the caller sets.
    """

    def __init__(
        self,
        app_dir: Path,
        *,
        environment: Mapping[str, str],
        state_dir: Path,
        keys: HostKeys,
        clock: Callable[[], datetime] = utc_now,
        max_body_bytes: int = MAX_BODY_BYTES,
        stop_limit_seconds: float = STOP_LIMIT_SECONDS,
    ) -> None:
        """Load and check the app.

        Raises:
            IndexingError, HostJsonError: when the app does not load.
            HostRefusedError: when Azure's host would refuse it; lists every reason.
            ValueError: when PYTHON_THREADPOOL_THREAD_COUNT is wrong.
        """
        app = load_app(app_dir)
        violations = check_app(app, environment)
        if violations:
            raise HostRefusedError(violations)
        self.functions: tuple[IndexedFunction, ...] = app.functions
        self.module = app.module
        self._environment = environment
        self._options = app.host_json.service_bus
        self._timer_state = TimerState(state_dir)
        self._clock = clock
        self._stop_limit_seconds = stop_limit_seconds
        self._outputs = QueueOutputs(environment)
        self._invoker = Invoker(
            str(app.directory),
            default_thread_count(environment),
            self._outputs,
            app.host_json.function_timeout_seconds,
        )
        self._http = HttpFunctions(
            self._of_kind("httpTrigger"),
            route_prefix=app.host_json.route_prefix,
            keys=keys,
            invoker=self._invoker,
            max_body_bytes=max_body_bytes,
            max_concurrent_requests=app.host_json.max_concurrent_requests,
            max_outstanding_requests=app.host_json.max_outstanding_requests,
        )
        self._event_grid = EventGridWebhook(
            self._of_kind("eventGridTrigger"), keys=keys, invoker=self._invoker
        )
        self._timers: dict[asyncio.Task[None], Timer] = {}
        self._pumps: dict[asyncio.Task[None], QueuePump] = {}

    def _of_kind(self, kind: str) -> tuple[IndexedFunction, ...]:
        return tuple(function for function in self.functions if function.kind == kind)

    @property
    def busy(self) -> bool:
        """Whether a function runs now."""
        return self._invoker.busy

    async def start(self) -> None:
        """Start timers and queue pumps. Call it once, on the loop that serves the requests.

        Raises:
            RuntimeError: when the host is already started.
            TimerStateError: when the state of a timer cannot be read.
        """
        if self._timers or self._pumps:
            raise RuntimeError("the host is already started")
        for function in self._of_kind("timerTrigger"):
            self._timer_state.load(function.name)  # Fails here rather than in a task.
            timer = Timer(
                function,
                self._invoker,
                environment=self._environment,
                state=self._timer_state,
                clock=self._clock,
            )
            self._timers[self._spawn(function.name, timer.run())] = timer
        for function in self._of_kind("serviceBusTrigger"):
            pump = self._pump(function)
            self._pumps[self._spawn(function.name, pump.run())] = pump

    def _pump(self, function: IndexedFunction) -> QueuePump:
        connection = resolve_connection(function.trigger.connection, self._environment)
        queue = expand(function.trigger.queue_name, self._environment)
        cardinality = getattr(function.trigger.cardinality, "value", function.trigger.cardinality)

        async def open_receiver() -> QueueReceiver:
            return await SdkReceiver.open(connection, queue, self._options.prefetch_count)

        return QueuePump(
            function,
            open_receiver=open_receiver,
            decode=decode_many if str(cardinality).lower() == "many" else decode_one,
            invoker=self._invoker,
            options=self._options,
        )

    @staticmethod
    def _spawn(name: str, work: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.create_task(work, name=name)
        task.add_done_callback(partial(_report_end, name))
        return task

    async def stop(self) -> None:
        """Take no new trigger, wait for running invocations up to the limit, cancel the rest, disconnect.

        Afterwards no message is left locked by this host, except those of sync functions that did not end
        within the limit: they were abandoned while their thread may still run.
        """
        for task, timer in self._timers.items():
            timer.stop()
            if not self._invoker.is_running(task):
                task.cancel()
        for pump in self._pumps.values():
            pump.stop()
        deadline = asyncio.get_running_loop().time() + self._stop_limit_seconds
        if self._pumps:
            # First the pumps: a receive call under way may still bring a message, which is then worked on.
            await asyncio.wait(self._pumps, timeout=self._stop_limit_seconds)
        late = await self._invoker.drain(max(0.0, deadline - asyncio.get_running_loop().time()))
        if late:
            sys.stderr.write(f"cancelled {late} invocations that ran longer than the stop limit\n")
        for task in self._timers:
            task.cancel()
        if self._pumps:
            _, open_pumps = await asyncio.wait(self._pumps, timeout=_CLOSE_LIMIT_SECONDS)
            for task in open_pumps:
                task.cancel()
        await asyncio.gather(*self._timers, *self._pumps, return_exceptions=True)
        self._timers.clear()
        self._pumps.clear()
        await self._outputs.close()
        self._invoker.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection: HTTP, or the server's lifespan."""
        if scope["type"] == "http":
            try:
                response = await self._answer(scope, receive)
            except ClientGoneError:
                return
            await send_response(send, scope["method"], response)
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})

    async def _answer(self, scope: Scope, receive: Receive) -> Response:
        raw_path: bytes | None = scope.get("raw_path")
        path = decode_path(raw_path) if raw_path else str(scope["path"])
        if path.lower().rstrip("/") == WEBHOOK_PATH:
            return await self._event_grid.handle(scope, receive)
        return await self._http.handle(scope, path, receive)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await self.start()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await self.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return


def _report_end(name: str, task: asyncio.Task[None]) -> None:
    """A trigger's loop that fails must not fail in silence."""
    if not task.cancelled() and (error := task.exception()) is not None:
        sys.stderr.write(f"the trigger of function {name} stopped: {type(error).__name__}: {error}\n")
