"""`network.appgw.http2`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_true
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="network.appgw.http2",
        title="Application Gateway speaks HTTP/2",
        finding_title="Application Gateway does not speak HTTP/2",
        description=(
            "HTTP/2 is not enabled on an application gateway: clients fall back to HTTP/1.1 and its "
            "weaker framing."
        ),
        severity=Severity.LOW,
        risk_score=20,
        resource_type="APPLICATION_GATEWAY",
        reads=("microsoft.network/applicationgateways",),
        references=(
            "https://learn.microsoft.com/azure/application-gateway/configuration-listeners",
            "https://learn.microsoft.com/rest/api/application-gateway/application-gateways/get",
        ),
        remediation_steps=("Enable HTTP/2 on the gateway",),
        auto_remediable=False,
    ),
    is_true("properties.enableHttp2", absent=False),
)
