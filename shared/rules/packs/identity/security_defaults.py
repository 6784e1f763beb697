"""`identity.security_defaults`."""

from __future__ import annotations

from typing import Final

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleResult, RuleStatus
from shared.rules.columns import ColumnError, value_at
from shared.rules.packs.identity._conditional_access import (
    POLICIES,
    POLICIES_REFERENCE,
    all_users,
    applications,
    policy,
    requires_mfa,
    unconditional,
)
from shared.rules.packs.identity._tenant import tenant_metadata
from shared.rules.property_rule import judged, resource_finding
from shared.rules.related_rule import SubscriptionRule
from shared.rules.resources import SubscriptionResources

_DEFAULTS: Final = "graph/identitysecuritydefaultsenforcementpolicy"
_ENABLED: Final = "properties.isEnabled"
_EQUIVALENT: Final = policy(all_users, applications(), unconditional(), requires_mfa)


def _judge(metadata: RuleMetadata, subject: SubscriptionResources) -> RuleResult:
    defaults = subject.of(_DEFAULTS)
    if not defaults:
        raise ColumnError(subject.doubt(_DEFAULTS) or f"{_DEFAULTS} was not read")
    enabled = value_at(defaults[0].columns, _ENABLED)
    if not isinstance(enabled, bool):
        raise ColumnError(f"{_ENABLED}: {'missing' if enabled is None else 'neither true nor false'}")
    if enabled:
        return judged(metadata, subject.id, ())
    doubt = subject.doubt(POLICIES)
    for one in subject.of(POLICIES):
        try:
            if _EQUIVALENT.judge(one.columns).status is RuleStatus.PASS:
                return judged(metadata, subject.id, ())
        except ColumnError as error:
            doubt = doubt or f"{one.name}: {error}"
    if doubt is not None:
        return judged(metadata, subject.id, (), doubt)
    words = "Security defaults are off, and no Conditional Access policy requires MFA of all users instead"
    evidence = {"security_defaults": False, "policies": len(subject.of(POLICIES))}
    return judged(metadata, subject.id, [resource_finding(metadata, subject.id, words, evidence)])


RULE = SubscriptionRule(
    tenant_metadata(
        "identity.security_defaults",
        (
            "Security defaults or Conditional Access in force",
            "Neither security defaults nor Conditional Access in force",
        ),
        (
            "Security defaults are off, and no Conditional Access policy requires multifactor "
            "authentication of all users in their place: a password alone is enough to sign in."
        ),
        Severity.HIGH,
        80,
        reads=(_DEFAULTS, POLICIES),
        references=(
            "https://learn.microsoft.com/graph/api/resources/identitysecuritydefaultsenforcementpolicy",
            POLICIES_REFERENCE,
            "https://learn.microsoft.com/entra/fundamentals/security-defaults",
        ),
        steps=(
            "With Microsoft Entra ID P1 or P2: require multifactor authentication by Conditional Access",
            "Without: Entra admin center > Overview > Properties: turn on security defaults",
        ),
    ),
    {_DEFAULTS: (_ENABLED,), POLICIES: _EQUIVALENT.paths},
    _judge,
)
