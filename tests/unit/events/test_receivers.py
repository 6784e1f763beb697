"""The receivers of the documentation, run as they are printed."""

from __future__ import annotations

import http.client
import importlib.util
import json
import threading
import urllib.error
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from shared.domain.webhook_signatures import signature_headers

RECEIVERS = Path(__file__).resolve().parents[3] / "docs" / "receivers"
SECRET = "your-webhook-secret"
BODY = json.dumps({"event_type": "finding.created", "data": {"title": "Überall"}}).encode()


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, RECEIVERS / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Running:
    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.server = server
        self.thread = threading.Thread(target=server.serve_forever, daemon=True)
        self.thread.start()

    def call(
        self, method: str, path: str, headers: dict[str, str], body: bytes | None = None
    ) -> tuple[int, dict[str, str]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.server_port, timeout=10)
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        response.read()
        connection.close()
        return response.status, {name.lower(): value for name, value in response.getheaders()}

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def running() -> Iterator[Any]:
    started: list[Running] = []

    def start(server: ThreadingHTTPServer) -> Running:
        started.append(Running(server))
        return started[-1]

    yield start
    for one in started:
        one.close()


@pytest.mark.parametrize("secret", [SECRET, "whsec_" + "A" * 43 + "="])
def test_the_webhook_receiver(running: Any, secret: str) -> None:
    module = load("webhook_receiver")
    inbox = module.Inbox()
    server = running(ThreadingHTTPServer(("127.0.0.1", 0), module.handler(secret, inbox)))
    now = datetime.now(UTC)
    good = signature_headers([secret], "msg_1", now, BODY)
    assert server.call("POST", "/", good, BODY)[0] == 204
    assert server.call("POST", "/", good, BODY)[0] == 204
    assert inbox.waiting.get_nowait() == json.loads(BODY)
    assert inbox.waiting.empty(), "the second delivery of the same id must change nothing"
    rotating = signature_headers(["the-secret-after-it", secret], "msg_2", now, BODY)
    assert server.call("POST", "/", rotating, BODY)[0] == 204
    for headers, body in (
        (good, BODY + b" "),
        (signature_headers(["somebody-else-s"], "msg_3", now, BODY), BODY),
        ({}, BODY),
        ({"webhook-id": "x", "webhook-timestamp": "soon", "webhook-signature": "v1,x"}, BODY),
    ):
        assert server.call("POST", "/", headers, body)[0] == 401
    old = signature_headers([secret], "msg_4", now - timedelta(minutes=6), BODY)
    assert not module.verify_standard(BODY, {k.lower(): v for k, v in old.items()}, secret, now.timestamp())


def test_the_event_grid_receiver(running: Any, capsys: pytest.CaptureFixture[str]) -> None:
    module = load("event_grid_receiver")
    server = running(module.Server(("127.0.0.1", 0), "the-key"))
    origin = {"WebHook-Request-Origin": "eventgrid.azure.net"}
    status, headers = server.call("OPTIONS", "/?key=the-key", origin)
    assert (status, headers["webhook-allowed-origin"]) == (200, "eventgrid.azure.net")
    strange = {"WebHook-Request-Origin": "evil.example.net"}
    assert "webhook-allowed-origin" not in server.call("OPTIONS", "/?key=the-key", strange)[1]
    assert server.call("OPTIONS", "/?key=guess", origin)[0] == 401
    second = {"id": "b", "subject": "findings/1", "sequence": "0000000002"}
    first = {"id": "a", "subject": "findings/1", "sequence": "0000000001"}
    assert server.call("POST", "/", {}, b"[]")[0] == 401
    for event in (second, first, second):
        assert server.call("POST", "/?key=the-key", {}, json.dumps(event).encode())[0] == 200
    assert [json.loads(line)["id"] for line in capsys.readouterr().out.splitlines()] == ["b"]


def test_the_long_poll_reader(running: Any, tmp_path: Path) -> None:
    module = load("long_poll")
    answers: dict[str | None, dict[str, Any]] = {
        None: {"events": [], "next_after": "c0"},
        "c0": {"events": [{"event_id": "evt-1"}, {"event_id": "evt-2"}], "next_after": "c2"},
        "c2": {"events": [{"event_id": "evt-3"}], "next_after": "c3"},
    }
    asked: list[str | None] = []

    class Api(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = dict(part.split("=") for part in self.path.partition("?")[2].split("&"))
            asked.append(query.get("after"))
            known = self.headers["Authorization"] == "Bearer key" and query["wait"] == "25"
            body = json.dumps(answers[query.get("after")]).encode()
            self.send_response(200 if known else 401)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = running(ThreadingHTTPServer(("127.0.0.1", 0), Api))
    base, cursor = f"http://127.0.0.1:{server.server.server_port}/v1", tmp_path / "cursor.txt"
    reader = module.events(base, "key", cursor)
    assert [next(reader)["event_id"] for _ in range(3)] == ["evt-1", "evt-2", "evt-3"]
    assert cursor.read_text() == "c2", "the cursor moves when the events behind it were worked on"
    assert [next(module.events(base, "key", cursor))["event_id"]] == ["evt-3"]
    assert asked == [None, "c0", "c2", "c2"]
    with pytest.raises(urllib.error.HTTPError):
        next(module.events(base, "wrong", tmp_path / "other.txt"))
