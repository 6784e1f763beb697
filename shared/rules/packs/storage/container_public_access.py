"""`storage.container_public_access`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.packs.storage._accounts import ACCOUNT
from shared.rules.packs.storage._containers import ACCOUNT_PATHS, CONTAINER, CONTAINER_PATHS, judge_containers
from shared.rules.related_rule import RelatedRule

RULE = RelatedRule(
    RuleMetadata(
        rule_id="storage.container_public_access",
        title="Container is not public",
        finding_title="Container can be read without signing in",
        description=(
            "A container lets anybody read its blobs, or even list them, and the account does not forbid "
            "it. A container is only public when both its own level and the account's setting allow it."
        ),
        severity=Severity.CRITICAL,
        risk_score=95,
        resource_type="STORAGE_CONTAINER",
        reads=(ACCOUNT, CONTAINER),
        references=(
            "https://learn.microsoft.com/rest/api/storagerp/blob-containers/list",
            "https://learn.microsoft.com/azure/storage/blobs/anonymous-read-access-prevent",
        ),
        remediation_steps=(
            "Set the container's access level to private",
            "Set allowBlobPublicAccess of the account to false",
        ),
        auto_remediable=False,
    ),
    {ACCOUNT: ACCOUNT_PATHS, CONTAINER: CONTAINER_PATHS},
    judge_containers,
)
