"""`identity.app_password_credential`."""

from __future__ import annotations

from typing import Final

from shared.domain.severity import Severity
from shared.domain.timestamps import wire_time
from shared.rules.base import RuleMetadata, RuleResult, RuleScope
from shared.rules.columns import text_at
from shared.rules.entra_credentials import CREDENTIAL_PATHS, secrets
from shared.rules.property_rule import judged, resource_finding
from shared.rules.related_rule import RelatedRule
from shared.rules.resources import ResourceColumns, SubscriptionResources

_APPLICATIONS: Final = "graph/applications"
_NAME: Final = "properties.displayName"


def _judge(metadata: RuleMetadata, app: ResourceColumns, subject: SubscriptionResources) -> RuleResult:
    found = [one for one in secrets(app.columns) if one.ends > subject.as_of]
    if not found:
        return judged(metadata, app.id, ())
    count = f"{len(found)} client secret{'' if len(found) == 1 else 's'}"
    words = f"{text_at(app.columns, _NAME) or app.name} signs in with {count}"
    evidence = {
        "secrets": [
            {"key_id": one.key_id, "name": one.name, "expires_on": wire_time(one.ends)} for one in found[:20]
        ]
    }
    return judged(metadata, app.id, [resource_finding(metadata, app.id, words, evidence)])


RULE = RelatedRule(
    RuleMetadata(
        rule_id="identity.app_password_credential",
        title="Application uses no client secret",
        finding_title="Application uses a client secret",
        description=(
            "An application has a client secret in force: text that is copied into settings, pipelines and "
            "mails, and that proves the application's identity from anywhere."
        ),
        severity=Severity.MEDIUM,
        risk_score=50,
        resource_type="APPLICATION",
        reads=(_APPLICATIONS,),
        references=(
            "https://learn.microsoft.com/graph/api/resources/passwordcredential",
            "https://learn.microsoft.com/entra/identity-platform/how-to-add-credentials",
        ),
        remediation_steps=(
            "Use a managed identity, or federate the workload's own identity with the application",
            "Where neither is possible, use a certificate whose key stays in a vault",
            "Remove the secrets, and forbid new ones by an application management policy",
        ),
        auto_remediable=False,
        scope=RuleScope.DIRECTORY,
        credential=True,
    ),
    {_APPLICATIONS: (_NAME, *CREDENTIAL_PATHS)},
    _judge,
)
