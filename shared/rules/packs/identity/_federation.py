"""Whom a federated identity credential trusts: the issuer and subject of tokens that sign in as its owner.

A `subject` matches as it stands; `claimsMatchingExpression` may have patterns. GitHub's subjects are made of
parts `<claim>:<value>` that an organisation may choose:
https://docs.github.com/actions/reference/security/oidc
"""

from __future__ import annotations

import re
from typing import Final

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleScope
from shared.rules.columns import ColumnError, text_at
from shared.rules.expectations import MET, Columns, Expectation, Verdict, unmet

CREDENTIAL_NAME: Final = "properties.name"
"""What people call a credential; its id is a GUID."""
_ISSUER: Final = "properties.issuer"
_SUBJECT: Final = "properties.subject"
_EXPRESSION: Final = "properties.claimsMatchingExpression.value"
_GITHUB: Final = "https://token.actions.githubusercontent.com"
_NARROW: Final = re.compile(r"(^|:)(ref|environment|job_workflow_ref|workflow_ref):.", re.IGNORECASE)
"""A claim that names a branch or tag, an environment, or a workflow."""
_MATCHES: Final = re.compile(r"\bmatches\s+'([^']*)'", re.IGNORECASE)


def _wide_subject(issuer: str, subject: str) -> str | None:
    if not issuer.lower().startswith(_GITHUB):
        return None
    if "pull_request" in subject.lower().split(":"):
        return f"every pull request may sign in ({subject})"
    if _NARROW.search(subject) is None:
        return f"the subject names no branch, environment or workflow ({subject})"
    return None


def _judge(columns: Columns) -> Verdict:
    issuer, subject = text_at(columns, _ISSUER), text_at(columns, _SUBJECT)
    expression = text_at(columns, _EXPRESSION)
    if issuer is None or (subject is None and expression is None):
        raise ColumnError(f"{_ISSUER if issuer is None else _SUBJECT}: missing")
    for pattern in _MATCHES.findall(expression or ""):
        if "*" in pattern or "?" in pattern:
            return unmet(f"every subject like {pattern} may sign in")
    reason = _wide_subject(issuer, subject) if subject is not None else None
    return unmet(reason) if reason is not None else MET


ONE_WORKLOAD: Final = Expectation((_ISSUER, _SUBJECT, _EXPRESSION), _judge)
"""The credential trusts one reviewed workload."""


def federation_metadata(
    rule_id: str, owner: str, *, reads: tuple[str, ...], page: str, scope: RuleScope
) -> RuleMetadata:
    """The metadata of a rule over the federated credentials of `owner`, such as `application`."""
    owners = f"{owner.removesuffix('y')}ies" if owner.endswith("y") else f"{owner}s"
    return RuleMetadata(
        rule_id=rule_id,
        title=f"Federated credentials of {owners} trust one workload",
        finding_title=f"Federated credential of {owner} trusts many workloads",
        description=(
            f"Tokens of an external issuer sign in as the {owner} for a pattern of subjects, for every pull "
            "request of a repository, or without naming a branch, environment or workflow: more than one "
            "reviewed workload is trusted."
        ),
        severity=Severity.HIGH,
        risk_score=70,
        resource_type="FEDERATED_CREDENTIAL",
        reads=reads,
        references=(
            page,
            "https://learn.microsoft.com/entra/workload-id/workload-identities-flexible-federated-identity-credentials",
            "https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations",
        ),
        remediation_steps=(
            "Name one environment with required reviewers, or one protected branch, in the subject",
            "Use one credential for each workload instead of a pattern",
        ),
        auto_remediable=False,
        scope=scope,
        credential=True,
    )
