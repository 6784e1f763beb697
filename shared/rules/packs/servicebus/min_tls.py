"""`servicebus.min_tls`.

Without the property it depends on the API version that made the namespace: 1.0 before
2022-01-01-preview, 1.2 since.
"""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_version_at_least
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="servicebus.min_tls",
        title="Service Bus refuses TLS below 1.2",
        finding_title="Service Bus accepts TLS below 1.2",
        description=(
            "The namespace lets clients connect with TLS 1.0 or 1.1, which are deprecated and have "
            "known weaknesses."
        ),
        severity=Severity.MEDIUM,
        risk_score=45,
        resource_type="SERVICE_BUS_NAMESPACE",
        reads=("microsoft.servicebus/namespaces",),
        references=(
            "https://learn.microsoft.com/rest/api/servicebus/controlplane-stable/namespaces/get",
            "https://learn.microsoft.com/azure/service-bus-messaging/transport-layer-security-configure-minimum-version",
        ),
        remediation_steps=(
            "Check that no client needs TLS 1.0 or 1.1",
            "Set the minimum TLS version of the namespace to 1.2 or later",
        ),
        auto_remediable=False,
    ),
    is_version_at_least("properties.minimumTlsVersion", "1.2", absent=None),
)
