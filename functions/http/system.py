"""Operations: X-09 (health, OpenAPI document, security.txt)."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import Final

from functions.http.exchange import RETRY_AFTER, TEXT, Call, Reply
from shared.api.health import Live, ProbeResult, Readiness
from shared.api.query import NoQuery
from shared.api.wire import EmptyBody
from shared.domain.timestamps import wire_time
from shared.ports.health import HealthProbe
from shared.services.application import Application

PROBE_SECONDS: Final = 5
"""How long readiness waits for one dependency."""

CONTACT_VALID: Final = timedelta(days=180)
"""RFC 9116, 2.5.5: `Expires` should lie less than a year ahead."""

_log = logging.getLogger(__name__)


async def live(call: Call[EmptyBody, NoQuery], app: Application) -> Reply:
    """Whether the process answers."""
    return Reply(200, Live())


async def ready(call: Call[EmptyBody, NoQuery], app: Application) -> Reply:
    """Whether everything the service depends on answers."""
    checks = tuple(await asyncio.gather(*(_asked(probe) for probe in app.probes)))
    if all(check.status == "ok" for check in checks):
        return Reply(200, Readiness(status="ready", checks=checks))
    return Reply(503, Readiness(status="unavailable", checks=checks), {RETRY_AFTER: "5"})


async def _asked(probe: HealthProbe) -> ProbeResult:
    try:
        reason = await asyncio.wait_for(probe.check(), PROBE_SECONDS)
    except TimeoutError:
        reason = f"no answer within {PROBE_SECONDS} s"
    except Exception:  # a broken probe is an unready service, not a broken endpoint
        _log.exception("health probe %s failed", probe.name)
        reason = "the check itself failed"
    return ProbeResult(name=probe.name, status="ok" if reason is None else "failed", reason=reason)


async def security_txt(call: Call[EmptyBody, NoQuery], app: Application) -> Reply:
    """Where to report weaknesses (RFC 9116)."""
    api = app.settings.api
    lines = (
        f"Contact: {api.security_contact}",
        f"Expires: {wire_time(app.clock.now() + CONTACT_VALID)}",
        "Preferred-Languages: en",
        f"Canonical: {api.public_url}{call.path}",
    )
    return Reply(200, ("\r\n".join(lines) + "\r\n").encode(), media_type=TEXT)
