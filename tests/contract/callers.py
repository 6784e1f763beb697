"""What knows callers, in memory: keys, tokens of one tenant, quotas and the audit trail."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from shared.adapters.entra.verifier import EntraTokens
from shared.adapters.memory.clock import MemoryClock, MemoryTokenSource
from shared.adapters.memory.identity import MemoryApiKeyStore, MemoryAuditLog, MemoryQuotaStore
from shared.services.api_keys import ApiKeys
from shared.services.authentication import BearerAuthentication
from shared.services.configured_keys import ConfiguredKeys
from shared.services.failed_attempts import FailedAttempts
from shared.services.rate_limits import RateLimits
from shared.settings import Settings
from tests.fixtures import entra


async def _no_pause(_seconds: float) -> None:
    await asyncio.sleep(0)


@dataclass
class Callers:
    settings: Settings
    clock: MemoryClock
    quotas: MemoryQuotaStore = field(default_factory=MemoryQuotaStore)
    audit: MemoryAuditLog = field(default_factory=MemoryAuditLog)
    keys: MemoryApiKeyStore = field(default_factory=MemoryApiKeyStore)
    published: entra.PublishedKeys = field(default_factory=entra.PublishedKeys)

    def parts(self) -> dict[str, Any]:
        """Members of `Application`."""
        identity = self.settings.identity
        pepper = identity.pepper.get_secret_value()
        api_keys = ApiKeys(self.keys, pepper, self.clock, MemoryTokenSource(11))
        configured = ConfiguredKeys([(one.key.get_secret_value(), one.principal) for one in identity.keys])
        tokens = EntraTokens(entra.TRUST, self.published, self.clock)
        return {
            "authenticator": BearerAuthentication([configured, api_keys, tokens]),
            "failed_attempts": FailedAttempts(identity.failed_attempts, self.clock),
            "rate_limits": RateLimits(self.quotas, self.clock, sleep=_no_pause),
            "audit": self.audit,
            "api_keys": api_keys,
        }
