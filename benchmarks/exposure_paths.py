"""Ip configurations through the whole path, a second of process CPU time: join, judge, rows of the table.

From projections (what a scan keeps of a resource) to exposure rows. Two estates: a generated one (as
`samples.generate` writes it), where many machines stand behind few NSGs, and one where every interface has a
public address and an NSG of its own with ten rules, behind a subnet's. Aims: 20,000 and 5,000.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from benchmarks.nsg_checks import SUBSCRIPTION, network_security_groups
from samples.estate import EstateSpec, parts
from shared.cycle_collector import search_seldom
from shared.domain.resource import parse_row
from shared.exposure import NETWORK_TYPES, SubscriptionNetwork, project

RUNS: Final = 5
_BASE: Final = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Network"
_ON_PATHS: Final = "microsoft.network/"
"""Platform services have no ip configurations: they are left out."""
_PER_SUBNET: Final = 250


def run(resources: int = 30_000, distinct: int = 2_000) -> dict[str, Any]:
    """Figures of both estates."""
    search_seldom()
    return {
        "generated": _figures(_generated(resources)),
        "every_group_distinct": _figures({SUBSCRIPTION: list(_projected(every_group_distinct(distinct)))}),
    }


def _figures(estate: Mapping[str, list[dict[str, Any]]]) -> dict[str, Any]:
    configurations = sum(
        len(one["configurations"]) for of in estate.values() for one in of if one["kind"] == "interface"
    )
    seconds, rows = [], 0
    for _ in range(RUNS):
        gc.collect()
        began = time.process_time()
        rows = 0
        for projections in estate.values():
            rows += sum(1 for _ in SubscriptionNetwork.build(projections).exposures())
        seconds.append(time.process_time() - began)
    return {
        "ip_configurations": configurations,
        "resources_joined": sum(map(len, estate.values())),
        "rows": rows,
        "configurations_per_second": round(configurations / statistics.median(seconds)),
        "best": round(configurations / min(seconds)),
    }


def _projected(rows: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    return (project(parse_row(row)) for row in rows)


def _generated(resources: int) -> dict[str, list[dict[str, Any]]]:
    """Projections of a generated estate by subscription."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for part in parts(EstateSpec(resources, 1, None, False)):
        for row in part.resources:
            resource = parse_row(row)
            if resource.type in NETWORK_TYPES and resource.type.startswith(_ON_PATHS):
                found[resource.subscription_id].append(project(resource))
    return found


def every_group_distinct(count: int) -> Iterator[dict[str, Any]]:
    """Interfaces with a public address and an NSG each, and subnets with NSGs, all different."""
    groups = list(network_security_groups(count + count // _PER_SUBNET + 1, seed=2))
    for number, group in enumerate(groups[:count]):
        yield group
        public = f"{_BASE}/publicIPAddresses/pip-{number:06d}"
        high, low = divmod(number, _PER_SUBNET)
        yield _resource(public, {"ipAddress": f"20.{high // 256}.{high % 256}.{low + 4}"}, "Standard")
        yield _interface(number, group["id"], public, f"10.{high // 256}.{high % 256}.{low + 4}", high)
    for number, group in enumerate(groups[count:]):
        yield group
        network = f"{_BASE}/virtualNetworks/vnet-{number:06d}"
        inner = {
            "addressPrefix": f"10.{number // 256}.{number % 256}.0/24",
            "networkSecurityGroup": {"id": group["id"]},
        }
        subnet = {"id": f"{network}/subnets/default", "name": "default", "properties": inner}
        yield _resource(network, {"subnets": [subnet]})


def _interface(number: int, group: str, public: str, address: str, network: int) -> dict[str, Any]:
    identity = f"{_BASE}/networkInterfaces/nic-{number:06d}"
    inner = {
        "privateIPAddress": address,
        "publicIPAddress": {"id": public},
        "subnet": {"id": f"{_BASE}/virtualNetworks/vnet-{network:06d}/subnets/default"},
    }
    configuration = {"id": f"{identity}/ipConfigurations/one", "name": "one", "properties": inner}
    return _resource(identity, {"ipConfigurations": [configuration], "networkSecurityGroup": {"id": group}})


def _resource(identity: str, properties: Mapping[str, Any], sku: str | None = None) -> dict[str, Any]:
    kind = identity.split("/")[-2]
    found = {"id": identity, "type": f"Microsoft.Network/{kind}", "properties": dict(properties)}
    return found if sku is None else {**found, "sku": {"name": sku}}


if __name__ == "__main__":
    print(run())
