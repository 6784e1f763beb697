"""`network.appgw.min_tls`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import where
from shared.rules.packs.network._gateway_tls import has_tls_listener, refuses_old_tls
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="network.appgw.min_tls",
        title="Application Gateway refuses TLS below 1.2",
        finding_title="Application Gateway accepts TLS below 1.2",
        description=(
            "The TLS policy of an application gateway with HTTPS or TLS listeners lets clients use TLS "
            "1.0 or 1.1. Without a policy Azure's default depends on the API version that made the "
            "gateway, so it cannot be judged."
        ),
        severity=Severity.MEDIUM,
        risk_score=55,
        resource_type="APPLICATION_GATEWAY",
        reads=("microsoft.network/applicationgateways",),
        references=(
            "https://learn.microsoft.com/azure/application-gateway/application-gateway-ssl-policy-overview",
            "https://learn.microsoft.com/rest/api/application-gateway/application-gateways/get",
        ),
        remediation_steps=(
            "Set the TLS policy to AppGwSslPolicy20220101 or later, or to a custom one from TLSv1_2 on",
        ),
        auto_remediable=False,
    ),
    where(has_tls_listener, refuses_old_tls),
)
