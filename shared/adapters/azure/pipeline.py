"""The HTTP pipeline to Azure Resource Manager: tokens, retries, quotas, limits; bodies stay bytes.

There is no ContentDecodePolicy and there are no models: a page of a thousand resources is read once, as
bytes, and parsed once by orjson. Parsing stays on the event loop's thread: orjson holds the interpreter's
lock while it parses, so another thread would not let the loop run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

import orjson
from azure.core import AsyncPipelineClient
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError, ClientAuthenticationError
from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import (
    AsyncBearerTokenCredentialPolicy,
    AsyncHTTPPolicy,
    AsyncRetryPolicy,
    HttpLoggingPolicy,
    RequestIdPolicy,
    SansIOHTTPPolicy,
    UserAgentPolicy,
)
from azure.core.rest import AsyncHttpResponse, HttpRequest

from shared.adapters.azure.clouds import Cloud, checked_base_url, is_loopback, origin_of
from shared.adapters.azure.errors import error_of, no_token, unparsable
from shared.adapters.azure.quota import Quota
from shared.adapters.proxies import environment_names_a_proxy
from shared.ports.errors import InventoryError

MAX_ANSWER_BYTES: Final = 64 * 1024 * 1024
"""Four times what Resource Graph sends at most."""

_USER_AGENT: Final = "security-copilot"
_READ_BLOCK: Final = 1024 * 1024
_BODY_ATTEMPTS: Final = 3
_READS: Final = frozenset({"GET", "POST"})
_MAY_BE_EMPTY: Final = frozenset({202, 204})

_Request = PipelineRequest[HttpRequest]
_Response = PipelineResponse[HttpRequest, AsyncHttpResponse]


@dataclass(frozen=True, slots=True)
class PipelineLimits:
    """Patience and sizes. Seconds and bytes."""

    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    """Longest silence between two pieces of an answer."""
    total_timeout: float = 300.0
    """Of one call with its retries and its waits for a quota."""
    retries: int = 4
    backoff: float = 0.8
    longest_retry_after: float = 30.0
    max_bytes: int = MAX_ANSWER_BYTES


@dataclass(frozen=True, slots=True)
class Answer:
    """A 2xx answer: `body` is parsed JSON, `headers` are compared without regard to case.

    `body` is None where a 202 or 204 has none.
    """

    status: int
    headers: Mapping[str, str]
    body: Any


class _CappedRetryPolicy(AsyncRetryPolicy[HttpRequest, AsyncHttpResponse]):
    """azure-core's retries, but Retry-After cannot make a caller wait longer than the cap."""

    def __init__(self, limits: PipelineLimits) -> None:
        super().__init__(
            retry_total=limits.retries,
            retry_connect=limits.retries,
            retry_read=limits.retries,
            retry_status=limits.retries,
            retry_backoff_factor=limits.backoff,
            retry_backoff_max=limits.longest_retry_after,
        )
        self._cap = limits.longest_retry_after

    def get_retry_after(self, response: PipelineResponse[Any, Any]) -> float | None:
        try:
            seconds = super().get_retry_after(response)
        except ValueError:  # neither seconds nor a date: back off instead
            return None
        return None if seconds is None else min(seconds, self._cap)


class _QuotaPolicy(AsyncHTTPPolicy[HttpRequest, AsyncHttpResponse]):
    """Asks the call's quota before every send; stands below the retry policy, so that retries count."""

    async def send(self, request: _Request) -> _Response:
        # Options go on to the transport, which does not know this one; the context outlives a retry.
        if "quota" in request.context.options:
            request.context["quota"] = request.context.options.pop("quota")
        quota: Quota = request.context["quota"]
        await quota.acquire()
        status, headers = 0, cast("Mapping[str, str]", {})
        try:
            response = await self.next.send(request)
            status, headers = response.http_response.status_code, response.http_response.headers
            return response
        finally:
            quota.settle(status, headers)


