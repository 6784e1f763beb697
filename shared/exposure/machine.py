"""Virtual machines, as far as they decide what is within reach: whether they run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from shared.domain.resource import Resource

_PREFIX: Final = "powerstate/"


def project_machine(resource: Resource) -> dict[str, Any]:
    """The power state of a virtual machine, such as `running` or `deallocated`; None where it is not told.

    Resource Graph keeps it under `extended` (Microsoft Learn, "Azure Resource Graph sample queries"),
    Resource Manager among the `statuses` of an `instanceView` that was asked for (REST reference "Virtual
    Machines - Instance View").
    """
    codes = [_at(resource.properties, "extended", "instanceView", "powerState", "code")]
    statuses = _at(resource.properties, "instanceView", "statuses")
    codes += [_at(one, "code") for one in statuses] if isinstance(statuses, list) else []
    states = (one[len(_PREFIX) :].lower() for one in codes if _is_power_state(one))
    return {"kind": "machine", "id": resource.id, "state": next(states, None)}


def _at(value: Any, *fields: str) -> Any:
    for field in fields:
        value = value.get(field) if isinstance(value, Mapping) else None
    return value


def _is_power_state(code: Any) -> bool:
    return isinstance(code, str) and code.lower().startswith(_PREFIX)
