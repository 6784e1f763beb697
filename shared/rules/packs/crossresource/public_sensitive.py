"""`path.storage.public_sensitive`: state and backups in storage that is open to strangers.

State files of Terraform hold secrets in the clear, backups everything:
https://learn.microsoft.com/azure/developer/terraform/store-state-in-azure-storage.
"""

from __future__ import annotations

from typing import Final

from shared.domain.severity import Severity
from shared.rules.access.certainty import Certainty
from shared.rules.access.public_blobs import (
    ACCOUNT,
    ACCOUNT_PATHS,
    CONTAINER,
    CONTAINER_PATHS,
    PublicBlobs,
    public_blobs,
)
from shared.rules.access.stores import STORE_PATHS, holds_state_or_backups
from shared.rules.base import RuleMetadata, RuleResult, RuleScope, RuleStatus
from shared.rules.columns import ColumnError
from shared.rules.estate import Estate
from shared.rules.estate_rule import EstateRule
from shared.rules.packs.crossresource._reached import as_sure
from shared.rules.property_rule import judged, resource_finding
from shared.rules.resources import ResourceColumns

_OPEN_NETWORK: Final = 66
"""Risk where strangers get to the account, and still need a key or a token."""


def _judge(metadata: RuleMetadata, account: ResourceColumns, estate: Estate) -> RuleResult:
    store = estate.stores[account.key]
    if store.unread is not None:
        raise ColumnError(store.unread)
    telling, doubt = _telling(account, estate)
    if not telling:
        if doubt is None:
            return RuleResult(metadata.rule_id, account.id, RuleStatus.NOT_APPLICABLE)
        return judged(metadata, account.id, (), doubt)
    internet = store.network.internet
    if internet is None:
        return judged(metadata, account.id, ())
    if internet[0] is Certainty.UNREAD:
        return judged(metadata, account.id, (), internet[1] or "its network could not be read")
    public = [one for one in public_blobs(account, estate.resources) if _is_telling(one, account)]
    open_to_all = [one for one in public if one.certainty is Certainty.READ]
    doubt = doubt or next((one.note for one in public if one.certainty is Certainty.UNREAD), None)
    evidence = {"names": telling[:20], "public_containers": [one.id for one in open_to_all][:20]}
    named = [one for one in telling if one != account.name]
    said = f"holds {', '.join(named[:3])}" if named else "is named for state or backups"
    if open_to_all:
        words = f"{account.name} {said}, and {open_to_all[0].words}"
        finding = as_sure(resource_finding(metadata, account.id, words, evidence), internet[0])
    else:
        words = f"{account.name} {said}, and its network is open to all: a leaked key or SAS is enough"
        found = resource_finding(metadata, account.id, words, evidence)
        lower = found.changed(evidence, severity=found.severity.lowered(), risk_score=_OPEN_NETWORK)
        finding = as_sure(lower, internet[0])
    return judged(metadata, account.id, [finding], doubt)


def _telling(account: ResourceColumns, estate: Estate) -> tuple[list[str], str | None]:
    """What by its name holds state or backups, and why there may be more."""
    found, doubt = [], None
    if holds_state_or_backups(account.name):
        found.append(account.name)
    try:
        containers = estate.resources.children(CONTAINER, account.id)
    except ColumnError as error:
        containers, doubt = [], str(error)
    found += [f"container {one.name}" for one in containers if holds_state_or_backups(one.name)]
    return found, doubt


def _is_telling(blobs: PublicBlobs, account: ResourceColumns) -> bool:
    return holds_state_or_backups(account.name) or holds_state_or_backups(blobs.name)


RULE = EstateRule(
    RuleMetadata(
        rule_id="path.storage.public_sensitive",
        title="Storage that holds state or backups is closed to strangers",
        finding_title="State or backups in storage open to strangers",
        description=(
            "By the names of the account or its containers it holds deployment state, backups or dumps, and "
            "strangers may read a container, or at least get to the account from any network."
        ),
        severity=Severity.CRITICAL,
        risk_score=94,
        resource_type="STORAGE_ACCOUNT",
        reads=(ACCOUNT, CONTAINER),
        references=(
            "https://learn.microsoft.com/azure/developer/terraform/store-state-in-azure-storage",
            "https://learn.microsoft.com/azure/storage/blobs/anonymous-read-access-prevent",
        ),
        remediation_steps=(
            "Set allowBlobPublicAccess to false",
            "Let only the networks in that write and restore: private endpoints or listed subnets",
            "Rotate what stood in a state file or backup that was public",
        ),
        auto_remediable=False,
        scope=RuleScope.ESTATE,
    ),
    {ACCOUNT: (*STORE_PATHS, *ACCOUNT_PATHS), CONTAINER: CONTAINER_PATHS},
    (ACCOUNT,),
    _judge,
)
