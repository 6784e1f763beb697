"""Whether people can do multifactor authentication: the report on what they registered.

`GET /v1.0/reports/authenticationMethods/userRegistrationDetails`; `isMfaCapable`: registered a strong
method that the policy on authentication methods allows.
"""

from __future__ import annotations

from typing import Final

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleScope
from shared.rules.expectations import flag_is, is_one_of, where

REGISTRATIONS: Final = "graph/userregistrationdetails"
PRINCIPAL_NAME: Final = "properties.userPrincipalName"
"""What people know a user by."""
CAPABLE_MEMBER: Final = where(
    is_one_of("properties.userType", "member", absent=None), flag_is("properties.isMfaCapable", True)
)
"""Guests register in their own directory and are left out."""


def registration_metadata(
    rule_id: str, titles: tuple[str, str], description: str, severity: Severity, risk_score: int
) -> RuleMetadata:
    """The metadata of a rule over what each user registered."""
    return RuleMetadata(
        rule_id=rule_id,
        title=titles[0],
        finding_title=titles[1],
        description=description,
        severity=severity,
        risk_score=risk_score,
        resource_type="USER",
        reads=(REGISTRATIONS,),
        references=(
            "https://learn.microsoft.com/graph/api/resources/userregistrationdetails",
            "https://learn.microsoft.com/entra/identity/authentication/howto-authentication-methods-activity",
        ),
        remediation_steps=(
            "Let the user register a strong method, with a Temporary Access Pass where there is none",
            "Turn on the registration campaign, and the registration policy of ID Protection where licensed",
        ),
        auto_remediable=False,
        scope=RuleScope.DIRECTORY,
    )
