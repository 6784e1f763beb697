"""`appservice.min_tls`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_version_at_least
from shared.rules.packs.appservice._site_config import READS, configuration_rule

RULE = configuration_rule(
    RuleMetadata(
        rule_id="appservice.min_tls",
        title="App refuses TLS below 1.2",
        finding_title="App accepts TLS below 1.2",
        description="The app accepts TLS 1.0 or 1.1, which are deprecated and have known weaknesses.",
        severity=Severity.MEDIUM,
        risk_score=50,
        resource_type="APP_SERVICE",
        reads=READS,
        references=(
            "https://learn.microsoft.com/rest/api/appservice/web-apps/get-configuration",
            "https://learn.microsoft.com/azure/app-service/overview-tls",
        ),
        remediation_steps=(
            "Check that no client needs TLS 1.0 or 1.1",
            "Set the minimum inbound TLS version to 1.2 or 1.3",
        ),
        auto_remediable=True,
    ),
    is_version_at_least("properties.minTlsVersion", "1.2", absent=None),
)
