"""`logicapp.secret_in_definition`."""

from __future__ import annotations

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleResult
from shared.rules.columns import Fact, read_fact
from shared.rules.packs.logicapp._workflow_secrets import secrets_in
from shared.rules.property_rule import judged, resource_finding
from shared.rules.related_rule import RelatedRule
from shared.rules.resources import ResourceColumns, SubscriptionResources

_WORKFLOW = "microsoft.logic/workflows"
_SECRETS = Fact("secrets_in_definition", _WORKFLOW, secrets_in)


def _judge(metadata: RuleMetadata, workflow: ResourceColumns, _: SubscriptionResources) -> RuleResult:
    found = read_fact(workflow.columns, _SECRETS.name)
    if not found:
        return judged(metadata, workflow.id, ())
    words = f"{workflow.name} holds what looks like a secret at {', '.join(found[:3])}"
    if len(found) > 3:
        words += f" and {len(found) - 3} more places"
    evidence = {"places": found[:20], "places_total": len(found)}
    return judged(metadata, workflow.id, [resource_finding(metadata, workflow.id, words, evidence)])


RULE = RelatedRule(
    RuleMetadata(
        rule_id="logicapp.secret_in_definition",
        title="No secret in workflow definition",
        finding_title="Workflow definition holds a secret",
        description=(
            "A secret stands in the definition of the workflow or in a parameter that is not secure: "
            "everyone who can read the workflow or its run history sees it. The value is not kept."
        ),
        severity=Severity.HIGH,
        risk_score=72,
        resource_type="LOGIC_APP",
        reads=(_WORKFLOW,),
        references=(
            "https://learn.microsoft.com/rest/api/logic/workflows/get",
            "https://learn.microsoft.com/azure/logic-apps/logic-apps-securing-a-logic-app#secure-parameters-in-workflow-definitions",
        ),
        remediation_steps=(
            "Make the parameter a securestring or secureobject, or use a managed identity",
            "Take its value from Key Vault when deploying",
            "Rotate it: it was readable",
        ),
        auto_remediable=False,
        credential=True,
    ),
    {_WORKFLOW: ()},
    _judge,
    facts=(_SECRETS,),
)
