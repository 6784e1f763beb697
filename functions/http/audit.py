"""The audit trail of a request that writes: its intent before anything is judged, its outcome after.

A write whose intent cannot be recorded is not done (503). An outcome that cannot be recorded goes to the log,
and its entry stays without one. Bodies are never recorded: they may hold secrets.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Final

from functions.http.errors import code_of
from functions.http.exchange import Reply
from shared.domain.audit import AuditIntent, AuditOutcome
from shared.ports.errors import PortError
from shared.ports.identity import AuditLog

MAX_PATH: Final = 500
_log = logging.getLogger(__name__)


async def audited(log: AuditLog, intent: AuditIntent, work: Callable[[], Awaitable[Reply]]) -> Reply:
    """Do the work between the two records.

    Raises:
        StorageUnavailableError: the intent was not recorded; the work was not begun.
    """
    await log.begin(intent)
    try:
        reply = await work()
    except Exception as error:
        code = code_of(error)
        await _end(log, intent, AuditOutcome(status=code.status, code=code.value))
        raise
    resource = reply.headers.get("Location")
    await _end(log, intent, AuditOutcome(status=reply.status, resource=resource))
    return reply


async def _end(log: AuditLog, intent: AuditIntent, outcome: AuditOutcome) -> None:
    try:
        await log.end(intent, outcome)
    except PortError as error:
        _log.error(
            "outcome not recorded: request %s %s of %s ended with %d (%s)",
            intent.request_id,
            intent.operation,
            intent.principal_id,
            outcome.status,
            error,
        )
