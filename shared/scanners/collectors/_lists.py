"""Collectors that ask Resource Manager for one list, or one object, below a resource."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from shared.ports.errors import InventoryDeniedError, InventoryError, NetworkBlockedError
from shared.ports.reads import AzureReads
from shared.scanners.details import Detail


class Ask(StrEnum):
    """How Resource Manager is asked."""

    LIST = "list"
    OBJECT = "object"
    """One object, such as a setting named `default`; that it is not there is an empty list."""
    POST = "post"
    """A list that is asked for by POST."""


@dataclass(frozen=True, slots=True)
class ArmList:
    """One list of Resource Manager below each resource of some types."""

    type: str
    """What the entries are taken for, lower-cased."""
    parents: tuple[str, ...]
    path: str
    """Behind the id of the parent: `/firewallRules`; of a directory from the root: `/providers/...`."""
    api_version: str
    action: str
    """The Azure action that reading it needs."""
    ask: Ask = Ask.LIST
    keeps: tuple[str, ...] = ()
    opt_in: bool = False

    @property
    def name(self) -> str:
        """Its name in orders."""
        return self.type

    @property
    def types(self) -> tuple[str, ...]:
        """What it gives."""
        return (self.type,)

    @property
    def permissions(self) -> Mapping[str, tuple[str, ...]]:
        """What it needs."""
        return {self.type: (self.action,)}

    async def read(
        self, parent: Mapping[str, Any], wanted: frozenset[str], reads: AzureReads
    ) -> Sequence[Detail]:
        """The list below one resource."""
        del wanted
        return [await guarded(self.type, self.action, self._rows(self._address(parent["id"]), reads))]

    def _address(self, parent_id: str) -> str:
        return self.path if parent_id.startswith("/tenants/") else parent_id + self.path

    async def _rows(self, path: str, reads: AzureReads) -> Sequence[Any]:
        if self.ask is Ask.LIST:
            return await reads.arm_list(path, self.api_version)
        if self.ask is Ask.POST:
            return await reads.arm_post(path, self.api_version)
        found = await reads.arm_get(path, self.api_version)
        return () if found is None else (found,)


async def guarded(kind: str, permission: str, rows: Any) -> Detail:
    """What an awaitable of rows came to: rows, or the reason why there are none.

    Raises:
        InventoryError: transient.
    """
    try:
        return Detail(kind, tuple(await rows))
    except InventoryDeniedError as error:
        return Detail(kind, reason=refusal(error, permission), denied=True)
    except InventoryError as error:
        if error.transient:
            raise
        return Detail(kind, reason=str(error))


def refusal(error: InventoryDeniedError, permission: str) -> str:
    """Why a read was refused, and what would help: a permission, or a way through the resource's network."""
    if isinstance(error, NetworkBlockedError):
        return f"{error} (its firewall or network keeps the scanner out: a permission does not help)"
    return f"{error} (needs {permission})"
