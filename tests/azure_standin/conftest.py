"""Clients made of Microsoft's own packages, pointed at the stand-in as the Functions platform does it."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from azure.core import AsyncPipelineClient
from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import (
    AsyncBearerTokenCredentialPolicy,
    AsyncRetryPolicy,
    RequestIdPolicy,
    SansIOHTTPPolicy,
    UserAgentPolicy,
)
from azure.core.rest import AsyncHttpResponse, HttpRequest
from azure.identity.aio import ManagedIdentityCredential
from yarl import URL

from devhost.azure.server import StandIn, serve
from tests.azure_standin import estates

SCOPE = "https://management.azure.com/.default"
API = "api-version=2022-10-01"


class AllowHttp(SansIOHTTPPolicy[Any, Any]):
    """Lets the bearer policy send its token over plain http."""

    def on_request(self, request: PipelineRequest[Any]) -> None:
        request.context.options["enforce_https"] = False


class Azure:
    """An azure-core client of one stand-in."""

    def __init__(
        self,
        standin: StandIn,
        client: AsyncPipelineClient[HttpRequest, AsyncHttpResponse],
        credential: ManagedIdentityCredential,
    ) -> None:
        self.standin = standin
        self.client = client
        self._credential = credential

    async def send(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> AsyncHttpResponse:
        url = path if path.startswith("http") else self.standin.base_url + path
        if "api-version=" not in url:
            url += ("&" if "?" in url else "?") + API
        request = HttpRequest(method, url, headers=dict(headers or {}), json=body)
        return await self.client.send_request(request)

    async def json(self, method: str, path: str, body: object = None) -> Any:
        response = await self.send(method, path, body)
        assert response.status_code < 300, response.text()
        return response.json()

    async def call(
        self, path: str, audience: str, *, method: str = "GET", body: object = None, token: str | None = None
    ) -> tuple[int, Any, Mapping[str, str]]:
        """``(status, body, headers)`` of a service other than Resource Manager; ``token`` "" sends none."""
        if token is None:
            token = (await self._credential.get_token(f"{audience}/.default")).token
        url = URL(path if path.startswith("http") else self.standin.base_url + path, encoded=True)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, url, json=body, headers=headers) as response,
        ):
            return response.status, await response.json(content_type=None), response.headers

    async def graph(self, path: str, **more: Any) -> tuple[int, Any, Mapping[str, str]]:
        """A Microsoft Graph call; ``path`` is below ``/v1.0``, or a next link."""
        whole = path if path.startswith("http") else "/graph/v1.0/" + path
        return await self.call(whole, "https://graph.microsoft.com", **more)

    async def vault(self, path: str, **more: Any) -> tuple[int, Any, Mapping[str, str]]:
        """A Key Vault call; ``path`` is below ``/vault/``, or a next link."""
        whole = path if path.startswith("http") else "/vault/" + path
        if "api-version" not in whole:
            whole += ("&" if "?" in whole else "?") + "api-version=7.4"
        return await self.call(whole, "https://vault.azure.net", **more)

    async def query(self, text: str, **more: Any) -> AsyncHttpResponse:
        path = "/providers/Microsoft.ResourceGraph/resources"
        return await self.send("POST", path, {"query": text, **more})

    async def pages(self, text: str, top: int = 1000, **more: Any) -> list[dict[str, Any]]:
        """All pages of a query, following $skipToken to the end."""
        answers: list[dict[str, Any]] = []
        options: dict[str, Any] = {"$top": top, "resultFormat": "objectArray"}
        while True:
            response = await self.query(text, options=options, **more)
            assert response.status_code == 200, response.text()
            answers.append(response.json())
            if "$skipToken" not in answers[-1]:
                return answers
            options = {**options, "$skipToken": answers[-1]["$skipToken"]}

    async def rows(self, text: str, **more: Any) -> list[Any]:
        return [row for page in await self.pages(text, **more) for row in page["data"]]

    async def stats(self) -> Any:
        return (await self.send("GET", "/_control/stats")).json()


Start = Callable[..., Any]


@pytest.fixture
async def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Start]:
    """``await start(lines, faults, retries=0, **serve options)`` gives an :class:`Azure`."""
    async with AsyncExitStack() as stack:

        async def begin(
            lines: Iterable[dict[str, Any] | bytes],
            faults: Mapping[str, Any] | None = None,
            *,
            retries: int = 0,
            **options: Any,
        ) -> Azure:
            path = estates.write(tmp_path / "estate.jsonl", lines)
            standin = await stack.enter_async_context(serve(path, faults, **options))
            monkeypatch.setenv("IDENTITY_ENDPOINT", standin.identity_endpoint)
            monkeypatch.setenv("IDENTITY_HEADER", standin.identity_header)
            credential = await stack.enter_async_context(ManagedIdentityCredential())
            policies = [
                RequestIdPolicy(),
                UserAgentPolicy("tests"),
                AllowHttp(),
                AsyncRetryPolicy(retry_total=retries, retry_backoff_factor=0),
                AsyncBearerTokenCredentialPolicy(credential, SCOPE),
            ]
            client: Any = AsyncPipelineClient(standin.base_url, policies=policies)
            return Azure(standin, await stack.enter_async_context(client), credential)

        yield begin
