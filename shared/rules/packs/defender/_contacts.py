"""Who is told of alerts: `Microsoft.Security/securityContacts` of a subscription.

`GET /subscriptions/{id}/providers/Microsoft.Security/securityContacts` (API version 2023-12-01-preview).
Earlier versions had no `isEnabled`: a contact without it is in force.
"""

from __future__ import annotations

from typing import Final

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import Expectation, all_of, is_one_of, is_true, some_entry, where
from shared.rules.related_rule import SubscriptionRule, subscription_has

CONTACTS: Final = "microsoft.security/securitycontacts"

IN_FORCE: Final = is_true("properties.isEnabled", absent=True)
"""The contact is not switched off."""


def told_of(source: str, member: str, *levels: str) -> Expectation:
    """The contact is told of a source (`Alert`, `AttackPath`) whose `member` is one of `levels`."""
    of_source = where(is_one_of("sourceType", source, absent=None), is_one_of(member, *levels, absent="none"))
    return all_of(IN_FORCE, some_entry("properties.notificationsSources", of_source))


def contact_rule(
    rule_id: str,
    expected: Expectation,
    lacking: str,
    *,
    titles: tuple[str, str],
    description: str,
    severity: Severity,
    risk_score: int,
    step: str,
) -> SubscriptionRule:
    """A contact of the subscription meets `expected`, else "The subscription <lacking>".

    Args:
        titles: of the check and of the finding.
        step: what to do under the email notifications of the subscription.
    """
    return subscription_has(
        RuleMetadata(
            rule_id=rule_id,
            title=titles[0],
            finding_title=titles[1],
            description=description,
            severity=severity,
            risk_score=risk_score,
            resource_type="SUBSCRIPTION",
            reads=(CONTACTS,),
            references=(
                "https://learn.microsoft.com/rest/api/defenderforcloud/security-contacts/list",
                "https://learn.microsoft.com/azure/defender-for-cloud/configure-email-notifications",
            ),
            remediation_steps=(f"Environment settings > the subscription > Email notifications: {step}",),
            auto_remediable=False,
        ),
        expected,
        lacking,
    )
