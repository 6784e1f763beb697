"""Long-running operations of Resource Manager that answer a question.

Source: Microsoft Learn, "Track asynchronous Azure operations": 202 with `Azure-AsyncOperation`, which tells
the status, and else `Location`, which answers 202 until it has the result; `Retry-After` says when to ask
again. The result of a POST is at `Location` (azure-rest-api-specs: `final-state-via: location`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from shared.adapters.azure.errors import unparsable
from shared.adapters.azure.pipeline import Answer, ArmPipeline
from shared.adapters.azure.quota import Quota
from shared.ports.errors import InventoryError, no_result

_PAUSE: Final = 2.0
"""Seconds between two polls where Azure names none."""
_SHORTEST: Final = 0.05
"""Seconds between two polls at least, whatever Azure names."""
_ACCEPTED: Final = 202


async def result_of_post(
    pipeline: ArmPipeline, url: str, body: object, quota: Quota, what: str, within: float
) -> Mapping[str, Any]:
    """POST, wait for the end of the operation, and give its result.

    Args:
        within: seconds for all of it.

    Raises:
        InventoryError: see `AzureReads.arm_operation`.
    """
    try:
        async with asyncio.timeout(within):
            return await _followed(pipeline, await pipeline.post(url, body, quota, what), quota, what)
    except TimeoutError as error:
        raise no_result(what, within) from error


async def _followed(pipeline: ArmPipeline, answer: Answer, quota: Quota, what: str) -> Mapping[str, Any]:
    if answer.status == _ACCEPTED:
        status, location = answer.headers.get("Azure-AsyncOperation"), answer.headers.get("Location")
        if status is None and location is None:
            raise unparsable(what, "accepted, without a link to the operation", status=_ACCEPTED)
        properties: Any = None
        if status is not None:
            properties = await _ended(pipeline, answer, status, quota, what)
        if location is None:
            return _object(properties, what)
        while answer.status == _ACCEPTED:
            if status is None:
                await asyncio.sleep(_pause(answer))
            answer = await pipeline.get(location, quota, what)
            location, status = answer.headers.get("Location") or location, None
    return _object(answer.body, what)


async def _ended(pipeline: ArmPipeline, answer: Answer, url: str, quota: Quota, what: str) -> Any:
    """Wait until the status is a final one; the operation's `properties`, which are a result at times."""
    while True:
        await asyncio.sleep(_pause(answer))
        answer = await pipeline.get(url, quota, what)
        told = answer.body if isinstance(answer.body, dict) else {}
        status = told.get("status")
        if not isinstance(status, str):
            raise unparsable(what, "the operation tells no status")
        if status.lower() == "succeeded":
            return told.get("properties")
        if status.lower() in ("failed", "canceled"):
            named = told.get("error")
            error: dict[str, Any] = named if isinstance(named, dict) else {}
            code, message = str(error.get("code") or status), str(error.get("message") or "")[:300]
            raise InventoryError(f"{what}: operation {status.lower()}: {code}: {message}", code=code)


def _pause(answer: Answer) -> float:
    try:
        return max(float(answer.headers.get("Retry-After") or _PAUSE), _SHORTEST)
    except ValueError:  # a date: not worth reading for a question that takes seconds
        return _PAUSE


def _object(body: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(body, dict):
        raise unparsable(what, "the operation's result is not an object")
    return body
