"""Posting JSON to a service's incoming webhook."""

from __future__ import annotations

from typing import Any, Final

import orjson

from shared.ports.notifier import NotificationError
from shared.ports.outbound import NoAnswerError, Outbound, RefusedDestinationError

SECONDS: Final = 15.0
_AGAIN: Final = frozenset({408, 425, 429})


async def post_json(outbound: Outbound, url: str, document: dict[str, Any]) -> None:
    """Post, and take 2xx for success.

    Raises:
        NotificationError: anything else. The URL is a secret and not in the message.
    """
    headers = {"Content-Type": "application/json; charset=utf-8"}
    try:
        answer = await outbound.post(url, headers, orjson.dumps(document), SECONDS)
    except RefusedDestinationError as error:
        raise NotificationError(f"its address was refused: {error}", final=True) from error
    except NoAnswerError as error:
        raise NotificationError(str(error)) from error
    if not 200 <= answer.status < 300:
        final = 300 <= answer.status < 500 and answer.status not in _AGAIN
        raise NotificationError(f"it answered with HTTP status {answer.status}", final=final)
