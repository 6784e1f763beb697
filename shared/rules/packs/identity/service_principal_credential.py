"""`identity.service_principal_credential`: credentials that stand on a service principal itself."""

from __future__ import annotations

from typing import Final

from shared.domain.severity import Severity
from shared.domain.timestamps import wire_time
from shared.rules.base import RuleMetadata, RuleResult, RuleScope, RuleStatus
from shared.rules.columns import text_at
from shared.rules.entra_credentials import CREDENTIAL_PATHS, credentials
from shared.rules.property_rule import judged, resource_finding
from shared.rules.related_rule import RelatedRule
from shared.rules.resources import ResourceColumns, SubscriptionResources

_PRINCIPALS: Final = "graph/serviceprincipals"
_NAME: Final = "properties.displayName"
_TYPE: Final = "properties.servicePrincipalType"
_SIGN_ON: Final = "properties.preferredSingleSignOnMode"
_OWNED: Final = "application"


def _judge(metadata: RuleMetadata, principal: ResourceColumns, subject: SubscriptionResources) -> RuleResult:
    kind = (text_at(principal.columns, _TYPE) or _OWNED).lower()
    # Managed identities get their keys from Azure; SAML applications sign tokens with a certificate and its
    # password, which stand on the service principal by design.
    if kind != _OWNED or (text_at(principal.columns, _SIGN_ON) or "").lower() == "saml":
        return RuleResult(metadata.rule_id, principal.id, RuleStatus.NOT_APPLICABLE)
    name = text_at(principal.columns, _NAME) or principal.name
    listed = credentials(principal.columns)
    if any((one.usage or "").lower() == "sign" for one in listed):
        return RuleResult(metadata.rule_id, principal.id, RuleStatus.NOT_APPLICABLE)
    findings = [
        resource_finding(
            metadata,
            principal.id,
            f"Service principal {name} has {one.label} of its own, apart from its application",
            {"kind": one.kind.value, "key_id": one.key_id, "expires_on": wire_time(one.ends)},
            discriminator=one.key_id.lower(),
        )
        for one in listed
        if one.ends > subject.as_of
    ]
    return judged(metadata, principal.id, findings)


RULE = RelatedRule(
    RuleMetadata(
        rule_id="identity.service_principal_credential",
        title="Service principals have no credentials of their own",
        finding_title="Service principal has a credential of its own",
        description=(
            "A secret or certificate in force was added to a service principal instead of its application: "
            "the app registration does not show it, which is how intruders keep access."
        ),
        severity=Severity.HIGH,
        risk_score=72,
        resource_type="SERVICE_PRINCIPAL",
        reads=(_PRINCIPALS,),
        references=(
            "https://learn.microsoft.com/graph/api/resources/serviceprincipal",
            "https://learn.microsoft.com/graph/api/serviceprincipal-addpassword",
            "https://learn.microsoft.com/entra/architecture/security-operations-applications",
        ),
        remediation_steps=(
            "Find out who added the credential, and what signed in with it",
            "Remove it; add what is needed to the application, or use federation",
            "Turn on the app instance property lock of multitenant applications",
        ),
        auto_remediable=False,
        scope=RuleScope.DIRECTORY,
        credential=True,
    ),
    {_PRINCIPALS: (_NAME, _TYPE, _SIGN_ON, *CREDENTIAL_PATHS)},
    _judge,
)
