"""`appservice.auth`.

`platform.enabled`: "true if the Authentication / Authorization feature is enabled for the current app;
otherwise, false" (Microsoft.Web 2025-05-01).
"""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_true
from shared.rules.packs.appservice._site_config import AUTH, SITE, configuration_rule

RULE = configuration_rule(
    RuleMetadata(
        rule_id="appservice.auth",
        title="Built-in authentication is on",
        finding_title="App without built-in authentication",
        description=(
            "App Service's own authentication is off: whether callers are signed in is left to the "
            "app's code. Suppress the finding where the app is meant to be anonymous or signs users "
            "in itself."
        ),
        severity=Severity.MEDIUM,
        risk_score=45,
        resource_type="APP_SERVICE",
        reads=(SITE, AUTH),
        references=(
            "https://learn.microsoft.com/rest/api/appservice/web-apps/get-auth-settings-v2-without-secrets",
            "https://learn.microsoft.com/azure/app-service/overview-authentication-authorization",
        ),
        remediation_steps=(
            "Add an identity provider in the Authentication settings of the app",
            "Require authentication, and choose what unauthenticated requests get",
        ),
        auto_remediable=False,
    ),
    is_true("properties.platform.enabled", absent=False),
    kind=AUTH,
)
