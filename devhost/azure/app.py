"""The HTTP surface: checks every call, gives the wrong answers that are due, and finds the right handler."""

import asyncio
import logging
import re
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from devhost.azure import resource_graph
from devhost.azure.arm_actions import ArmActions
from devhost.azure.arm_id import ArmPath, parse
from devhost.azure.arm_page import Body, PageRequest
from devhost.azure.arm_read import ArmReader
from devhost.azure.arm_write import MAX_BODY_BYTES, ArmWriter, Written
from devhost.azure.change_events import ChangeEvents
from devhost.azure.errors import ArmError, AzureError, bad_request, json_response, raw_response
from devhost.azure.estate import Estate
from devhost.azure.faults import Faults, FaultSchedule, FaultsError, WrongAnswer, read_faults
from devhost.azure.graph_query import GraphQuery
from devhost.azure.identity import Identity, IdentityError
from devhost.azure.key_vault import PREFIX as VAULT_PREFIX
from devhost.azure.key_vault import KeyVaultDataPlane
from devhost.azure.microsoft_graph import PREFIX as GRAPH_PREFIX
from devhost.azure.microsoft_graph import MicrosoftGraph
from devhost.azure.network_questions import NetworkQuestions
from devhost.azure.operations import Operations
from devhost.azure.resource_graph import GraphRequest, ResourceGraph
from devhost.azure.throttle import QueryQuota, TokenBucket
from devhost.azure.wrong_answers import scripted, spoiled

log = logging.getLogger(__name__)

GRAPH_PATH: Final = "/providers/microsoft.resourcegraph/resources"
_API_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(-[a-z]+)?")
_OPERATION = re.compile(
    r"/providers/([^/]+)/locations/[^/]+/(operations|operationresults)/([0-9a-f-]{36})$", re.I
)
Clock = Callable[[], float]


