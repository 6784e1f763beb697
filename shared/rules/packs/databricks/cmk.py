"""`databricks.cmk`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import all_of, any_of, is_one_of
from shared.rules.packs.databricks._workspaces import is_serverless
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="databricks.cmk",
        title="Workspace uses a customer key",
        finding_title="Workspace key is managed by Azure",
        description=(
            "Managed services (notebooks, secrets, results) or managed disks of a Databricks workspace are "
            "encrypted with a key that Azure manages: it can neither be revoked nor rotated by its owner."
        ),
        severity=Severity.LOW,
        risk_score=25,
        resource_type="DATABRICKS_WORKSPACE",
        reads=("microsoft.databricks/workspaces",),
        references=(
            "https://learn.microsoft.com/rest/api/databricks/workspaces/get",
            "https://learn.microsoft.com/azure/databricks/security/keys/customer-managed-keys",
        ),
        remediation_steps=(
            "Create keys in a Key Vault with soft delete and purge protection",
            "Set them for managed services and managed disks of the workspace (Premium)",
        ),
        auto_remediable=False,
    ),
    all_of(
        is_one_of(
            "properties.encryption.entities.managedServices.keySource", "Microsoft.Keyvault", absent="Default"
        ),
        any_of(
            is_serverless,
            is_one_of(
                "properties.encryption.entities.managedDisk.keySource", "Microsoft.Keyvault", absent="Default"
            ),
        ),
    ),
)