class ArmPipeline:
    """Reads JSON from one endpoint: Resource Manager's, or one that speaks its way."""

    def __init__(
        self,
        credential: AsyncTokenCredential,
        cloud: Cloud,
        *,
        base_url: str | None = None,
        audience: str | None = None,
        limits: PipelineLimits | None = None,
        log_requests: bool = False,
        other_hosts: Callable[[str], bool] | None = None,
    ) -> None:
        """
        Args:
            credential: stays the caller's to close.
            base_url: instead of the cloud's endpoint; http only to this machine.
            audience: instead of the cloud's, what tokens are asked for.
            other_hosts: says of an absolute URL whether it may be asked though it lies elsewhere.
            log_requests: log lines and allow-listed headers of requests and answers, never bodies.

        Raises:
            ValueError: the base URL is none, or http to another machine.
        """
        self.base_url = checked_base_url(base_url or cloud.resource_manager)
        self._limits = limits or PipelineLimits()
        self._other_hosts = other_hosts
        self._plain_http = self.base_url.startswith("http:")
        scope = f"{(audience or cloud.audience).rstrip('/')}/.default"
        policies: list[AsyncHTTPPolicy[Any, Any] | SansIOHTTPPolicy[Any, Any]] = [
            RequestIdPolicy(),
            UserAgentPolicy(base_user_agent=_USER_AGENT),
            _CappedRetryPolicy(self._limits),
            AsyncBearerTokenCredentialPolicy(credential, scope),
            _QuotaPolicy(),
        ]
        if log_requests:
            policies.append(HttpLoggingPolicy())
        self._client: AsyncPipelineClient[HttpRequest, AsyncHttpResponse] = AsyncPipelineClient(
            self.base_url,
            policies=policies,
            connection_timeout=self._limits.connect_timeout,
            read_timeout=self._limits.read_timeout,
            connection_data_block_size=_READ_BLOCK,
            use_env_settings=environment_names_a_proxy() and not is_loopback(self.base_url),
        )

    async def get(self, url: str, quota: Quota, what: str) -> Answer:
        """GET a path of the endpoint, or an absolute URL that must lie on it.

        Raises:
            InventoryError: see `post`.
        """
        return await self._fetch(HttpRequest("GET", self._absolute(url)), quota, what)

    async def post(self, url: str, body: object, quota: Quota, what: str) -> Answer:
        """POST a JSON body. Only for reads: a POST is retried like a GET.

        Args:
            url: a path of the endpoint, or an absolute URL on it.
            quota: asked before each send.
            what: what is asked for, in words, for error messages.

        Raises:
            InventoryDeniedError: 401, 403, or no token.
            PageTooLargeError: the answer is beyond the service's limit of size or ours.
            InventoryError: anything else that is not 2xx with JSON, after the retries; `transient` says
                whether a later try may succeed.
        """
        request = HttpRequest(
            "POST",
            self._absolute(url),
            content=orjson.dumps(body),
            headers={"Content-Type": "application/json"},
        )
        return await self._fetch(request, quota, what)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.close()

    def _absolute(self, url: str) -> str:
        if url.startswith("/") and not url.startswith("//"):
            return self.base_url + url
        try:
            stays = origin_of(url) == origin_of(self.base_url)
        except ValueError:
            stays = False
        if not stays and not (self._other_hosts is not None and self._other_hosts(url)):
            raise InventoryError(f"link leaves {self.base_url}: {url[:200]!r}", code="ForeignLink")
        return url

    async def _fetch(self, request: HttpRequest, quota: Quota, what: str) -> Answer:
        request.headers["Accept"] = "application/json"
        # Named, because azure-core unpacks these two only and the transport would offer all it knows.
        request.headers["Accept-Encoding"] = "gzip, deflate"
        try:
            async with asyncio.timeout(self._limits.total_timeout):
                status, headers, content = await self._attempts(request, quota, what)
        except TimeoutError as error:
            raise InventoryError(
                f"{what}: no answer within {self._limits.total_timeout:g} s", code="Timeout", transient=True
            ) from error
        except ClientAuthenticationError as error:
            raise no_token(error, what) from error
        except AzureError as error:
            raise InventoryError(
                f"{what}: {str(error.message)[:300]}", code=type(error).__name__, transient=True
            ) from error
        if not 200 <= status < 300:
            raise error_of(status, content, what)
        if not content and status in _MAY_BE_EMPTY:
            return Answer(status, headers, None)
        try:
            return Answer(status, headers, orjson.loads(content))
        except orjson.JSONDecodeError as error:
            raise unparsable(what, f"answer is not JSON ({error})", status=status) from error

    async def _attempts(
        self, request: HttpRequest, quota: Quota, what: str
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Send until a whole body arrived: the retry policy ends where the body begins."""
        for attempt in range(1, _BODY_ATTEMPTS + 1):
            response = await self._client.send_request(
                request, stream=True, quota=quota, retry_on_methods=_READS, **self._options()
            )
            async with response:
                try:
                    content = await self._read(response, what)
                except AzureError:
                    if attempt == _BODY_ATTEMPTS:
                        raise
                    continue
                return response.status_code, response.headers, content
        raise AssertionError("unreachable")

    def _options(self) -> dict[str, Any]:
        # azure-core sends no token over http unless each call says so; checked_base_url saw to the host.
        return {"enforce_https": False} if self._plain_http else {}

    async def _read(self, response: AsyncHttpResponse, what: str) -> bytes:
        limit = self._limits.max_bytes
        pieces: list[bytes] = []
        size = 0
        async for piece in response.iter_bytes():
            size += len(piece)
            if size > limit:
                raise error_of(413, b"", f"{what}: answer is larger than {limit} bytes")
            pieces.append(piece)
        return b"".join(pieces)
