"""Asking Azure about one packet: IP flow verify, then, where that is not enough, the effective rules."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from shared.domain.confirmation import ConfirmationResult
from shared.domain.probe import Probe
from shared.exposure.confirmation import (
    Comparison,
    FlowAnswer,
    Unanswered,
    compared,
    flow_question,
    needs_second_word,
    read_flow,
)
from shared.exposure.effective_rules import NotUnderstoodError
from shared.ports.errors import InventoryDeniedError, InventoryError
from shared.ports.reads import AzureReads
from shared.scanners.confirmable import EFFECTIVE_GROUPS_ACTION, IP_FLOW_ACTION

NETWORK_API_VERSION: Final = "2024-05-01"
"""azure-rest-api-specs: network/resource-manager/Microsoft.Network/stable/2024-05-01, networkInterface.json
and networkWatcher.json."""

_MOST_WORDS: Final = 300
NO_FIVE_TUPLE: Final = "it knows packets to an IPv4 address of the machine itself only"
NO_WATCHER: Final = "there is no network watcher in {location}"
GONE: Final = "The network interface is not there any more."

_Answer = Mapping[str, Any] | Unanswered


class AzureWitness:
    """What Azure says of packets to the interfaces of one subscription; each list is read once."""

    def __init__(self, reads: AzureReads, subscription_id: str, seconds: float) -> None:
        """
        Args:
            seconds: for one answer of Azure.
        """
        self._reads = reads
        self._subscription = subscription_id
        self._seconds = seconds
        self._watchers: asyncio.Task[dict[str, str] | Unanswered] | None = None
        self._rules: dict[str, asyncio.Task[_Answer]] = {}

    async def on(self, probe: Probe) -> Comparison:
        """Compare Azure's word on a packet with ours, which is that it gets through."""
        try:
            interface = await self._reads.arm_get(probe.interface, NETWORK_API_VERSION)
        except InventoryError as error:
            reason = f"The network interface cannot be read now: {_words(error, probe.interface)}"
            return Comparison(ConfirmationResult.NOT_CONFIRMABLE, None, reason)
        if interface is None:
            return Comparison(ConfirmationResult.NOT_CONFIRMABLE, None, GONE)
        flow = await self._flow(probe, str(interface.get("location") or ""))
        effective: _Answer = Unanswered("not asked")
        if needs_second_word(flow):
            effective = await self._effective(probe.interface)
        return compared(probe, flow, effective)

    def close(self) -> None:
        """Give up what was asked and not answered yet."""
        for task in (self._watchers, *self._rules.values()):
            if task is not None:
                task.cancel()

    async def _flow(self, probe: Probe, location: str) -> FlowAnswer | Unanswered:
        if not probe.five_tuple:
            return Unanswered(NO_FIVE_TUPLE)
        if self._watchers is None:
            self._watchers = asyncio.create_task(self._list_watchers())
        watchers = await asyncio.shield(self._watchers)
        if isinstance(watchers, Unanswered):
            return watchers
        watcher = watchers.get(_region(location))
        if watcher is None:
            return Unanswered(NO_WATCHER.format(location=location or "its region"))
        answer = await self._ask(f"{watcher}/ipFlowVerify", flow_question(probe), IP_FLOW_ACTION)
        try:
            return answer if isinstance(answer, Unanswered) else read_flow(answer)
        except NotUnderstoodError as error:
            return Unanswered(f"answer not understood: {error}")

    async def _effective(self, interface: str) -> _Answer:
        task = self._rules.get(interface)
        if task is None:
            path = f"{interface}/effectiveNetworkSecurityGroups"
            task = self._rules[interface] = asyncio.create_task(
                self._ask(path, None, EFFECTIVE_GROUPS_ACTION)
            )
        return await asyncio.shield(task)

    async def _ask(self, path: str, body: object | None, action: str) -> _Answer:
        try:
            return await self._reads.arm_operation(path, NETWORK_API_VERSION, body, within=self._seconds)
        except InventoryDeniedError:
            return Unanswered(f"refused; it takes the permission {action}")
        except InventoryError as error:
            return Unanswered(_words(error, path))

    async def _list_watchers(self) -> dict[str, str] | Unanswered:
        """The network watchers of the subscription by region."""
        path = f"/subscriptions/{self._subscription}/providers/Microsoft.Network/networkWatchers"
        try:
            rows = await self._reads.arm_list(path, NETWORK_API_VERSION)
        except InventoryError as error:
            return Unanswered(f"network watchers cannot be listed: {_words(error, path)}")
        return {
            _region(str(one.get("location") or "")): one["id"]
            for one in rows
            if isinstance(one, Mapping) and isinstance(one.get("id"), str)
        }


def _region(name: str) -> str:
    """`westeurope`, also from its display name `West Europe`."""
    return name.replace(" ", "").lower()


def _words(error: InventoryError, path: str) -> str:
    return str(error).removeprefix(f"{path}: ")[:_MOST_WORDS]
