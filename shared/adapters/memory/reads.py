"""The AzureReads port over answers held in memory."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Any

from shared.ports.errors import InventoryError, no_result

Answers = Mapping[str, Any]


class MemoryAzureReads:
    """Answers by path: a list or object to return, an exception to raise; an unknown path is an error."""

    def __init__(self, answers: Answers | None = None) -> None:
        """
        Args:
            answers: lower-cased path (for a vault: its URI and the path) -> answer; None = not there.
        """
        self.answers = {path.lower(): answer for path, answer in (answers or {}).items()}
        self.calls: Counter[str] = Counter()
        self.bodies: list[tuple[str, object]] = []
        """What operations were asked: lower-cased path and body. An answer to one may be a function of its
        body, or a future that never comes."""

    async def arm_get(self, path: str, api_version: str) -> Mapping[str, Any] | None:
        del api_version
        return self._object(path)

    async def arm_list(self, path: str, api_version: str) -> list[Any]:
        del api_version
        return self._list(path)

    async def arm_post(self, path: str, api_version: str, body: object | None = None) -> list[Any]:
        del api_version, body
        return self._list(path)

    async def arm_post_object(self, path: str, api_version: str) -> Mapping[str, Any]:
        del api_version
        return self._object(path) or {}

    async def arm_operation(
        self, path: str, api_version: str, body: object | None = None, *, within: float
    ) -> Mapping[str, Any]:
        del api_version
        self.bodies.append((path.lower(), body))
        try:
            async with asyncio.timeout(within):
                answer = self._answer(path)
                found = answer(body) if callable(answer) else answer
                while isinstance(found, asyncio.Future):
                    found = await found
        except TimeoutError as error:
            raise no_result(path, within) from error
        if not isinstance(found, Mapping):
            raise InventoryError(f"{path}: answer is not an object", code="UnparsableAnswer", transient=True)
        return found

    async def graph_get(self, path: str) -> Mapping[str, Any] | None:
        return self._object(path)

    async def graph_list(self, path: str) -> list[Any]:
        return self._list(path)

    async def graph_post(self, path: str, body: object) -> list[Any]:
        del body
        return self._list(path)

    async def vault_list(self, vault_uri: str, path: str) -> list[Any]:
        return self._list(f"{vault_uri}{path}")

    async def vault_get(self, vault_uri: str, path: str) -> Mapping[str, Any] | None:
        return self._object(f"{vault_uri}{path}")

    def _answer(self, path: str) -> Any:
        self.calls[path.lower()] += 1
        try:
            answer = self.answers[path.lower()]
        except KeyError:
            raise InventoryError(f"{path}: 404 NotFound", status=404, code="NotFound") from None
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def _list(self, path: str) -> list[Any]:
        return list(self._answer(path))

    def _object(self, path: str) -> Mapping[str, Any] | None:
        answer: Mapping[str, Any] | None = self._answer(path)
        return answer
