"""Who gets to the endpoint of a data store, as far as its own network rules were read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from shared.domain.exposure import SourceClass
from shared.exposure.network import SubscriptionNetwork
from shared.exposure.service import Service
from shared.rules.access.certainty import Certainty, certainty_of
from shared.rules.access.store_kinds import COSMOS, MYSQL, POSTGRESQL, SQL, STORAGE, VAULT
from shared.rules.columns import entries_at, text_at, value_at
from shared.rules.resources import ResourceColumns

_ACLS: Final = "properties.networkAcls"
NETWORK_PATHS: Final = (
    "properties.publicNetworkAccess",
    "properties.network.publicNetworkAccess",
    f"{_ACLS}.defaultAction",
    f"{_ACLS}.virtualNetworkRules[*].id",
    f"{_ACLS}.ipRules[*].value",
    f"{_ACLS}.resourceAccessRules[*].resourceId",
    "properties.virtualNetworkRules[*].id",
    "properties.isVirtualNetworkFilterEnabled",
    "properties.ipRules[*].ipAddressOrRange",
    "properties.ipRangeFilter",
    "properties.privateEndpointConnections[*].properties.privateEndpoint.id",
    "properties.subnetId",
)

Reached = tuple[Certainty, str | None]
"""How sure it is, and the assumption or doubt."""


@dataclass(frozen=True, slots=True)
class StoreNetwork:
    """Who gets to a store's endpoint."""

    internet: Reached | None
    """Everybody does; None: not everybody."""
    subnets: frozenset[str] = frozenset()
    """Lower-cased ids of subnets that its rules admit."""
    listed: str | None = None
    """Whom else it admits, in words, without it being known who that is."""

    def reached_from(self, subnets: frozenset[str]) -> Reached | None:
        """Whether somebody in these subnets gets there; None: they do not."""
        if self.internet is not None and self.internet[0] is Certainty.READ:
            return self.internet
        if self.subnets & subnets:
            return Certainty.READ, None
        if self.internet is not None:
            return self.internet
        if self.listed is not None or self.subnets:
            return Certainty.ASSUMED, f"its network admits only {self.listed or 'listed subnets'}"
        return None


def store_network(store: ResourceColumns, network: SubscriptionNetwork) -> StoreNetwork:
    """Read from the network join where that knows the store, else from its columns.

    Raises:
        ColumnError: a field is not as ARM documents it.
    """
    service = network.tables.services.get(store.key)
    if service is not None:
        internet = _by_service(service)
    elif store.type in (STORAGE, VAULT, SQL):
        internet = Certainty.UNREAD, "its network rules were not read"
    else:
        internet = _by_columns(store)
    if internet is not None and internet[0] is Certainty.READ:
        return StoreNetwork(internet)
    return StoreNetwork(internet, _subnets(store.columns), _listed(store.columns))


def _by_service(service: Service) -> Reached | None:
    found: list[Reached] = []
    for reach in service.reaches():
        certainty = certainty_of(reach.verdict)
        if certainty is None:
            continue
        if reach.source_class is SourceClass.INTERNET:
            found.append((certainty, reach.note))
        elif reach.source_class is SourceClass.AZURE:
            note = reach.note or "every address of Azure is admitted"
            found.append((max(certainty, Certainty.ASSUMED), note))
    return min(found, key=lambda one: (one[0], one[1] or ""), default=None)


def _by_columns(store: ResourceColumns) -> Reached | None:
    columns = store.columns
    switch = text_at(columns, "properties.publicNetworkAccess")
    if store.type in (POSTGRESQL, MYSQL):
        switch = text_at(columns, "properties.network.publicNetworkAccess") or switch
        if (switch or "enabled").lower() == "enabled":
            return Certainty.ASSUMED, "its firewall rules were not followed"
        return None
    if (switch or "enabled").lower() == "securedbyperimeter":
        return Certainty.UNREAD, "a network security perimeter decides"
    if (switch or "enabled").lower() != "enabled" or text_at(columns, "properties.subnetId"):
        return None
    if store.type == COSMOS and (
        value_at(columns, "properties.isVirtualNetworkFilterEnabled") is True
        or entries_at(columns, "properties.ipRules")
        or text_at(columns, "properties.ipRangeFilter")
    ):
        return None
    return Certainty.READ, None


def _subnets(columns: Mapping[str, Any]) -> frozenset[str]:
    if _is_closed(columns):
        return frozenset()  # only private endpoints count then
    rules = entries_at(columns, f"{_ACLS}.virtualNetworkRules")
    rules = [*rules, *entries_at(columns, "properties.virtualNetworkRules")]
    return frozenset(identity.lower() for one in rules if (identity := text_at(one, "id")) is not None)


def _listed(columns: Mapping[str, Any]) -> str | None:
    admitted = []
    if not _is_closed(columns):
        if (
            entries_at(columns, f"{_ACLS}.ipRules")
            or entries_at(columns, "properties.ipRules")
            or text_at(columns, "properties.ipRangeFilter")
        ):
            admitted.append("listed addresses")
        if entries_at(columns, f"{_ACLS}.resourceAccessRules"):
            admitted.append("listed resources")
    if entries_at(columns, "properties.privateEndpointConnections"):
        admitted.append("private endpoints")
    if text_at(columns, "properties.subnetId"):
        admitted.append("its virtual network")
    return " and ".join(admitted) or None


def _is_closed(columns: Mapping[str, Any]) -> bool:
    return (text_at(columns, "properties.publicNetworkAccess") or "").lower() == "disabled"
