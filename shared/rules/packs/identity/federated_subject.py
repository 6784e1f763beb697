"""`identity.federated_subject`: whom an application trusts by workload identity federation."""

from __future__ import annotations

import re
from typing import Final

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleScope
from shared.rules.columns import ColumnError, text_at
from shared.rules.expectations import MET, Columns, Expectation, Verdict, unmet
from shared.rules.property_rule import PropertyRule

_FEDERATED: Final = "graph/federatedidentitycredentials"
_ISSUER: Final = "properties.issuer"
_SUBJECT: Final = "properties.subject"
_EXPRESSION: Final = "properties.claimsMatchingExpression.value"
_GITHUB: Final = "https://token.actions.githubusercontent.com"
_CONTEXT: Final = re.compile(r"repo:[^/:]+/[^/:]+:.+")
"""A repository, and what of it may sign in: a branch, tag, environment or reusable workflow."""
_MATCHES: Final = re.compile(r"\bmatches\s+'([^']*)'", re.IGNORECASE)


def _wide_subject(issuer: str, subject: str) -> str | None:
    if not issuer.lower().startswith(_GITHUB):
        return None
    if subject.lower().endswith(":pull_request"):
        return f"every pull request may sign in ({subject})"
    return None if _CONTEXT.fullmatch(subject) else f"the subject names no branch or environment ({subject})"


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


RULE = PropertyRule(
    RuleMetadata(
        rule_id="identity.federated_subject",
        title="Federated credentials trust one workload",
        finding_title="Federated credential trusts many workloads",
        description=(
            "An application accepts tokens of an external issuer for a pattern of subjects, for every pull "
            "request of a repository, or for a repository without branch or environment: more than one "
            "reviewed workload can sign in as it."
        ),
        severity=Severity.HIGH,
        risk_score=70,
        resource_type="FEDERATED_CREDENTIAL",
        reads=(_FEDERATED,),
        references=(
            "https://learn.microsoft.com/graph/api/resources/federatedidentitycredential",
            "https://learn.microsoft.com/entra/workload-id/workload-identities-flexible-federated-identity-credentials",
            "https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations",
        ),
        remediation_steps=(
            "Name one environment with required reviewers, or one protected branch, in the subject",
            "Use one credential for each workload instead of a pattern",
        ),
        auto_remediable=False,
        scope=RuleScope.DIRECTORY,
        credential=True,
    ),
    Expectation((_ISSUER, _SUBJECT, _EXPRESSION), _judge),
)
