"""`defender.servers.endpoint_protection`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.packs.defender._settings import ENABLED, SETTINGS, SETTINGS_REFERENCE
from shared.rules.related_rule import subscription_has

RULE = subscription_has(
    RuleMetadata(
        rule_id="defender.servers.endpoint_protection",
        title="Endpoint protection component is on",
        finding_title="Defender for Endpoint is not connected",
        description=(
            "The integration of Defender for Endpoint is off in the subscription: machines are not "
            "onboarded to it, and what it detects does not reach Defender for Cloud."
        ),
        severity=Severity.MEDIUM,
        risk_score=55,
        resource_type="SUBSCRIPTION",
        reads=(SETTINGS,),
        references=(
            SETTINGS_REFERENCE,
            "https://learn.microsoft.com/azure/defender-for-cloud/integration-defender-for-endpoint",
        ),
        remediation_steps=(
            "Turn on Defender for Servers",
            "Environment settings > the subscription > Settings & monitoring: turn on endpoint protection",
        ),
        auto_remediable=False,
    ),
    ENABLED,
    "is not connected to Defender for Endpoint (setting WDATP)",
    named="WDATP",
)
