"""`sql.tde_on`.

`state` of newer API versions, `status` of 2014-04-01; built-in policy 17k78e20-9358-41c9-923c-fb736d382a12
reads both, and leaves `master` out, which is no database of the owner.
"""

from __future__ import annotations

from typing import Final

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleResult, RuleStatus
from shared.rules.columns import ColumnError, text_at
from shared.rules.property_rule import judged, resource_finding
from shared.rules.related_rule import RelatedRule
from shared.rules.resources import ResourceColumns, SubscriptionResources

_DATABASES: Final = "microsoft.sql/servers/databases"
_ENCRYPTION: Final = "microsoft.sql/servers/databases/transparentdataencryption"
_SYSTEM: Final = "master"


def _judge(metadata: RuleMetadata, database: ResourceColumns, resources: SubscriptionResources) -> RuleResult:
    if database.name.lower() == _SYSTEM:
        return RuleResult(metadata.rule_id, database.id, RuleStatus.NOT_APPLICABLE)
    states = [_state(one) for one in resources.children(_ENCRYPTION, database.id)]
    if "enabled" in states:
        return judged(metadata, database.id, ())
    if not states:
        raise ColumnError(f"{_ENCRYPTION} of {database.name}: missing")
    server = database.id.rsplit("/", 3)[1]
    words = f"Database {database.name} of {server} is not encrypted"
    return judged(
        metadata, database.id, [resource_finding(metadata, database.id, words, {"state": states[0]})]
    )


def _state(setting: ResourceColumns) -> str:
    state = text_at(setting.columns, "properties.state") or text_at(setting.columns, "properties.status")
    if state is None:
        raise ColumnError("properties.state: missing")
    return state.lower()


RULE = RelatedRule(
    RuleMetadata(
        rule_id="sql.tde_on",
        title="Database encryption is on",
        finding_title="SQL database is not encrypted",
        description=(
            "Transparent data encryption of a SQL database is off: its files, logs and backups can be "
            "read by whoever gets hold of them."
        ),
        severity=Severity.HIGH,
        risk_score=75,
        resource_type="SQL_DATABASE",
        reads=(_DATABASES, _ENCRYPTION),
        references=(
            "https://learn.microsoft.com/rest/api/sql/transparent-data-encryptions/list-by-database",
            "https://learn.microsoft.com/azure/azure-sql/database/transparent-data-encryption-tde-overview",
        ),
        remediation_steps=("Turn on transparent data encryption of the database",),
        auto_remediable=False,
    ),
    {_DATABASES: (), _ENCRYPTION: ("properties.state", "properties.status")},
    _judge,
)
