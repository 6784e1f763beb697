"""`ml.public_network_access`.

A workspace that does not say is not disabled: so does the built-in policy "Azure Machine
Learning Workspaces should disable public network access" judge it.
"""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_one_of
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="ml.public_network_access",
        title="ML workspace is private",
        finding_title="ML workspace has a public endpoint",
        description=(
            "The workspace, with its notebooks, models and the identities of its computes, can be "
            "reached over the internet."
        ),
        severity=Severity.HIGH,
        risk_score=70,
        resource_type="ML_WORKSPACE",
        reads=("microsoft.machinelearningservices/workspaces",),
        references=(
            "https://learn.microsoft.com/rest/api/azureml/workspaces/get",
            "https://learn.microsoft.com/azure/machine-learning/how-to-configure-private-link",
        ),
        remediation_steps=(
            "Give the users a private endpoint to the workspace",
            "Disable public network access",
        ),
        auto_remediable=False,
    ),
    is_one_of("properties.publicNetworkAccess", "Disabled", absent="Enabled"),
)
