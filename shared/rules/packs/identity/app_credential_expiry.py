"""`identity.app_credential_expiry`."""

from __future__ import annotations

from typing import Final

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleResult, RuleScope
from shared.rules.columns import text_at
from shared.rules.entra_credentials import CREDENTIAL_PATHS, Life, credentials, evidence_of, in_words, life
from shared.rules.property_rule import judged, resource_finding
from shared.rules.related_rule import RelatedRule
from shared.rules.resources import ResourceColumns, SubscriptionResources

_APPLICATIONS: Final = "graph/applications"
_NAME: Final = "properties.displayName"


def _judge(metadata: RuleMetadata, app: ResourceColumns, subject: SubscriptionResources) -> RuleResult:
    findings = []
    for credential in credentials(app.columns):
        state = life(credential, subject)
        if state is Life.CURRENT:
            continue
        words = f"{text_at(app.columns, _NAME) or app.name}: {in_words(credential, state, subject.as_of)}"
        evidence = evidence_of(credential, state) | {"state": state.value}
        findings.append(
            resource_finding(metadata, app.id, words, evidence, discriminator=credential.key_id.lower())
        )
    return judged(metadata, app.id, findings)


RULE = RelatedRule(
    RuleMetadata(
        rule_id="identity.app_credential_expiry",
        title="Application credentials are current",
        finding_title="Application credential is expired, expiring or too long-lived",
        description=(
            "A secret or certificate of an application expired, ends soon, so that what signs in with it "
            "fails, or stays valid for over 180 days, as long as it serves whoever copied it."
        ),
        severity=Severity.HIGH,
        risk_score=70,
        resource_type="APPLICATION",
        reads=(_APPLICATIONS,),
        references=(
            "https://learn.microsoft.com/graph/api/resources/application",
            "https://learn.microsoft.com/graph/api/resources/passwordcredential",
            "https://learn.microsoft.com/entra/identity-platform/how-to-add-credentials",
        ),
        remediation_steps=(
            "Replace the credential with a managed identity or workload identity federation where possible",
            "Otherwise add a new one that ends within 180 days, deploy it, and remove the old one",
            "Remove expired credentials",
        ),
        auto_remediable=False,
        scope=RuleScope.DIRECTORY,
        credential=True,
    ),
    {_APPLICATIONS: (_NAME, *CREDENTIAL_PATHS)},
    _judge,
)
