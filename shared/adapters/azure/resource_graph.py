"""Pages of resources from Azure Resource Graph."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Final

from shared.adapters.azure.errors import unparsable
from shared.adapters.azure.pipeline import Answer, ArmPipeline
from shared.adapters.azure.queries import (
    MAX_PAGE_SIZE,
    checked_page_size,
    checked_subscriptions,
    checked_types,
    invalid_argument,
    query_id,
    query_text,
)
from shared.adapters.azure.quota import Quota
from shared.ports.errors import InventoryError, PageTooLargeError
from shared.ports.inventory import InventoryPage, InventoryQuery

# The default of azure-mgmt-resourcegraph 8.0.1 (ResourceGraphClientConfiguration.api_version), and stable in
# Azure/azure-rest-api-specs, resourcegraph/resource-manager/Microsoft.ResourceGraph/stable/2021-03-01.
_PATH: Final = "/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01"

# Set when the identity sees more subscriptions than a query reads:
# https://learn.microsoft.com/azure/governance/resource-graph/concepts/guidance-for-throttled-requests
_SUBSCRIPTION_LIMIT: Final = "x-ms-tenant-subscription-limit-hit"

_MAX_SKIP_TOKEN: Final = 16_384
_GROW_AFTER: Final = 20
"""Pages that must succeed at a reduced size before a page of twice the size is tried."""
_MAX_REMEMBERED: Final = 256


class _PageSizes:
    """What size of page succeeds, for each query and types."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, ...], tuple[int, int]] = OrderedDict()

    def at_most(self, key: tuple[str, ...], wanted: int) -> int:
        size, _ = self._known.get(key, (MAX_PAGE_SIZE, 0))
        return min(size, wanted)

    def too_large(self, key: tuple[str, ...], size: int) -> int:
        """Remember half of a size of at least 2 that was too large, and give it."""
        half = size // 2
        self._known[key] = (half, 0)
        self._known.move_to_end(key)
        if len(self._known) > _MAX_REMEMBERED:
            self._known.popitem(last=False)
        return half

    def succeeded(self, key: tuple[str, ...], size: int) -> None:
        remembered, successes = self._known.get(key, (MAX_PAGE_SIZE, 0))
        if key not in self._known or size < remembered:
            return
        if successes + 1 < _GROW_AFTER:
            self._known[key] = (remembered, successes + 1)
        elif remembered * 2 >= MAX_PAGE_SIZE:
            del self._known[key]
        else:
            self._known[key] = (remembered * 2, 0)


class ResourceGraph:
    """Resource Graph queries under one shared quota."""

    def __init__(self, pipeline: ArmPipeline, quota: Quota, *, page_size: int = MAX_PAGE_SIZE) -> None:
        self._pipeline = pipeline
        self._quota = quota
        self._page_size = checked_page_size(page_size)
        self._sizes = _PageSizes()

    async def page(
        self,
        query: InventoryQuery,
        subscriptions: Sequence[str],
        *,
        types: Sequence[str],
        resource_group: str | None = None,
        skip_token: str | None = None,
        page_size: int | None = None,
    ) -> InventoryPage:
        """One page; rows are passed on as they came, whatever they are.

        An answer that would be too large is asked for again with half the rows, down to one; the size
        that succeeded is where the next page of the same query begins.

        Raises:
            InventoryDeniedError: none of the subscriptions may be read.
            PageTooLargeError: even one row is too large.
            InventoryError: an argument is wrong, or the answer is, or Azure failed.
        """
        text = query_text(query, types, resource_group)
        body: dict[str, Any] = {"subscriptions": list(checked_subscriptions(subscriptions)), "query": text}
        if skip_token is not None and not 0 < len(skip_token) <= _MAX_SKIP_TOKEN:
            raise invalid_argument(f"skip_token: must have 1 to {_MAX_SKIP_TOKEN} characters")
        key = (query_id(query), *checked_types(types))
        size = self._sizes.at_most(
            key, self._page_size if page_size is None else checked_page_size(page_size)
        )
        while True:
            body["options"] = _options(size, skip_token)
            try:
                answer = await self._pipeline.post(_PATH, body, self._quota, query_id(query))
            except PageTooLargeError:
                if size == 1:
                    raise
                size = self._sizes.too_large(key, size)
                continue
            self._sizes.succeeded(key, size)
            return _page_of(answer, query_id(query), skip_token, size)


def _options(size: int, skip_token: str | None) -> dict[str, Any]:
    # "$top ... Overrides the page size when $skipToken property is present" (QueryRequestOptions): a page may
    # shrink in the middle of a listing.
    options: dict[str, Any] = {"$top": size, "resultFormat": "objectArray"}
    if skip_token is not None:
        options["$skipToken"] = skip_token
    return options


def _page_of(answer: Answer, what: str, skip_token: str | None, size: int) -> InventoryPage:
    body = answer.body
    if not isinstance(body, dict):
        raise unparsable(what, "answer is not an object")
    rows, total, count = body.get("data"), body.get("totalRecords"), body.get("count")
    if not isinstance(rows, list):
        raise unparsable(what, "data is not an array")
    if not isinstance(total, int) or not isinstance(count, int) or count != len(rows):
        raise unparsable(what, f"count {count!r} of {total!r} does not fit {len(rows)} rows")
    next_token = body.get("$skipToken")
    if next_token is not None and (
        not isinstance(next_token, str) or not 0 < len(next_token) <= _MAX_SKIP_TOKEN
    ):
        raise unparsable(what, "$skipToken is not a token")
    if next_token is None and str(body.get("resultTruncated")).lower() == "true":
        raise InventoryError(
            f"{what}: truncated after {count} of {total} rows without a way to the rest",
            status=answer.status,
            code="ResultTruncated",
        )
    if next_token is not None and next_token == skip_token:
        raise unparsable(what, "the next page is the same page")
    if str(answer.headers.get(_SUBSCRIPTION_LIMIT, "")).lower() == "true":
        raise InventoryError(
            f"{what}: not all subscriptions were read", status=answer.status, code="SubscriptionLimitHit"
        )
    return InventoryPage(rows, total, next_token, size)
