"""`sql.tde_cmk`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.child_rule import some_child
from shared.rules.expectations import is_one_of

RULE = some_child(
    RuleMetadata(
        rule_id="sql.tde_cmk",
        title="TDE uses a customer key",
        finding_title="SQL encryption key is managed by Azure",
        description=(
            "The protector of transparent data encryption of a SQL server is a key that Azure manages: it "
            "can neither be revoked nor rotated by its owner. Whether each database is encrypted is another "
            "rule."
        ),
        severity=Severity.LOW,
        risk_score=25,
        resource_type="SQL_SERVER",
        reads=("microsoft.sql/servers", "microsoft.sql/servers/encryptionprotector"),
        references=(
            "https://learn.microsoft.com/rest/api/sql/encryption-protectors/list-by-server",
            "https://learn.microsoft.com/azure/azure-sql/database/transparent-data-encryption-byok-overview",
        ),
        remediation_steps=(
            "Create a key in a Key Vault with soft delete and purge protection",
            "Set it as the TDE protector of the server",
        ),
        auto_remediable=False,
    ),
    is_one_of("properties.serverKeyType", "AzureKeyVault", absent=None),
    "encrypts its databases with a key that Azure manages",
    named="current",
)
