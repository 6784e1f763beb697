"""`appservice.https_only`.

Off unless turned on: `httpsOnly` of a site that does not say is false.
"""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_true
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="appservice.https_only",
        title="HTTP is redirected to HTTPS",
        finding_title="App answers over plain HTTP",
        description=(
            "The app answers requests over plain HTTP instead of redirecting them to HTTPS, so that "
            "what is sent, session cookies and passwords included, can be read and changed on the "
            "way."
        ),
        severity=Severity.HIGH,
        risk_score=75,
        resource_type="APP_SERVICE",
        reads=("microsoft.web/sites",),
        references=(
            "https://learn.microsoft.com/rest/api/appservice/web-apps/get",
            "https://learn.microsoft.com/azure/app-service/configure-ssl-bindings#enforce-https",
        ),
        remediation_steps=(
            "Check that no client depends on plain HTTP",
            "Set HTTPS Only to On in the TLS/SSL settings of the app",
        ),
        auto_remediable=True,
    ),
    is_true("properties.httpsOnly", absent=False),
)
