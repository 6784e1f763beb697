"""`mysql.geo_backup`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_one_of
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="mysql.geo_backup",
        title="MySQL backups are geo-redundant",
        finding_title="MySQL backups stay in one region",
        description=("Backups of a MySQL server are kept in its own region only: they are lost with it."),
        severity=Severity.LOW,
        risk_score=25,
        resource_type="MYSQL_SERVER",
        reads=("microsoft.dbformysql/flexibleservers",),
        references=(
            "https://learn.microsoft.com/rest/api/mysql/flexibleserver/servers/get",
            "https://learn.microsoft.com/azure/mysql/flexible-server/concepts-backup-restore",
        ),
        remediation_steps=("Turn on geo-redundant backup of the server",),
        auto_remediable=False,
    ),
    is_one_of("properties.backup.geoRedundantBackup", "Enabled", absent="Disabled"),
)
