"""Runs one function: sync ones in a thread, async ones on the loop; outputs leave only after success."""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
import threading
import traceback
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

import azure.functions as func

from devhost.functionhost.indexing import IndexedFunction, OutputBinding

_invocation_local = threading.local()
"""What ``context.thread_local_storage`` exposes: the id of the invocation that the thread runs."""


def default_thread_count(environment: Mapping[str, str]) -> int:
    """Threads for sync functions: PYTHON_THREADPOOL_THREAD_COUNT, else Python's own default.

    Raises:
        ValueError: when the setting is no whole number from 1 to 1000.
    """
    text = environment.get("PYTHON_THREADPOOL_THREAD_COUNT")
    if not text:
        return min(32, (os.cpu_count() or 1) + 4)
    if not text.isdecimal() or not 1 <= int(text) <= 1000:
        raise ValueError(f"PYTHON_THREADPOOL_THREAD_COUNT: {text!r} is no whole number from 1 to 1000")
    return int(text)


class InvalidReturnError(TypeError):
    """A function returned a value that its bindings cannot take."""


class OutputSender(Protocol):
    """Takes the values of output bindings after a function succeeded."""

    async def send(self, output: OutputBinding, value: Any) -> None:
        """Deliver one value; raises what the transport raises."""


class _Out(func.Out[Any]):
    """Holds what the function sets."""

    def __init__(self) -> None:
        self._value: Any = None

    def set(self, val: Any) -> None:
        self._value = val

    def get(self) -> Any:
        return self._value


class _TraceContext:
    def __init__(self, trace_parent: str, trace_state: str) -> None:
        self.trace_parent = trace_parent
        self.trace_state = trace_state
        self.attributes: dict[str, str] = {}


class _RetryContext:
    """No retry policy runs here: always the first attempt."""

    retry_count = 0
    max_retry_count = 0
    exception = None


class InvocationContext(func.Context):
    """The ``context`` argument of a function."""

    def __init__(self, function: IndexedFunction, directory: str, headers: Mapping[str, str]) -> None:
        self._function_name = function.name
        self._directory = directory
        self._invocation_id = str(uuid.uuid4())
        # W3C Trace Context (www.w3.org/TR/trace-context): a new trace unless the caller began one.
        parent = headers.get("traceparent") or f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"
        self._trace = _TraceContext(parent, headers.get("tracestate", ""))
        self._retry = _RetryContext()

    @property
    def invocation_id(self) -> str:
        return self._invocation_id

    @property
    def thread_local_storage(self) -> Any:
        return _invocation_local

    @property
    def function_name(self) -> str:
        return self._function_name

    @property
    def function_directory(self) -> str:
        return self._directory

    @property
    def trace_context(self) -> Any:
        return self._trace

    @property
    def retry_context(self) -> Any:
        return self._retry


def log_failure(function: str, error: BaseException) -> None:
    """Write a function's failure with its traceback to stderr."""
    sys.stderr.write(f"function {function} failed:\n")
    traceback.print_exception(error, file=sys.stderr)


class Invoker:
    """Calls functions and knows which calls are running."""

    def __init__(
        self, directory: str, threads: int, outputs: OutputSender, timeout_seconds: float | None = None
    ) -> None:
        """``timeout_seconds`` (functionTimeout of host.json) ends a longer run with TimeoutError; the thread
        of a sync function runs on, where Azure restarts the whole worker."""
        self._directory = directory
        self._timeout_seconds = timeout_seconds
        self._executor = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="function")
        self._outputs = outputs
        self._running: set[asyncio.Task[Any]] = set()
        self._idle = asyncio.Event()
        self._idle.set()

    async def invoke(
        self,
        function: IndexedFunction,
        value: Any,
        headers: Mapping[str, str],
        convert: Callable[[Any], Any] | None = None,
    ) -> Any:
        """Call ``function`` with its trigger's value and return what it returned, through ``convert``.

        ``headers`` may carry a trace (W3C ``traceparent``). ``convert`` runs before the outputs are sent:
        a return value that cannot be used fails the invocation, and nothing leaves.

        Raises whatever the function raises, InvalidReturnError when it returns a value without a binding
        for it, or what the output's transport raises: then the invocation has failed.
        """
        arguments: dict[str, Any] = {function.parameter: value}
        for output in function.outputs:
            arguments[output.name] = _Out()
        if function.wants_context:
            arguments["context"] = InvocationContext(function, self._directory, headers)
        task = asyncio.current_task()
        if task is not None:
            self._running.add(task)
            self._idle.clear()
        try:
            async with asyncio.timeout(self._timeout_seconds):
                result = await self._call(function, arguments)
            if result is not None and not function.has_return:
                raise InvalidReturnError(f"{function.name} has no $return binding but returned a value")
            if convert is not None:
                result = convert(result)
            for output in function.outputs:
                produced = arguments[output.name].get()
                if produced is not None:
                    await self._outputs.send(output, produced)
            return result
        finally:
            if task is not None:
                self._running.discard(task)
                if not self._running:
                    self._idle.set()

    async def _call(self, function: IndexedFunction, arguments: dict[str, Any]) -> Any:
        if function.is_async:
            return await function.user_function(**arguments)
        context = arguments.get("context")
        invocation_id = context.invocation_id if isinstance(context, InvocationContext) else None

        def run() -> Any:
            _invocation_local.invocation_id = invocation_id
            return function.user_function(**arguments)

        return await asyncio.get_running_loop().run_in_executor(self._executor, run)

    @property
    def busy(self) -> bool:
        """Whether any function runs now."""
        return bool(self._running)

    def is_running(self, task: asyncio.Task[Any]) -> bool:
        """Whether a function runs in ``task`` now."""
        return task in self._running

    async def drain(self, limit_seconds: float) -> int:
        """Wait for the running invocations; cancel what still runs at the limit. Returns how many were."""
        try:
            await asyncio.wait_for(self._idle.wait(), limit_seconds)
        except TimeoutError:
            late = tuple(self._running)
            for task in late:
                task.cancel()
            return len(late)
        return 0

    def close(self) -> None:
        """Take no further call. A thread that still runs ends by itself: Python cannot stop it."""
        self._executor.shutdown(wait=False, cancel_futures=True)
