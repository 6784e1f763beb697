"""A receiver of the topic's CloudEvents: the handshake, then events in any order. Standard library only.

    RECEIVER_KEY=... python docs/receivers/event_grid_receiver.py [PORT]

Subscribe it with `https://<its address>/?key=<RECEIVER_KEY>` as a webhook endpoint in the CloudEvents schema.
Event Grid promises no order: `sequence` counts the events of a subject.
"""

from __future__ import annotations

import hmac
import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

MAX_BODY = 1024 * 1024
ORIGIN = "eventgrid.azure.net"


class Latest:
    """The newest state of each subject: an event that is older than one seen before changes nothing."""

    def __init__(self) -> None:
        self.sequences: dict[str, int] = {}

    def is_news(self, event: dict[str, Any]) -> bool:
        """Whether this event is newer than all before it of its subject; a repeat is not."""
        subject, sequence = str(event["subject"]), int(event["sequence"])
        if sequence <= self.sequences.get(subject, 0):
            return False
        self.sequences[subject] = sequence
        return True


class Server(ThreadingHTTPServer):
    """The server with its key and what it knows."""

    def __init__(self, address: tuple[str, int], key: str) -> None:
        super().__init__(address, Handler)
        self.key = key
        self.latest = Latest()


class Handler(BaseHTTPRequestHandler):
    """One request of Event Grid."""

    server: Server

    def do_OPTIONS(self) -> None:
        """CloudEvents abuse protection (http-webhook.md, section 4)."""
        if self._admitted():
            good = self.headers.get("WebHook-Request-Origin") == ORIGIN
            allowed = {"WebHook-Allowed-Origin": ORIGIN, "WebHook-Allowed-Rate": "*"}
            self._answer(200, allowed if good else {})

    def do_POST(self) -> None:
        """Events, one or several."""
        if not self._admitted():
            return
        length = int(self.headers.get("Content-Length") or 0)
        if not 0 < length <= MAX_BODY:
            self._answer(413)
            return
        document = json.loads(self.rfile.read(length))
        for event in document if isinstance(document, list) else [document]:
            if self.server.latest.is_news(event):
                print(json.dumps(event), flush=True)
        self._answer(200)

    def _admitted(self) -> bool:
        given = parse_qs(urlsplit(self.path).query).get("key", [""])[0]
        if hmac.compare_digest(given.encode(), self.server.key.encode()):
            return True
        self._answer(401)
        return False

    def _answer(self, status: int, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


def main() -> None:
    """Serve until interrupted."""
    key = os.environ.get("RECEIVER_KEY") or sys.exit("set RECEIVER_KEY")
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8098
    server = Server(("127.0.0.1", port), key)
    print(f"listening on http://127.0.0.1:{server.server_port}/", file=sys.stderr, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
