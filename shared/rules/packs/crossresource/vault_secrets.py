"""`path.app.vault_secrets`: apps that the internet reaches and whose identity opens a key vault."""

from __future__ import annotations

from typing import Final

from shared.domain.attack_path import AttackPath
from shared.domain.severity import Severity
from shared.rules.access.workloads import SITE, SLOT
from shared.rules.base import RuleMetadata, RuleResult, RuleScope
from shared.rules.estate import ACCESS_FACTS, ESTATE_COLUMNS, ESTATE_TYPES, Aim, Estate
from shared.rules.estate_rule import EstateRule
from shared.rules.packs.crossresource._routes import judge_routes
from shared.rules.resources import ResourceColumns

_REST: Final = tuple(kind for kind in ESTATE_TYPES if kind not in (SITE, SLOT))


def _say(app: ResourceColumns, worst: AttackPath, found: int) -> str:
    more = f" and {found - 1} more" if found > 1 else ""
    vault = worst.target.rsplit("/", 1)[-1]
    return (
        f"The internet reaches {app.name}, and it leads to key vault {vault}{more}: {worst.steps[-1].words}"
    )


def _judge(metadata: RuleMetadata, resource: ResourceColumns, estate: Estate) -> RuleResult:
    return judge_routes(metadata, resource, estate, Aim.VAULTS, _say)


RULE = EstateRule(
    RuleMetadata(
        rule_id="path.app.vault_secrets",
        title="No app that the internet reaches opens a key vault",
        finding_title="Exposed app can read a key vault",
        description=(
            "Strangers can send requests to an app whose managed identity, or a role that it holds, opens "
            "the secrets or keys of a vault: a flaw in the app gives away all, not only those that it uses."
        ),
        severity=Severity.HIGH,
        risk_score=78,
        resource_type="APP_SERVICE",
        reads=(SITE, SLOT, *_REST),
        references=(
            "https://learn.microsoft.com/azure/app-service/overview-managed-identity",
            "https://learn.microsoft.com/azure/key-vault/general/best-practices",
        ),
        remediation_steps=(
            "Give each app a vault of its own, with only the secrets that it needs",
            "Assign Key Vault Secrets User at single secrets instead of the vault",
            "Let only a gateway with a web application firewall reach the app",
        ),
        auto_remediable=False,
        scope=RuleScope.ESTATE,
    ),
    ESTATE_COLUMNS,
    (SITE, SLOT),
    _judge,
    ACCESS_FACTS,
)
