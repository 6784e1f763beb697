"""Entry points: addresses of scale set instances, as the scale set's model gives them (semantics 1f).

Resource Graph's `resources` has the model and not the instances: the model's interfaces stand for all of
them, with an address somewhere in the subnet. With flexible orchestration, every instance has an interface of
its own among the resources.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from shared.domain.resource import Resource
from shared.exposure.addresses import Family
from shared.exposure.arm_reader import ArmReader
from shared.exposure.destinations import Destination
from shared.exposure.interfaces import IpConfiguration, NetworkInterface
from shared.exposure.public_ip import PublicIp

_SCALE_SET: Final = "/virtualmachinescalesets/"
_INSTANCE: Final = "/virtualmachines/"


def project_scale_set(resource: Resource) -> dict[str, Any]:
    """The columns of a scale set: the interfaces that its model gives every instance.

    Raises:
        UnreadableResourceError: a field is not as ARM documents it; names the field and the reason.
    """
    reader = ArmReader(resource)
    path, owner = "properties", resource.properties
    flexible = str(owner.get("orchestrationMode")).lower() == "flexible"
    for field in ("virtualMachineProfile", "networkProfile"):
        path, value = f"{path}.{field}", owner.get(field)
        if value is not None and not isinstance(value, Mapping):
            raise reader.refuse(path, "not an object")
        owner = value or {}
    interfaces = []
    for where, item in () if flexible else reader.items(owner, "networkInterfaceConfigurations", path):
        inner = reader.properties(item, where)
        interfaces.append(
            {
                "name": reader.text(item, "name", where),
                "nsg": _key(reader.reference(inner, "networkSecurityGroup", f"{where}.properties")),
                "configurations": [
                    _configuration(reader, one, place)
                    for place, one in reader.items(inner, "ipConfigurations", f"{where}.properties")
                ],
            }
        )
    return {"kind": "scale_set", "id": resource.id, "interfaces": interfaces}


def _configuration(reader: ArmReader, item: Mapping[str, Any], where: str) -> dict[str, Any]:
    inner, path = reader.properties(item, where), f"{where}.properties"
    public = inner.get("publicIPAddressConfiguration")
    if public is not None and not isinstance(public, Mapping):
        raise reader.refuse(f"{path}.publicIPAddressConfiguration", "not an object")
    sku = public.get("sku") if public else None
    if sku is not None and not isinstance(sku, Mapping):
        raise reader.refuse(f"{path}.publicIPAddressConfiguration.sku", "not an object")
    return {
        "name": reader.text(item, "name", where),
        "family": 6 if str(inner.get("privateIPAddressVersion")).lower() == "ipv6" else 4,
        "subnet": _key(reader.reference(inner, "subnet", path)),
        "public": public is not None,
        "sku": str((sku or {}).get("name") or "").lower(),
        "groups": reader.references(inner, "applicationSecurityGroups", path),
        "pools": reader.references(inner, "loadBalancerBackendAddressPools", path),
    }


def read_scale_set(
    projection: Mapping[str, Any],
) -> Iterator[tuple[NetworkInterface, dict[str, PublicIp]]]:
    """The interfaces of a projected model, and the public addresses that their instances have.

    The scale set itself is the entry point: addresses of instances are not in the model.
    """
    for interface in projection["interfaces"]:
        identity = f"{projection['id']}/networkInterfaces/{interface['name']}"
        public: dict[str, PublicIp] = {}
        configurations = []
        for item in interface["configurations"]:
            own = f"{identity}/ipConfigurations/{item['name']}".lower()
            if item["public"]:
                public[own] = PublicIp(projection["id"], None, item["sku"])
            configurations.append(_read_configuration(item, own))
        yield (
            NetworkInterface(
                id=identity,
                machine=projection["id"],
                nsg=interface["nsg"],
                private_endpoint=False,
                configurations=tuple(configurations),
            ),
            public,
        )


def _read_configuration(item: Mapping[str, Any], own: str) -> IpConfiguration:
    family: Family = item["family"]
    return IpConfiguration(
        id=own,
        destination=Destination(family, 0, groups=frozenset(item["groups"])),
        subnet=item["subnet"],
        public_ip=own if item["public"] else None,
        pools=tuple(item["pools"]),
        nat_rules=(),
        somewhere=True,
    )


def of_model(reference: str) -> str:
    """The lower-cased id of an instance's interface, or of a part of it, without the instance."""
    if _SCALE_SET not in reference or _INSTANCE not in reference:
        return reference
    before, _, rest = reference.partition(_INSTANCE)
    return f"{before}/{rest.partition('/')[2]}"


def _key(reference: str | None) -> str | None:
    return None if reference is None else reference.lower()
