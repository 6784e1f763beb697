"""`appservice.client_certificates`.

`clientCertEnabled` is false by default, and the mode only counts when it is true (Microsoft.Web 2025-05-01).
"""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import in_turn, is_one_of, is_true
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="appservice.client_certificates",
        title="Client certificates are required",
        finding_title="App does not require client certificates",
        description=(
            "Callers need not present a certificate of their own: the app does not authenticate them "
            "by TLS. Apps for browsers rarely do; suppress the finding where that is meant."
        ),
        severity=Severity.LOW,
        risk_score=25,
        resource_type="APP_SERVICE",
        reads=("microsoft.web/sites",),
        references=(
            "https://learn.microsoft.com/rest/api/appservice/web-apps/get",
            "https://learn.microsoft.com/azure/app-service/app-service-web-configure-tls-mutual-auth",
        ),
        remediation_steps=(
            "Make sure that every client has a certificate",
            "Set the client certificate mode of the app to Require",
        ),
        auto_remediable=False,
    ),
    in_turn(
        is_true("properties.clientCertEnabled", absent=False),
        is_one_of("properties.clientCertMode", "Required", absent=None),
    ),
)
