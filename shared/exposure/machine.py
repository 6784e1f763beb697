"""Virtual machines, as far as they decide what is within reach: whether they run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from shared.domain.resource import Resource

_PREFIX: Final = "powerstate/"


def project_machine(resource: Resource) -> dict[str, Any]:
    """The power state of a virtual machine, such as `running` or `deallocated`; None where it is not told.

    Resource Graph keeps it under `extended` (Microsoft Learn, "Azure Resource Graph sample queries").
    """
    value: Any = resource.properties
    for field in ("extended", "instanceView", "powerState", "code"):
        value = value.get(field) if isinstance(value, Mapping) else None
    known = isinstance(value, str) and value.lower().startswith(_PREFIX)
    return {"kind": "machine", "id": resource.id, "state": value[len(_PREFIX) :].lower() if known else None}
