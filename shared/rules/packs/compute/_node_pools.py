"""Scale sets that are node pools of AKS.

They stand in a resource group that the cluster names, and changes of them "that aren't done via the AKS API
won't persist": https://learn.microsoft.com/azure/aks/resize-node-pool. The pools are judged at the cluster
(`aks.*`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from shared.rules.columns import ColumnError, text_at
from shared.rules.resources import ResourceColumns, SubscriptionResources

CLUSTER: Final = "microsoft.containerservice/managedclusters"
NODE_GROUP: Final = "properties.nodeResourceGroup"


@dataclass(frozen=True, slots=True)
class NodeGroups:
    """Lower-cased names of the resource groups that hold nodes; `doubt` says why there may be more."""

    names: frozenset[str]
    doubt: str | None

    def hold(self, resource: ResourceColumns) -> bool:
        """The resource is in one of them."""
        return resource.key.split("/")[4] in self.names


def node_groups(resources: SubscriptionResources) -> NodeGroups:
    """Those of all clusters of the subscription."""
    names, doubt = set(), resources.doubt(CLUSTER)
    for cluster in resources.of(CLUSTER):
        try:
            name = text_at(cluster.columns, NODE_GROUP)
        except ColumnError as error:
            doubt = doubt or f"{cluster.name}: {error}"
            continue
        if name is None:
            doubt = doubt or f"{cluster.name}: {NODE_GROUP}: missing"
        else:
            names.add(name.lower())
    return NodeGroups(frozenset(names), doubt)
