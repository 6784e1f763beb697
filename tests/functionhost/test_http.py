"""HTTP as the Functions host answers it, and the Event Grid webhook, over the sample app."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import azure.functions as func
import httpx
import pytest

from devhost.functionhost.asgi import header_map, query_map
from devhost.functionhost.host import FunctionHost
from devhost.functionhost.http import to_response
from devhost.functionhost.invocation import InvalidReturnError
from devhost.functionhost.keys import AuthLevel, HostKeys
from tests.functionhost.conftest import SAMPLE_APP

GUID = "2b1c1c0e-aaaa-4bbb-8ccc-0123456789ab"
WEBHOOK = "/runtime/webhooks/eventgrid?functionName=OnEvent&code=event-grid-key"


@asynccontextmanager
async def client_of(host: FunctionHost) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(host)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:7071") as client:
        yield client


@pytest.fixture
async def client(make_host: Callable[..., FunctionHost]) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(make_host()) as client:
        yield client


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/unknown"),
        ("GET", "/"),
        ("PATCH", "/echo/a"),
        ("HEAD", "/items/other"),
        ("OPTIONS", "/items"),
        ("GET", "/echo/a/notanumber"),
        ("GET", "/api/echo/a"),
    ],
)
async def test_an_unknown_path_or_method_is_an_empty_404(
    method: str, path: str, client: httpx.AsyncClient
) -> None:
    answer = await client.request(method, path)
    assert (answer.status_code, answer.content) == (404, b"")


async def test_head_only_where_it_is_listed(client: httpx.AsyncClient) -> None:
    answer = await client.head(f"/items/{GUID}")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == str(len(f"guid {GUID}"))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/items/special", "special"),
        ("/ITEMS/SPECIAL/", "special"),
        (f"/items/{GUID}", f"guid {GUID}"),
        ("/Items/Other", "any Other"),
        ("/items/a%2Fb", "any a%2Fb"),
        ("/files/a/b", "file a/b"),
    ],
)
async def test_routing(path: str, text: str, client: httpx.AsyncClient) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.text) == (200, text)


async def test_what_the_function_sees(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "https://example.test:8443/echo/a%20b/7?x=1&X=2&empty=&y=%C3%A9",
        content="körper",
        headers=[("X-One", "1"), ("X-One", "2")],
    )
    seen = answer.json()
    assert seen["method"] == "POST"
    assert seen["url"] == "https://example.test:8443/echo/a%20b/7?x=1&X=2&empty=&y=%C3%A9"
    assert seen["params"] == {"x": "1,2", "y": "é"}
    assert seen["route_params"] == {"name": "a b", "number": "7"}
    assert seen["headers"]["x-one"] == "1,2" and seen["headers"]["host"] == "example.test:8443"
    assert seen["body"] == "körper"


async def test_a_failure_is_an_empty_500_and_logged_to_stderr(
    client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = await client.get("/boom")
    assert (answer.status_code, answer.content) == (500, b"")
    captured = capsys.readouterr()
    assert captured.err.startswith("function Boom failed:") and "ValueError: boom" in captured.err
    assert captured.out == ""


@pytest.mark.parametrize("path", ["/nothing", "/wrong-type"])
async def test_a_return_value_that_is_no_answer_is_a_500(path: str, client: httpx.AsyncClient) -> None:
    assert (await client.get(path)).status_code == 500


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/secured", {}, 401),
        ("GET", "/secured", {"x-functions-key": "wrong"}, 401),
        ("GET", "/secured", {"x-functions-key": ""}, 401),
        ("GET", "/secured", {"x-functions-key": "schlüssel"}, 401),
        ("GET", "/secured", {"x-functions-key": "host-key"}, 200),
        ("GET", "/secured", {"x-functions-key": "secured-key"}, 200),
        ("GET", "/secured", {"x-functions-key": "master-key"}, 200),
        ("GET", "/secured?code=secured-key", {}, 200),
        ("GET", "/secured?code=secured-key", {"x-functions-key": "wrong"}, 401),
        ("POST", "/maintenance", {"x-functions-key": "host-key"}, 401),
        ("POST", "/maintenance", {"x-functions-key": "secured-key"}, 401),
        ("POST", "/maintenance", {"x-functions-key": "master-key"}, 200),
        ("GET", "/text", {}, 200),
    ],
)
async def test_keys(
    method: str, path: str, headers: dict[str, str], status: int, client: httpx.AsyncClient
) -> None:
    encoded = {name: value.encode("latin-1") for name, value in headers.items()}
    answer = await client.request(method, path, headers=encoded)
    assert answer.status_code == status
    if status == 401:
        assert answer.content == b""


def test_an_empty_key_never_opens() -> None:
    keys = HostKeys(master="", host={"default": ""})
    assert not keys.opens_function(AuthLevel.FUNCTION, "F", "")
    assert not keys.opens_webhook("eventgrid_extension", "")
    assert keys.opens_function(AuthLevel.ANONYMOUS, "F", "")


async def test_the_body_limit(make_host: Callable[..., FunctionHost]) -> None:
    async def chunks(size: int) -> AsyncIterator[bytes]:
        for _ in range(size):
            yield b"x"

    async with client_of(make_host(max_body_bytes=10)) as client:
        assert (await client.post("/echo/a", content=b"x" * 10)).status_code == 200
        assert (await client.post("/echo/a", content=b"x" * 11)).status_code == 413
        assert (await client.post("/echo/a", content=chunks(10))).status_code == 200
        answer = await client.post("/echo/a", content=chunks(11))
        assert (answer.status_code, answer.content) == (413, b"")


@pytest.mark.parametrize(("length", "status"), [(b"10", 200), (b"11", 413), (b"9" * 5000, 413), (b"x", 200)])
async def test_the_declared_length_counts(
    length: bytes, status: int, make_host: Callable[..., FunctionHost]
) -> None:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"x", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/echo/a",
        "raw_path": b"/echo/a",
        "query_string": b"",
        "headers": [(b"content-length", length)],
        "scheme": "http",
    }
    await make_host(max_body_bytes=10)(scope, receive, send)
    assert sent[0]["status"] == status


async def test_a_client_that_hangs_up_gets_no_answer(make_host: Callable[..., FunctionHost]) -> None:
    messages = [{"type": "http.request", "body": b"x", "more_body": True}, {"type": "http.disconnect"}]
    sent: list[Any] = []

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/echo/a",
        "raw_path": b"/echo/a",
        "query_string": b"",
        "headers": [],
        "scheme": "http",
    }
    await make_host()(scope, receive, send)
    assert sent == []


def test_repeated_headers_and_parameters_are_joined() -> None:
    assert header_map([(b"A", b"1"), (b"a", b"2")]) == {"a": "1,2"}
    assert query_map(b"a=1&b=&A=2&c=%2B+") == {"a": "1,2", "c": "+ "}


def test_a_functions_own_framing_headers_are_dropped() -> None:
    response = to_response(func.HttpResponse("x", headers={"Content-Length": "99", "Connection": "close"}))
    assert dict(response.headers) == {b"content-type": b"text/plain; charset=utf-8"}


@pytest.mark.parametrize("status", [99, 100, 600])
def test_a_status_that_is_no_answer_fails(status: int) -> None:
    with pytest.raises(InvalidReturnError):
        to_response(func.HttpResponse("x", status_code=status))


EVENT = {
    "id": "e1",
    "topic": "/subscriptions/s",
    "subject": "/a",
    "eventType": "sample.created",
    "eventTime": "2026-01-02T03:04:05Z",
    "data": {"x": 1},
    "dataVersion": "1",
}
CLOUD_EVENT = {
    "specversion": "1.0",
    "id": "c1",
    "source": "/s",
    "type": "sample.created",
    "time": "2026-01-02T03:04:05Z",
    "data": {"x": 1},
}


class TestEventGrid:
    """The webhook of the Event Grid extension."""

    @pytest.mark.parametrize(
        ("query", "status"),
        [
            ("functionName=OnEvent", 401),
            ("functionName=OnEvent&code=host-key", 401),
            ("functionName=OnEvent&code=event-grid-key", 202),
            ("FunctionName=OnEvent&code=master-key", 202),
            ("functionName=Other&code=event-grid-key", 404),
            ("code=event-grid-key", 404),
        ],
    )
    async def test_who_may_call(self, query: str, status: int, client: httpx.AsyncClient) -> None:
        answer = await client.post(
            f"/runtime/webhooks/EventGrid?{query}",
            json=[EVENT],
            headers={"aeg-event-type": "Notification"},
        )
        assert answer.status_code == status

    async def test_subscription_validation(self, client: httpx.AsyncClient) -> None:
        body = [
            {
                "id": "v",
                "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
                "data": {"validationCode": "512d38b6", "validationUrl": "https://example.test"},
            }
        ]
        answer = await client.post(WEBHOOK, json=body, headers={"aeg-event-type": "SubscriptionValidation"})
        assert answer.status_code == 200
        assert answer.json() == {"validationResponse": "512d38b6"}

    async def test_cloud_events_abuse_protection(self, client: httpx.AsyncClient) -> None:
        headers = {"WebHook-Request-Origin": "eventgrid.azure.net", "WebHook-Request-Rate": "120"}
        answer = await client.options(WEBHOOK, headers=headers)
        assert answer.status_code == 200
        assert answer.headers["webhook-allowed-origin"] == "eventgrid.azure.net"
        assert (await client.options(WEBHOOK)).status_code == 400

    @pytest.mark.parametrize(
        "body", [[EVENT], [EVENT, CLOUD_EVENT], CLOUD_EVENT], ids=["one", "mixed", "bare"]
    )
    async def test_notification(self, body: Any, make_host: Callable[..., FunctionHost]) -> None:
        host = make_host()
        async with client_of(host) as client:
            answer = await client.post(WEBHOOK, json=body, headers={"aeg-event-type": "Notification"})
        assert (answer.status_code, answer.content) == (202, b"")
        expected = body if isinstance(body, list) else [body]
        assert [call["id"] for call in host.module.CALLS] == [event["id"] for event in expected]
        assert all(call["time"] == "2026-01-02T03:04:05+00:00" for call in host.module.CALLS)
        assert all(call["data"] == {"x": 1} for call in host.module.CALLS)

    async def test_one_failure_refuses_the_whole_delivery(
        self, make_host: Callable[..., FunctionHost], capsys: pytest.CaptureFixture[str]
    ) -> None:
        host = make_host()
        failing = {**EVENT, "id": "e2", "eventType": "sample.fail"}
        async with client_of(host) as client:
            answer = await client.post(
                WEBHOOK, json=[failing, EVENT], headers={"aeg-event-type": "Notification"}
            )
        assert answer.status_code == 500
        assert [call["id"] for call in host.module.CALLS] == ["e2", "e1"]
        assert "function OnEvent failed:" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("kind", "body", "status"),
        [
            ("Unsubscribe", b"[]", 202),
            ("Notification", b"{", 400),
            ("Notification", b"[1]", 400),
            ("Notification", b"[" * 500_000, 400),
            ("Notification", json.dumps([{**EVENT, "eventTime": "soon"}]).encode(), 400),
            ("Notification", json.dumps([{}] * 5001).encode(), 400),
            ("Notification", b" " * 1_048_577, 413),
            ("SubscriptionValidation", b"[]", 400),
            ("SubscriptionValidation", b'[{"data": {}}]', 400),
            ("Other", b"[]", 400),
            ("", b"[]", 400),
        ],
    )
    async def test_other_deliveries(
        self, kind: str, body: bytes, status: int, client: httpx.AsyncClient
    ) -> None:
        answer = await client.post(WEBHOOK, content=body, headers={"aeg-event-type": kind})
        assert answer.status_code == status


def app_with(directory: Path, host_json: str) -> Path:
    """The sample app with another host.json."""
    (directory / "host.json").write_text(host_json)
    (directory / "function_app.py").write_text((SAMPLE_APP / "function_app.py").read_text())
    return directory


async def test_a_run_over_the_function_timeout_fails(
    make_host: Callable[..., FunctionHost], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    app_dir = app_with(tmp_path, '{"version": "2.0", "functionTimeout": "00:00:00.05"}')
    async with client_of(make_host(app_dir)) as client:
        assert (await client.get("/api/slow")).status_code == 500
        assert (await client.get("/api/text")).status_code == 200
    assert "function Slow failed:" in capsys.readouterr().err


async def test_requests_wait_for_a_slot_and_beyond_the_bound_get_429(
    make_host: Callable[..., FunctionHost], tmp_path: Path
) -> None:
    bounds = '{"http": {"maxConcurrentRequests": 1, "maxOutstandingRequests": 2}}'
    app_dir = app_with(
        tmp_path, f'{{"version": "2.0", "functionTimeout": "00:00:00.2", "extensions": {bounds}}}'
    )
    host = make_host(app_dir)
    async with client_of(host) as client:
        slow = asyncio.create_task(client.get("/api/slow"))
        while not host.busy:
            await asyncio.sleep(0)
        waiting = asyncio.create_task(client.get("/api/text"))
        await asyncio.sleep(0.02)
        assert not waiting.done()
        assert (await client.get("/api/text")).status_code == 429
        assert (await slow).status_code == 500
        assert (await waiting).status_code == 200
        assert (await client.get("/api/text")).status_code == 200


async def test_lifespan_starts_and_stops_timers(make_host: Callable[..., FunctionHost]) -> None:
    host = make_host()
    inbox: asyncio.Queue[Any] = asyncio.Queue()
    outbox: asyncio.Queue[Any] = asyncio.Queue()
    serving = asyncio.create_task(host({"type": "lifespan"}, inbox.get, outbox.put))
    await inbox.put({"type": "lifespan.startup"})
    assert await outbox.get() == {"type": "lifespan.startup.complete"}
    with pytest.raises(RuntimeError, match="already started"):
        await host.start()
    while not host.module.CALLS:
        await asyncio.sleep(0.01)
    assert host.module.CALLS == [{"function": "AtStart", "past_due": False}]
    await inbox.put({"type": "lifespan.shutdown"})
    assert await asyncio.wait_for(outbox.get(), 20) == {"type": "lifespan.shutdown.complete"}
    await serving


async def test_stop_cancels_what_runs_too_long(
    make_host: Callable[..., FunctionHost], capsys: pytest.CaptureFixture[str]
) -> None:
    host = make_host(stop_limit_seconds=0.05)
    async with client_of(host) as client:
        request = asyncio.create_task(client.get("/slow"))
        while not host.busy:
            await asyncio.sleep(0)
        await host.stop()
        with pytest.raises(asyncio.CancelledError):
            await request
    assert "cancelled 1 invocations" in capsys.readouterr().err
