"""The demo's own receiver of webhooks: checks every signature and counts what arrived."""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from devhost.demo.client import ApiClient
from shared.domain.webhook_signatures import SIGNATURE, verify_body, verify_message

EVENTS = ["finding.created", "scan.completed", "scan.failed"]
SCHEDULE = {
    "name": "demo",
    "cron": "*/5 * * * * *",
    "scan": {"scan_type": "network"},
}
"""Due every few seconds; scans do not overlap, and the demo removes it after its first run."""


class Receiver:
    """Listens on loopback until closed; registered with the API under a secret of its own."""

    def __init__(self) -> None:
        self.secret = secrets.token_hex(24)
        self.verified: Counter[str] = Counter()
        self.refused = 0
        self.ended: set[str] = set()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def register(self, client: ApiClient) -> str:
        """Subscribe to findings and ends of scans; the webhook's id."""
        url = f"http://127.0.0.1:{self._server.server_port}/webhooks"
        _, _, made = client.call(
            "POST", "/v1/webhooks", {"url": url, "events": EVENTS, "secret": self.secret}
        )
        return str(made["webhook_id"])

    def take(self, headers: dict[str, str], body: bytes) -> bool:
        """One request: whether both signatures fit."""
        good = verify_message(self.secret, headers, body, datetime.now(UTC)) and verify_body(
            self.secret, headers.get(SIGNATURE, ""), body
        )
        if not good:
            self.refused += 1
            return False
        event = json.loads(body)
        self.verified[event["event_type"]] += 1
        if event["event_type"].startswith("scan."):
            self.ended.add(event["data"]["scan_id"])
        return True

    def wait_for(self, scan_id: str, patience: float) -> bool:
        """Whether the end of that scan arrived in time."""
        deadline = time.monotonic() + patience
        while scan_id not in self.ended and time.monotonic() < deadline:
            time.sleep(0.1)
        return scan_id in self.ended

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(204 if receiver.take(dict(self.headers.items()), body) else 401)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    return Handler


def scheduled_run(client: ApiClient, patience: float) -> dict[str, Any] | None:
    """Make a schedule, wait for its first run, remove it; the run, or None when none came in time."""
    _, _, made = client.call("POST", "/v1/schedules", SCHEDULE)
    url = f"/v1/schedules/{made['schedule_id']}"
    deadline = time.monotonic() + patience
    run: dict[str, Any] | None = None
    while run is None and time.monotonic() < deadline:
        time.sleep(0.2)
        run = client.get(url)["last_run"]
    client.call("DELETE", url)
    return run
