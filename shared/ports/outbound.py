"""Calls to addresses that callers of the API chose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from shared.ports.errors import PortError


class RefusedDestinationError(PortError):
    """The address is not one that the product may call. The message is fit for callers."""


class NoAnswerError(PortError):
    """Nobody answered in time, or not in HTTP. The message is fit for callers."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; header names in lower case, the body cut at the adapter's limit."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Outbound(Protocol):
    """Posts to public addresses only, at the very address that was checked, and follows nothing."""

    def check_url(self, url: str) -> None:
        """Refuse what cannot be a destination, by its text alone.

        Raises:
            RefusedDestinationError: scheme, host or form.
        """
        ...

    async def post(self, url: str, headers: Mapping[str, str], body: bytes, seconds: float) -> Answer:
        """Send one request; any status is an answer, redirects too.

        Raises:
            RefusedDestinationError: the URL, or an address its host resolves to, may not be called.
            NoAnswerError: no connection, no answer within `seconds`, or none in HTTP.
        """
        ...
