"""W3C trace context (https://www.w3.org/TR/trace-context/): whose trace a request belongs to.

A valid `traceparent` is taken over with a span id of ours, logged, and readable as `current` by whatever the
request goes on to call; anything else starts a trace of its own.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

_FORM: Final = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Trace:
    """One request's place in a trace; `parent` is the caller's span, None where the trace begins here."""

    trace_id: str
    span_id: str
    parent: str | None
    flags: str

    @property
    def traceparent(self) -> str:
        """The header for calls that this request makes."""
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"


current: ContextVar[Trace | None] = ContextVar("trace", default=None)


def begin(headers: Mapping[str, str]) -> Trace:
    """The trace of a request, which becomes `current`."""
    span = secrets.token_hex(8)
    match = _FORM.fullmatch((headers.get("traceparent") or "").strip())
    if match is None or not _valid(match):
        trace = Trace(secrets.token_hex(16), span, None, "00")
    else:
        trace = Trace(match[2], span, match[3], f"{int(match[4], 16) & 1:02x}")
    current.set(trace)
    return trace


def _valid(match: re.Match[str]) -> bool:
    version, trace_id, parent, _, rest = match.groups()
    known_form = rest is None or version != "00"
    return version != "ff" and known_form and set(trace_id) != {"0"} and set(parent) != {"0"}
