"""`defender.mcas`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.packs.defender._settings import ENABLED, SETTINGS, SETTINGS_REFERENCE
from shared.rules.related_rule import subscription_has

RULE = subscription_has(
    RuleMetadata(
        rule_id="defender.mcas",
        title="Defender for Cloud Apps is connected",
        finding_title="Defender for Cloud Apps is not connected",
        description=(
            "The integration of Defender for Cloud Apps is off in the subscription: unusual behaviour of "
            "identities in Azure management is not put together with what it knows of their other apps."
        ),
        severity=Severity.LOW,
        risk_score=25,
        resource_type="SUBSCRIPTION",
        reads=(SETTINGS,),
        references=(
            SETTINGS_REFERENCE,
            "https://learn.microsoft.com/azure/defender-for-cloud/other-threat-protections",
        ),
        remediation_steps=(
            "Environment settings > the subscription > Integrations: allow Defender for Cloud Apps access",
        ),
        auto_remediable=False,
    ),
    ENABLED,
    "is not connected to Defender for Cloud Apps (setting MCAS)",
    named="MCAS",
)
