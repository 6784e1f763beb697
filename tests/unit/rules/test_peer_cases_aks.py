"""AKS: our verdicts on the peer's cases agree, or differ as docs/rules/aks.md says."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.rules.peer_rows import GROUP, Equivalent, Facts, ours, rows


def _cluster(**properties: Any) -> list[dict[str, Any]]:
    identity = f"{GROUP}/Microsoft.ContainerService/managedClusters/cluster"
    return [{"id": identity, "type": "Microsoft.ContainerService/managedClusters", "properties": properties}]


def _pools(facts: Facts) -> list[dict[str, Any]]:
    """Their pools have one member."""
    return [{"enableNodePublicIP": one.get("enable_node_public_ip")} for one in facts["agent_pool_profiles"]]


MAPPING = {
    "aks_cluster_auto_upgrade_enabled": Equivalent(
        "aks.auto_upgrade",
        lambda facts: _cluster(autoUpgradeProfile={"upgradeChannel": facts.get("auto_upgrade_channel")}),
    ),
    "aks_cluster_azure_monitor_enabled": Equivalent(
        "aks.monitoring",
        lambda facts: _cluster(addonProfiles={"omsagent": {"enabled": facts["azure_monitor_enabled"]}}),
    ),
    "aks_cluster_defender_enabled": Equivalent(
        "aks.defender",
        lambda facts: _cluster(
            securityProfile={"defender": {"securityMonitoring": {"enabled": facts.get("defender_enabled")}}}
        ),
    ),
    "aks_cluster_local_accounts_disabled": Equivalent(
        "aks.local_accounts",
        lambda facts: _cluster(disableLocalAccounts=facts.get("local_accounts_disabled")),
    ),
    "aks_cluster_rbac_enabled": Equivalent(
        "aks.rbac", lambda facts: _cluster(enableRBAC=facts["rbac_enabled"])
    ),
    "aks_clusters_created_with_private_nodes": Equivalent(
        "aks.private_nodes", lambda facts: _cluster(agentPoolProfiles=_pools(facts))
    ),
    "aks_network_policy_enabled": Equivalent(
        # Their passing row holds the placeholder "network_policy" instead of the name of an engine.
        "aks.network_policy",
        lambda facts: _cluster(
            networkProfile={"networkPolicy": "azure" if facts.get("network_policy") else None}
        ),
    ),
}
DIFFERENT = {"pr-050": "ERROR"}
"""Our verdict where it is another one; why is in docs/rules/aks.md."""


@pytest.mark.parametrize("row", rows(MAPPING))
def test_agrees(row: dict[str, Any]) -> None:
    said = ours(row, MAPPING[row["check"]])
    assert said == DIFFERENT.get(row["id"], row["expected"])
    assert (row["id"] in DIFFERENT) is (said != row["expected"])
