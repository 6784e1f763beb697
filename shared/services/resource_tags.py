"""Tags of the resources behind observations, asked of Azure only where a suppression is about tags."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from shared.domain.finding import Observation
from shared.domain.suppression import Suppression
from shared.ports.errors import InventoryError
from shared.ports.inventory import Inventory

_LOOKUPS_AT_ONCE: Final = 8
log = logging.getLogger(__name__)


async def with_tags(
    inventory: Inventory, observations: Sequence[Observation], suppressions: Iterable[Suppression]
) -> list[Observation]:
    """The observations, in order, with the tags of their resource where some suppression asks for them.

    A resource that cannot be read has no tags here: its findings stay loud.
    """
    by_tag = [one.scope.model_copy(update={"tag_name": None}) for one in suppressions if one.scope.tag_name]
    if not by_tag:
        return list(observations)
    wanted = {one.evaluated_id.lower() for one in observations if any(scope.matches(one) for scope in by_tag)}
    gate = asyncio.Semaphore(_LOOKUPS_AT_ONCE)

    async def tags(resource_id: str) -> tuple[tuple[str, str], ...]:
        async with gate:
            try:
                found = await inventory.get(resource_id)
            except InventoryError as error:
                log.warning("cannot read the tags of %s: %s", resource_id, error)
                return ()
        given = found.get("tags") if found is not None else None
        members = given.items() if isinstance(given, dict) else ()
        return tuple((str(name), str(value)) for name, value in members)

    targets = sorted(wanted)
    known = dict(zip(targets, await asyncio.gather(*(tags(one) for one in targets)), strict=True))
    return [
        replace(one, tags=known[one.evaluated_id.lower()]) if one.evaluated_id.lower() in known else one
        for one in observations
    ]
