"""`network.watcher.enabled_in_used_regions`."""

from __future__ import annotations

from typing import Final

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleResult, RuleStatus
from shared.rules.columns import ColumnError, text_at
from shared.rules.property_rule import judged, resource_finding
from shared.rules.related_rule import SubscriptionRule
from shared.rules.resources import ResourceColumns, SubscriptionResources

_WATCHERS: Final = "microsoft.network/networkwatchers"
_NETWORKS: Final = "microsoft.network/virtualnetworks"
_WORKING: Final = frozenset({"succeeded", "updating"})
"""Provisioning states (lower-cased) of a watcher that works, or is about to."""


def _region(resource: ResourceColumns) -> str:
    """The region's name, however it is written: `West Europe` is `westeurope`."""
    region = text_at(resource.columns, "location")
    if region is None:
        raise ColumnError(f"location of {resource.id}: missing")
    return region.replace(" ", "").lower()


def _works(watcher: ResourceColumns) -> bool:
    return (text_at(watcher.columns, "properties.provisioningState") or "").lower() in _WORKING


def _judge(metadata: RuleMetadata, resources: SubscriptionResources) -> RuleResult:
    networks = resources.of(_NETWORKS)
    watched = {_region(one) for one in resources.of(_WATCHERS) if _works(one)}
    unwatched = sorted({_region(one) for one in networks} - watched)
    doubt = resources.doubt(_NETWORKS)
    if unwatched and resources.doubt(_WATCHERS) is not None:
        return judged(metadata, resources.id, (), resources.doubt(_WATCHERS))
    if not networks and doubt is None:
        return RuleResult(metadata.rule_id, resources.id, RuleStatus.NOT_APPLICABLE)
    findings = [
        resource_finding(
            metadata,
            resources.id,
            f"Region {region} holds virtual networks and has no working Network Watcher",
            {
                "region": region,
                "virtual_networks": [one.id for one in networks if _region(one) == region][:20],
            },
            discriminator=region,
        )
        for region in unwatched
    ]
    return judged(metadata, resources.id, findings, doubt)


RULE = SubscriptionRule(
    RuleMetadata(
        rule_id="network.watcher.enabled_in_used_regions",
        title="Network Watcher exists in each used region",
        finding_title="No Network Watcher in a used region",
        description=(
            "A region holds virtual networks and has no Network Watcher, so that neither flow logs nor "
            "diagnostics are to be had there."
        ),
        severity=Severity.MEDIUM,
        risk_score=55,
        resource_type="SUBSCRIPTION",
        reads=(_WATCHERS, _NETWORKS),
        references=(
            "https://learn.microsoft.com/azure/network-watcher/network-watcher-create",
            "https://learn.microsoft.com/rest/api/network-watcher/network-watchers/list-all",
        ),
        remediation_steps=("Create a Network Watcher in the region",),
        auto_remediable=False,
    ),
    {_WATCHERS: ("location", "properties.provisioningState"), _NETWORKS: ("location",)},
    _judge,
)
