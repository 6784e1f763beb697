"""`postgresql.entra_auth`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.packs.postgresql._entra import accepts_entra

RULE = accepts_entra(
    RuleMetadata(
        rule_id="postgresql.entra_auth",
        title="PostgreSQL accepts Entra logins",
        finding_title="PostgreSQL does not accept Entra logins",
        description=(
            "Nobody can log in to a PostgreSQL server with an identity of the directory: Microsoft Entra "
            "authentication is off, or no Entra administrator is set, who alone can admit others. Passwords "
            "of the database are all there is."
        ),
        severity=Severity.MEDIUM,
        risk_score=50,
        resource_type="POSTGRESQL_SERVER",
        reads=(
            "microsoft.dbforpostgresql/flexibleservers",
            "microsoft.dbforpostgresql/flexibleservers/administrators",
        ),
        references=(
            "https://learn.microsoft.com/rest/api/postgresql/servers/get",
            "https://learn.microsoft.com/rest/api/postgresql/administrators-microsoft-entra/list-by-server",
            "https://learn.microsoft.com/azure/postgresql/flexible-server/concepts-azure-ad-authentication",
        ),
        remediation_steps=(
            "Turn on Microsoft Entra authentication of the server",
            "Set a Microsoft Entra group as administrator",
        ),
        auto_remediable=False,
        credential=True,
    )
)
