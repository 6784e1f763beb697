"""Bodies of the health routes (contract X-09)."""

from __future__ import annotations

from typing import Literal

from shared.api.wire import ResponseBody


class Live(ResponseBody):
    """The process answers."""

    status: Literal["ok"] = "ok"


class ProbeResult(ResponseBody):
    """One dependency; `reason` says why it failed."""

    name: str
    status: Literal["ok", "failed"]
    reason: str | None


class Readiness(ResponseBody):
    """Whether requests can be served now."""

    status: Literal["ready", "unavailable"]
    checks: tuple[ProbeResult, ...]
