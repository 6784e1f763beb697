"""The truth records about planted settings, each held against what the resources themselves say."""

from collections.abc import Iterator, Sequence
from typing import Any

from samples.arm import Resource
from samples.control_readers import READERS, UNREAD, View
from samples.controls import Expectation
from samples.records import PlantingError


def control_records(
    resources: Sequence[Resource], expectations: Sequence[Expectation]
) -> Iterator[dict[str, Any]]:
    """One record a resource about the settings planted in it.

    Raises:
        PlantingError: what a resource says differs from what was meant.
    """
    if not expectations:
        return
    view = View(resources)
    told: dict[str, dict[str, Any]] = {}
    for meant in expectations:
        if meant.rule_id not in UNREAD:
            passes = READERS[meant.rule_id](view, view.at(meant.resource_id))
            if passes != meant.passes:
                raise PlantingError(f"{meant.rule_id} at {meant.resource_id}: meant passes={meant.passes}")
        record = told.setdefault(
            meant.resource_id,
            {"kind": "controls", "resource_id": meant.resource_id, "fails": [], "passes": [], "as_of": {}},
        )
        record["passes" if meant.passes else "fails"].append(meant.rule_id)
        if meant.as_of is not None:
            record["as_of"][meant.rule_id] = meant.as_of
    for record in told.values():
        yield {**record, "fails": sorted(set(record["fails"])), "passes": sorted(set(record["passes"]))}
