"""The sample estate and one resource of every listed type that it lacks: something to read everywhere."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from samples.showcase import COMPANY, ESTATE_FILE
from shared.domain.reading import DIRECTORY_TYPE, SUBSCRIPTION_TYPE

_SCOPES = (DIRECTORY_TYPE, SUBSCRIPTION_TYPE)
_POSTGRESQL = "Microsoft.DBforPostgreSQL/flexibleServers"
_SHARED = f"/subscriptions/{COMPANY}/resourceGroups/rg-shared/providers"
_GROUP = f"/subscriptions/{COMPANY}/resourceGroups/rg-prod-web"


def write_one_of_each(path: Path, types: Iterable[str]) -> Path:
    """Write the estate; `types` are those that a scan lists, lower-cased."""
    lines = ESTATE_FILE.read_text().splitlines()
    present = {json.loads(line)["type"].lower() for line in lines}
    wanted = sorted({one for one in types if one not in _SCOPES} - present)
    added = [*_more(), *map(_one, wanted)]
    path.write_text("\n".join([*lines, *map(json.dumps, added)]) + "\n")
    return path


def _more() -> list[dict[str, Any]]:
    """What some lists are only read below: a token with a scope map, an open server, a function app."""
    registry = f"{_SHARED}/Microsoft.ContainerRegistry/registries/crshared7f2a"
    map_id = f"{registry}/scopeMaps/pull"
    token = {"scopeMapId": map_id, "status": "enabled", "credentials": {}}
    server = {
        "version": "16",
        "network": {"publicNetworkAccess": "Enabled"},
        "authConfig": {"activeDirectoryAuth": "Enabled", "passwordAuth": "Enabled"},
    }
    kinds = "Microsoft.ContainerRegistry/registries"
    return [
        _line(f"{registry}/tokens/ci", f"{kinds}/tokens", token),
        _line(map_id, f"{kinds}/scopeMaps", {"actions": ["repositories/a/content/read"]}),
        _line(f"{_GROUP}/providers/{_POSTGRESQL}/open", _POSTGRESQL, server),
        _line(f"{_GROUP}/providers/Microsoft.Web/sites/jobs", "Microsoft.Web/sites", {})
        | {"kind": "functionapp,linux"},
    ]


def _line(identity: str, kind: str, properties: dict[str, Any]) -> dict[str, Any]:
    name = identity.rsplit("/", 1)[-1]
    return {"id": identity, "name": name, "type": kind, "location": "westeurope", "properties": properties}


def _one(kind: str) -> dict[str, Any]:
    namespace, *segments = kind.split("/")
    name = "/".join(f"{segment}/one" for segment in segments)
    return _line(f"{_GROUP}/providers/{namespace}/{name}", kind, {})
