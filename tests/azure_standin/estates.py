"""Small estates for the tests, and the queries that read them."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson

SUB_A = "aaaaaaaa-0000-4000-8000-000000000001"
SUB_B = "bbbbbbbb-0000-4000-8000-000000000002"
NSG = "Microsoft.Network/networkSecurityGroups"
STORAGE = "Microsoft.Storage/storageAccounts"


def resource_id(sub: str, group: str, resource_type: str, name: str) -> str:
    return f"/subscriptions/{sub}/resourceGroups/{group}/providers/{resource_type}/{name}"


def resource(sub: str, group: str, resource_type: str, name: str, **more: Any) -> dict[str, Any]:
    own = {"id": resource_id(sub, group, resource_type, name), "name": name, "type": resource_type}
    return {**own, "location": "westeurope", "tags": {"env": "test"}, "properties": {"n": name}, **more}


def rule(nsg_id: str, name: str, port: str) -> dict[str, Any]:
    return {
        "id": f"{nsg_id}/securityRules/{name}",
        "name": name,
        "type": f"{NSG}/securityRules",
        "etag": 'W/"rule-1"',
        "properties": {"destinationPortRange": port, "access": "Allow", "provisioningState": "Succeeded"},
    }


def nsg(sub: str, group: str, name: str) -> dict[str, Any]:
    owner = resource_id(sub, group, NSG, name)
    rules = [rule(owner, "SSH", "22"), rule(owner, "RDP", "3389")]
    return resource(
        sub, group, NSG, name, properties={"securityRules": rules, "provisioningState": "Succeeded"}
    )


def lock(scope: str, level: str) -> dict[str, Any]:
    return {
        "id": f"{scope}/providers/Microsoft.Authorization/locks/keep",
        "name": "keep",
        "type": "Microsoft.Authorization/locks",
        "properties": {"level": level},
    }


def accounts(sub: str, count: int, group: str = "Data-RG") -> list[dict[str, Any]]:
    return [resource(sub, group, STORAGE, f"st{number:05d}", kind="StorageV2") for number in range(count)]


def child(parent: str, resource_type: str, name: str, **properties: Any) -> dict[str, Any]:
    """A child resource of the last segment of ``resource_type``, as ARM returns it."""
    kind = resource_type.rsplit("/", 1)[-1]
    return {"id": f"{parent}/{kind}/{name}", "name": name, "type": resource_type, "properties": properties}


def extension(scope: str, resource_type: str, name: str, **properties: Any) -> dict[str, Any]:
    """An extension resource of a scope."""
    resource_id = f"{scope}/providers/{resource_type}/{name}"
    return {"id": resource_id, "name": name, "type": resource_type, "properties": properties}


def entity(path: str, object_id: str, **properties: Any) -> dict[str, Any]:
    """A directory object; ``path`` is that of its collection below ``graph/``."""
    line = {"id": f"/graph/{path}/{object_id}", "type": f"graph/{path}"}
    return {**line, "properties": {"id": object_id, **properties}}


def ask(query_id: str, table: str, *types: str) -> str:
    """A Resource Graph query of a table."""
    listed = ", ".join(f"'{kind}'" for kind in types)
    return f"// security-copilot/{query_id}\n{table}\n| where type in~ ({listed})\n| order by id asc"


def write(path: Path, lines: Iterable[dict[str, Any] | bytes]) -> Path:
    with path.open("wb") as stream:
        for line in lines:
            stream.write((line if isinstance(line, bytes) else orjson.dumps(line)) + b"\n")
    return path


def inventory(*types: str, group: str | None = None, project: str | None = None) -> str:
    steps = ["resources", "where type in~ (" + ", ".join(f"'{kind}'" for kind in types) + ")"]
    if group is not None:
        steps.append(f"where resourceGroup =~ '{group}'")
    if project is not None:
        steps.append(f"project {project}")
    return "// security-copilot/inventory/2\n" + "\n| ".join([*steps, "order by id asc"])
