"""`postgresql.geo_backup`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_one_of
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="postgresql.geo_backup",
        title="PostgreSQL backups are geo-redundant",
        finding_title="PostgreSQL backups stay in one region",
        description=(
            "Backups of a PostgreSQL server are kept in its own region only: they are lost with it. It can "
            "be chosen only when a server is made."
        ),
        severity=Severity.LOW,
        risk_score=25,
        resource_type="POSTGRESQL_SERVER",
        reads=("microsoft.dbforpostgresql/flexibleservers",),
        references=(
            "https://learn.microsoft.com/rest/api/postgresql/servers/get",
            "https://learn.microsoft.com/azure/postgresql/flexible-server/concepts-backup-restore",
        ),
        remediation_steps=("Create a server with geo-redundant backup and move the databases to it",),
        auto_remediable=False,
    ),
    is_one_of("properties.backup.geoRedundantBackup", "Enabled", absent="Disabled"),
)
