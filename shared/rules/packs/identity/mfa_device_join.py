"""`identity.mfa_device_join`."""

from __future__ import annotations

from typing import Final

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleResult, RuleStatus
from shared.rules.columns import ColumnError, text_at
from shared.rules.packs.identity._conditional_access import (
    POLICIES,
    all_users,
    policy,
    requires_mfa,
    unconditional,
    user_action,
)
from shared.rules.packs.identity._tenant import tenant_metadata
from shared.rules.property_rule import judged, resource_finding
from shared.rules.related_rule import SubscriptionRule
from shared.rules.resources import SubscriptionResources

_REGISTRATION: Final = "graph/deviceregistrationpolicy"
_MFA: Final = "properties.multiFactorAuthConfiguration"
_BY_POLICY: Final = policy(
    all_users, user_action("urn:user:registerdevice"), unconditional("locations"), requires_mfa
)
"""The way that Microsoft recommends instead of the setting; it may leave trusted locations out."""


def _judge(metadata: RuleMetadata, subject: SubscriptionResources) -> RuleResult:
    settings = subject.of(_REGISTRATION)
    if not settings:
        raise ColumnError(subject.doubt(_REGISTRATION) or f"{_REGISTRATION} was not read")
    # Graph documents notRequired as the default.
    if (text_at(settings[0].columns, _MFA) or "notRequired").lower() == "required":
        return judged(metadata, subject.id, ())
    doubt = subject.doubt(POLICIES)
    for one in subject.of(POLICIES):
        try:
            if _BY_POLICY.judge(one.columns).status is RuleStatus.PASS:
                return judged(metadata, subject.id, ())
        except ColumnError as error:
            doubt = doubt or f"{one.name}: {error}"
    if doubt is not None:
        return judged(metadata, subject.id, (), doubt)
    words = "Devices are registered and joined without MFA, by the setting and by every policy"
    evidence = {"properties": {_MFA: text_at(settings[0].columns, _MFA)}}
    return judged(metadata, subject.id, [resource_finding(metadata, subject.id, words, evidence)])


RULE = SubscriptionRule(
    tenant_metadata(
        "identity.mfa_device_join",
        ("Joining a device needs MFA", "Joining a device needs no MFA"),
        (
            "Neither the device settings nor Conditional Access require multifactor authentication for "
            "registering or joining a device: a stolen password is enough to make a trusted one."
        ),
        Severity.MEDIUM,
        50,
        reads=(_REGISTRATION, POLICIES),
        references=(
            "https://learn.microsoft.com/graph/api/resources/deviceregistrationpolicy",
            "https://learn.microsoft.com/entra/identity/conditional-access/policy-all-users-device-registration",
        ),
        steps=(
            "Create a Conditional Access policy for the user action Register or join devices that requires "
            "multifactor authentication",
            "Without Microsoft Entra ID P1: require it under Devices > Device settings",
        ),
    ),
    {_REGISTRATION: (_MFA,), POLICIES: _BY_POLICY.paths},
    _judge,
)
