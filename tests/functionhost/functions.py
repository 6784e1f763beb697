"""Indexed functions built by hand."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from devhost.functionhost.indexing import IndexedFunction


def indexed(user_function: Callable[..., Any], kind: str, **trigger: Any) -> IndexedFunction:
    """A function with one parameter ``value`` and a trigger with the given attributes."""
    return IndexedFunction(
        name="F",
        kind=kind,
        trigger=SimpleNamespace(name="value", **trigger),
        parameter="value",
        user_function=user_function,
        is_async=inspect.iscoroutinefunction(user_function),
        wants_context=False,
        has_return=False,
        outputs=(),
        binding_names=("value",),
        has_retry_policy=False,
    )


class NoOutputs:
    """An OutputSender for functions without outputs."""

    async def send(self, output: Any, value: Any) -> None:
        raise AssertionError("no output expected")
