"""Containers of storage accounts that strangers may read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from shared.rules.access.certainty import Certainty
from shared.rules.access.stores import Store
from shared.rules.base import RuleStatus
from shared.rules.columns import ColumnError
from shared.rules.packs.storage._accounts import ACCOUNT, is_off
from shared.rules.packs.storage._containers import CONTAINER, CONTAINER_PATHS, level_of
from shared.rules.resources import ResourceColumns, SubscriptionResources

_IS_OFF: Final = is_off("properties.allowBlobPublicAccess")
ACCOUNT_PATHS: Final = _IS_OFF.paths

__all__ = ["ACCOUNT", "ACCOUNT_PATHS", "CONTAINER", "CONTAINER_PATHS", "PublicBlobs", "public_blobs"]


@dataclass(frozen=True, slots=True)
class PublicBlobs:
    """A container that strangers may read, or an account whose containers could not be told."""

    id: str
    certainty: Certainty
    words: str
    note: str | None = None

    @property
    def name(self) -> str:
        """The last part of the id."""
        return self.id.rsplit("/", 1)[-1]


def public_blobs(account: ResourceColumns, resources: SubscriptionResources) -> Iterator[PublicBlobs]:
    """What of an account may be read without signing in, whatever its network admits."""
    try:
        if _IS_OFF.judge(account.columns).status is RuleStatus.PASS:
            return
        containers = resources.children(CONTAINER, account.id)
    except ColumnError as error:
        yield PublicBlobs(account.id, Certainty.UNREAD, "its containers may be public", str(error))
        return
    for one in containers:
        try:
            level = level_of(one)
        except ColumnError as error:
            words = f"container {one.name} may be public"
            yield PublicBlobs(one.id, Certainty.UNREAD, words, str(error))
            continue
        if level != "none":
            read = "listed and read" if level == "container" else "read"
            words = f"blobs of container {one.name} can be {read} without signing in"
            yield PublicBlobs(one.id, Certainty.READ, words)


def best_public_blobs(store: Store, resources: SubscriptionResources) -> PublicBlobs | None:
    """The surest of them that strangers get to through the account's network."""
    if store.network.internet is None:
        return None
    account = resources.find(ACCOUNT, store.key)
    found = () if account is None else public_blobs(account, resources)
    return min(found, key=lambda one: (one.certainty, one.id), default=None)