class StandInApp:
    """State of one stand-in and its aiohttp application (:attr:`web_app`).

    ``clock`` gives monotonic seconds, for the quotas.
    """

    def __init__(
        self,
        estate: Estate,
        faults: Faults,
        identity: Identity,
        tenant_id: str,
        clock: Clock,
        event_webhook: str | None = None,
    ) -> None:
        self.estate = estate
        self.schedule = FaultSchedule(faults)
        self.identity = identity
        self.statuses: Counter[int] = Counter()
        self.queries: Counter[str] = Counter()
        self._clock = clock
        self._tenant_id = tenant_id
        self._graph = ResourceGraph(estate, tenant_id)
        self._reader = ArmReader(estate, tenant_id)
        self._actions = ArmActions(estate)
        self._questions = NetworkQuestions(estate)
        self._microsoft_graph = MicrosoftGraph(estate, clock)
        self._vaults = KeyVaultDataPlane(estate, tenant_id, clock)
        self._operations = Operations()
        self.changes = ChangeEvents(event_webhook, tenant_id)
        self._writer = ArmWriter(estate, self._operations, self.changes.announce)
        self._start_quotas()
        self.web_app = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[self._answer])
        self.web_app.router.add_get("/msi/token", self._token)
        self.web_app.router.add_get("/_control/stats", self._stats)
        self.web_app.router.add_get("/_control/faults", self._show_faults)
        self.web_app.router.add_post("/_control/faults", self._replace_faults)
        self.web_app.router.add_route("*", GRAPH_PREFIX + "/{path:.*}", self._directory)
        self.web_app.router.add_route("*", VAULT_PREFIX + "{vault}/{path:.*}", self._vault)
        self.web_app.router.add_route("*", "/{path:.*}", self._azure)

    def _start_quotas(self) -> None:
        self._quota = QueryQuota(self._clock)
        self._buckets: dict[tuple[str, str], TokenBucket] = {}
        self._microsoft_graph.forget_counts()
        self._vaults.forget_counts()

    @web.middleware
    async def _answer(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        try:
            response = await handler(request)
        except AzureError as error:
            response = error.response()
        except web.HTTPRequestEntityTooLarge:
            response = ArmError(
                413, "RequestContentTooLarge", f"More than {MAX_BODY_BYTES} bytes."
            ).response()
        except (web.HTTPException, asyncio.CancelledError):
            raise
        except Exception:
            log.exception("%s %s failed", request.method, request.path)
            response = ArmError(500, "InternalServerError", "The stand-in failed; see its log.").response()
        request_id = str(uuid.uuid4())
        response.headers.setdefault("x-ms-request-id", request_id)
        response.headers.setdefault("x-ms-correlation-request-id", request_id)
        self.statuses[response.status] += 1
        return response

    # Managed identity and control

    async def _token(self, request: web.Request) -> web.Response:
        wrong = self.schedule.next_answer("GET", request.path)
        if wrong is not None and wrong.status is not None:
            return json_response({"statusCode": wrong.status, "message": "scripted"}, wrong.status)
        try:
            response = json_response(self.identity.issue(request.headers, request.query))
        except IdentityError as error:
            return json_response({"statusCode": error.status, "message": str(error)}, error.status)
        return response if wrong is None else spoiled(response, wrong)

    def stats(self) -> dict[str, object]:
        """What was asked and answered since the start, as ``GET /_control/stats`` tells it."""
        return {
            "requests": sum(self.statuses.values()),
            "statuses": {str(status): count for status, count in sorted(self.statuses.items())},
            "queries": dict(self.queries),
            "rows": self._graph.rows,
            "tokens": self.identity.issued,
            "faults_given": self.schedule.given,
            "faults_pending": self.schedule.pending,
            "resources": len(self.estate),
            "malformed": self.estate.file.malformed,
            "duplicates": self.estate.file.duplicates,
        }

    async def _stats(self, _request: web.Request) -> web.Response:
        return json_response(self.stats())

    async def _show_faults(self, _request: web.Request) -> web.Response:
        return json_response(self.schedule.faults.model_dump(mode="json"))

    async def _replace_faults(self, request: web.Request) -> web.Response:
        if "Origin" in request.headers:
            raise ArmError(403, "Forbidden", "Web pages may not change the faults.")
        try:
            faults = read_faults(await request.read())
        except FaultsError as error:
            raise bad_request(str(error), "InvalidFaults") from error
        self.schedule.replace(faults)
        self._start_quotas()
        return json_response(faults.model_dump(mode="json"))

    # Microsoft Graph and key vaults

    async def _directory(self, request: web.Request) -> web.Response:
        return await self._serve(self._microsoft_graph, request)

    async def _vault(self, request: web.Request) -> web.Response:
        return await self._serve(self._vaults, request)

    async def _serve(self, service: MicrosoftGraph | KeyVaultDataPlane, request: web.Request) -> web.Response:
        body = await request.read()
        refused = self.identity.refusal(request.headers.get("Authorization"), service.audiences)
        if refused is not None:
            raise service.unauthenticated(request, *refused)
        faults = self.schedule.faults
        if faults.latency_ms:
            await asyncio.sleep(faults.latency_ms / 1000)
        wrong = self.schedule.next_answer(request.method, request.path, service=service.name)
        if wrong is not None and wrong.status is not None:
            raise service.scripted(wrong)
        response = service.answer(request, body, faults)
        return response if wrong is None else spoiled(response, wrong)

    # Resource Manager and Resource Graph

    async def _azure(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.identity.check(request.headers.get("Authorization"))
        faults = self.schedule.faults
        if faults.latency_ms:
            await asyncio.sleep(faults.latency_ms / 1000)
        version = request.query.get("api-version", "")
        if not version:
            message = "The api-version query parameter (?api-version=) is required for all requests."
            raise bad_request(message, "MissingApiVersionParameter")
        if not _API_VERSION.fullmatch(version):
            raise bad_request(f"The api-version '{version[:40]}' is invalid.", "InvalidApiVersionParameter")
        if request.path.rstrip("/").lower() == GRAPH_PATH:
            return self._query(request, body)
        wrong = self.schedule.next_answer(request.method, request.path, service="arm")
        if wrong is not None and wrong.status is not None:
            raise _scripted(wrong)
        path = parse(request.path)
        headers = self._count(path, request.method)
        response = self._manage(request, path, body)
        response.headers.update(headers)
        return response if wrong is None else spoiled(response, wrong)

    def _query(self, request: web.Request, body: bytes) -> web.Response:
        if request.method != "POST":
            raise ArmError(405, "MethodNotAllowed", f"{request.method} is not allowed here.")
        asked: tuple[GraphRequest, GraphQuery] | None = None
        refusal: ArmError | None = None
        try:
            asked = resource_graph.read_request(body)
        except ArmError as error:
            refusal = error
        query_id = asked[1].query_id if asked is not None else None
        wrong = self.schedule.next_answer(request.method, request.path, query_id, "resource_graph")
        if wrong is not None and wrong.status is not None:
            raise _scripted(wrong)
        limits = self.schedule.faults.resource_graph
        headers: dict[str, str] = {}
        if limits.quota:
            state = self._quota.take(limits.quota, limits.window_s)
            if not state.allowed:
                raise resource_graph.throttled(state)
            headers = state.headers
        if asked is None:
            raise refusal or bad_request("The query cannot be read.")
        self.queries[asked[1].query_id] += 1
        try:
            answer = self._graph.answer(*asked, self.schedule.faults)
        except ArmError as error:
            error.headers.update(headers)
            raise
        response = raw_response(answer, headers=headers)
        return response if wrong is None else spoiled(response, wrong)

    def _count(self, path: ArmPath, method: str) -> dict[str, str]:
        """Count a request in its subscription's bucket; gives the headers that tell what remains."""
        limits = self.schedule.faults.resource_manager
        if method in ("GET", "HEAD", "POST"):
            kind, burst, rate = "reads", limits.read_burst, limits.reads_per_s
        else:
            kind, burst, rate = "writes", limits.write_burst, limits.writes_per_s
        if not burst:
            return {}
        subscription = (path.subscription or "").lower()
        if subscription and subscription not in self.estate.subscriptions:
            return {}
        key = (subscription, kind)
        if key not in self._buckets:
            self._buckets[key] = TokenBucket(self._clock, burst, rate)
        remaining, wait = self._buckets[key].take()
        level = "subscription" if path.subscription else "tenant"
        headers = {f"x-ms-ratelimit-remaining-{level}-{kind}": str(remaining)}
        if wait is not None:
            message = (
                f"Number of {kind} for {level} exceeded the limit. Please try again after {wait} seconds."
            )
            raise ArmError(429, "TooManyRequests", message, headers={"Retry-After": str(wait), **headers})
        return headers

    def _manage(self, request: web.Request, path: ArmPath, body: bytes) -> web.Response:
        faults = self.schedule.faults
        operation = _OPERATION.search(request.path)
        if operation is not None and request.method == "GET":
            return self._poll(operation[2].lower() == "operationresults", operation[3])
        if request.method == "GET":
            link = f"{request.scheme}://{request.host}{request.rel_url.raw_path}"
            page = PageRequest(link, request.query, faults.resource_manager.page_size)
            return _found(self._reader.get(path, faults, page))
        if request.method in ("PUT", "PATCH", "DELETE"):
            written = self._writer.write(request.method, path, faults, request.headers, body)
            return self._written(request, path, written)
        if request.method == "POST":
            answer = self._questions.answer(path, faults, body)
            if answer is not None:
                return self._accepted(request, path, answer)
            done = self._actions.post(path, faults, dict(request.query), body)
            if done is not None:
                return _found(done)
        raise ArmError(501, "NotImplemented", f"The stand-in has no {request.method} {request.path}.")

    def _accepted(self, request: web.Request, path: ArmPath, answer: bytes) -> web.Response:
        """202 for a question whose answer is ready when its operation ends."""
        course = self.schedule.faults.operations
        operation_id = self._operations.begin(course, lambda _: None, answer)
        return web.Response(status=202, headers=self._links(request, path, operation_id, 202))

    def _links(self, request: web.Request, path: ArmPath, operation_id: str, status: int) -> dict[str, str]:
        """The headers by which a client follows an operation."""
        base = (
            f"{request.scheme}://{request.host}/subscriptions/{path.subscription}/providers/{path.namespace}"
        )
        tail = f"{operation_id}?api-version={request.query['api-version']}"
        links = {"Azure-AsyncOperation": f"{base}/locations/global/operations/{tail}"}
        if status == 202:
            links["Location"] = f"{base}/locations/global/operationResults/{tail}"
        return links | {"Retry-After": str(self.schedule.faults.operations.retry_after)}

    def _written(self, request: web.Request, path: ArmPath, written: Written) -> web.Response:
        headers = {} if written.etag is None else {"ETag": written.etag}
        if written.operation_id is not None:
            headers |= self._links(request, path, written.operation_id, written.status)
        if not written.body:
            return web.Response(status=written.status, headers=headers)
        return raw_response(written.body, written.status, headers)

    def _poll(self, for_result: bool, operation_id: str) -> web.Response:
        status, retry_after = self._operations.poll(operation_id)
        headers = {"Retry-After": str(retry_after)} if status == "InProgress" else {}
        result = self._operations.result(operation_id) if for_result and status == "Succeeded" else None
        if result is not None:
            return raw_response(result)
        if for_result:
            return web.Response(status=202 if status == "InProgress" else 204, headers=headers)
        answer: dict[str, object] = {"status": status}
        if status in ("Failed", "Canceled"):
            answer["error"] = {
                "code": f"Operation{status}",
                "message": "The operation was scripted to end so.",
            }
        return json_response(answer, headers=headers)


def _found(body: Body) -> web.Response:
    return raw_response(body.raw, headers={} if body.etag is None else {"ETag": body.etag})


def _scripted(wrong: WrongAnswer) -> ArmError:
    status, code, message, headers = scripted(wrong)
    return ArmError(status, code, message, headers=headers)
